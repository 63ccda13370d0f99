using System.Globalization;
using Npgsql.PostgresTypes;
using Npgsql.Schema;

namespace Etl.Source;

/// <summary>
/// What a described column's type is called here: as PostgreSQL calls it, but a domain by what it stands for, and an enum, which is sent as
/// its label, text.
/// </summary>
internal static class SourceTypeName
{
    /// <summary>For example <c>integer</c>, <c>numeric(10,2)</c>, <c>text[]</c>.</summary>
    public static string Of(NpgsqlDbColumn column)
    {
        var type = Plain(column.PostgresType);
        return type is PostgresArrayType array ? Named(Plain(array.Element), column) + "[]" : Named(type, column);
    }

    private static PostgresType Plain(PostgresType type)
    {
        while (type is PostgresDomainType domain)
        {
            type = domain.BaseType;
        }

        return type;
    }

    private static string Named(PostgresType type, NpgsqlDbColumn column) =>
        type switch
        {
            PostgresEnumType => "text",
            { DisplayName: "numeric" } when column.NumericPrecision is { } precision => string.Create(
                CultureInfo.InvariantCulture,
                $"numeric({precision},{Signed(column.NumericScale ?? 0)})"
            ),
            _ => type.DisplayName,
        };

    // A modifier keeps the scale in eleven bits, from -1000 to 1000; Npgsql reads them as a number without sign.
    private static int Signed(int scale) => ((scale & 0x7FF) ^ 0x400) - 0x400;
}
