using System.Text.Json;
using System.Text.Json.Serialization;

namespace WarehouseSql.Runs;

/// <summary>How ledgers, pages and mails name a value of an enum: <c>all-clear</c> for <c>AllClear</c>.</summary>
public static class LedgerNames
{
    /// <summary>Reads and writes all enums so.</summary>
    public static JsonStringEnumConverter Converter { get; } = new(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);

    /// <summary>Its name.</summary>
    public static string Name(this Enum value) => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
