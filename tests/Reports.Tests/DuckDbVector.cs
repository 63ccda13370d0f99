using System.Text;
using static Reports.Tests.DuckDbNative;

namespace Reports.Tests;

/// <summary>Values of DuckDB's vectors as the cells of a <see cref="ReportTestResult"/>.</summary>
internal static unsafe class DuckDbVector
{
    /// <summary>The value in row <paramref name="row"/> of a vector of that logical type.</summary>
    /// <exception cref="DuckDbException">The type is none that a report should return.</exception>
    public static object? Value(nint vector, nint logicalType, long row)
    {
        // Without a validity mask, every row is valid.
        var validity = duckdb_vector_get_validity(vector);
        if (validity is not null && (validity[row / 64] >> (int)(row % 64) & 1) == 0)
        {
            return null;
        }

        var data = duckdb_vector_get_data(vector);
        var type = duckdb_get_type_id(logicalType);
        return type switch
        {
            DuckDbType.Boolean => data[row] != 0,
            DuckDbType.Float => (double)((float*)data)[row],
            DuckDbType.Double => ((double*)data)[row],
            DuckDbType.Timestamp => DateTime.UnixEpoch.AddTicks(((long*)data)[row] * TimeSpan.TicksPerMicrosecond),
            DuckDbType.Date => DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(((int*)data)[row]),
            DuckDbType.Varchar => Varchar(data + (row * 16)),
            DuckDbType.Uuid => Uuid(((Int128*)data)[row]),
            DuckDbType.Decimal => Decimal(data, logicalType, row),
            DuckDbType.List => List(vector, logicalType, (ulong*)data + (row * 2)),
            _ => Integer(data, type, row),
        };
    }

    private static Int128 Integer(byte* data, DuckDbType type, long row) => type switch
    {
        DuckDbType.TinyInt => ((sbyte*)data)[row],
        DuckDbType.SmallInt => ((short*)data)[row],
        DuckDbType.Integer => ((int*)data)[row],
        DuckDbType.BigInt => ((long*)data)[row],
        DuckDbType.UTinyInt => data[row],
        DuckDbType.USmallInt => ((ushort*)data)[row],
        DuckDbType.UInteger => ((uint*)data)[row],
        DuckDbType.UBigInt => ((ulong*)data)[row],
        DuckDbType.HugeInt => ((Int128*)data)[row],
        _ => throw new DuckDbException($"a report can't return DuckDB's type {type}; CAST it to a type that ClickHouse has too"),
    };

    // Up to 12 bytes stand in the entry itself, longer text behind the pointer in its second half.
    private static string Varchar(byte* entry)
    {
        var length = *(int*)entry;
        return Encoding.UTF8.GetString(length <= 12 ? entry + 4 : *(byte**)(entry + 8), length);
    }

    // DuckDB flips the highest bit, so that UUIDs sort as signed numbers.
    private static string Uuid(Int128 value) =>
        new Guid(((UInt128)value ^ ((UInt128)1 << 127)).ToBigEndian(), bigEndian: true).ToString();

    private static byte[] ToBigEndian(this UInt128 value)
    {
        var bytes = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return bytes;
    }

    private static decimal Decimal(byte* data, nint logicalType, long row)
    {
        var units = (decimal)Integer(data, duckdb_decimal_internal_type(logicalType), row);
        for (var scale = duckdb_decimal_scale(logicalType); scale > 0; scale--)
        {
            units /= 10m;
        }

        return units;
    }

    private static List<object?> List(nint vector, nint logicalType, ulong* entry)
    {
        var child = duckdb_list_vector_get_child(vector);
        var childType = duckdb_list_type_child_type(logicalType);
        try
        {
            var items = new List<object?>();
            for (var i = 0UL; i < entry[1]; i++)
            {
                items.Add(Value(child, childType, (long)(entry[0] + i)));
            }

            return items;
        }
        finally
        {
            duckdb_destroy_logical_type(ref childType);
        }
    }
}
