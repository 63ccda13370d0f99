using System.Globalization;
using System.Text;
using Etl.Source;
using WarehouseSql.Native;
using Xunit;

namespace Etl.Tests;

/// <summary>
/// What a value at the source becomes in the warehouse: each is sent as PostgreSQL does, and read back as ClickHouse would.
/// </summary>
public sealed class ColumnDecoderTests
{
    private static readonly string[] Types =
    [
        "smallint",
        "integer",
        "bigint",
        "real",
        "double precision",
        "boolean",
        "text",
        "bytea",
        "jsonb",
        "uuid",
        "date",
        "timestamp with time zone",
    ];

    public static TheoryData<string, object?[]> Extremes =>
        new()
        {
            { "smallint", [short.MinValue, (short)-1, (short)0, (short)258, short.MaxValue] },
            { "integer", [int.MinValue, -1, 0, 0x01020304, int.MaxValue] },
            { "bigint", [long.MinValue, -1L, 0L, 0x0102030405060708L, long.MaxValue] },
            {
                "real",
                [float.MinValue, -0f, float.Epsilon, 1.5f, float.MaxValue, float.NaN, float.PositiveInfinity, float.NegativeInfinity]
            },
            { "double precision", [double.MinValue, -0d, double.Epsilon, 0.1, double.MaxValue, double.NaN, double.NegativeInfinity] },
            { "boolean", [true, false] },
            {
                "text",
                ["", "a", "tab\t, line\n, quote '", "žluťoučký 🐎", new string('x', 127), new string('x', 128), new string('x', 200_000)]
            },
            { "character varying", ["", "a"] },
            { "name", ["pg_class"] },
            { "json", ["""{"a": [1, 2]}"""] },
            { "jsonb", ["", """{"a": [1, 2]}"""] },
            { "bytea", ["", "\0\u0001"] },
            { "uuid", [Guid.Empty, Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), Guid.AllBitsSet] },
            { "date", [Day("1900-01-01"), Day("1969-12-31"), Day("1970-01-01"), Day("2000-02-29"), Day("2299-12-31")] },
            {
                "timestamp without time zone",
                [
                    Time("1900-01-01 00:00:00"),
                    Time("1969-12-31 23:59:59.999999"),
                    Time("2000-01-01 00:00:00"),
                    Time("2299-12-31 23:59:59.999999"),
                ]
            },
            { "timestamp with time zone", [Time("2026-03-29 01:02:03.000001")] },
        };

    [Theory]
    [MemberData(nameof(Extremes), DisableDiscoveryEnumeration = true)]
    public void Decode_ExtremesAndNulls_AreHeldExactly(string type, object?[] values)
    {
        // The reader's NULLs have no bytes: one at each end, and one in between, must not shift what follows.
        object?[] withNulls = [null, .. values, null, values[0], null];

        Assert.Equal(withNulls.Select(Comparable), Decode(type, true, withNulls));
        Assert.Equal(values.Select(Comparable), Decode(type, false, values));
    }

    [Theory]
    [InlineData("smallint")]
    [InlineData("boolean")]
    [InlineData("text")]
    [InlineData("jsonb")]
    [InlineData("uuid")]
    [InlineData("date")]
    [InlineData("timestamp without time zone")]
    public void Decode_OnlyNulls_AreNulls(string type) => Assert.Equal([null, null], Decode(type, true, [null, null]));

    [Theory]
    [MemberData(nameof(AllTypes))]
    public void Decode_NullWhereTheSourceHasNone_NamesTheRow(string type)
    {
        var value = Any(type, new Random(1));

        var e = Assert.Throws<ValueException>(() => Decode(type, false, [value, value, null, null]));

        Assert.Equal((2, "NULL, in a column that is NOT NULL at the source; write coalesce(…) in the extract"), (e.Row, e.Message));
    }

    [Theory]
    [InlineData("date", "FFFF7153", "a day outside of 1900 to 2299")] // 1899-12-31
    [InlineData("date", "0001AC05", "a day outside of 1900 to 2299")] // 2300-01-01
    [InlineData("date", "7FFFFFFE", "a day outside of 1900 to 2299")]
    [InlineData("date", "80000001", "a day outside of 1900 to 2299")]
    [InlineData("date", "7FFFFFFF", "infinity")]
    [InlineData("date", "80000000", "infinity")]
    [InlineData("timestamp without time zone", "FFF4C9EE7C0B7FFF", "a time outside of 1900 to 2299")] // a microsecond before 1900
    [InlineData("timestamp without time zone", "0021A248A9B4E000", "a time outside of 1900 to 2299")] // 2300-01-01
    [InlineData("timestamp without time zone", "7FFFFFFFFFFFFFFE", "a time outside of 1900 to 2299")]
    [InlineData("timestamp without time zone", "8000000000000001", "a time outside of 1900 to 2299")]
    [InlineData("timestamp with time zone", "7FFFFFFFFFFFFFFF", "infinity")]
    [InlineData("timestamp with time zone", "8000000000000000", "infinity")]
    public void Decode_TimeThatTheWarehouseCannotHold_NamesTheRow(string type, string hex, string reason)
    {
        var good = type == "date" ? CopyText.Date(Day("2026-01-01")) : CopyText.Timestamp(Time("2026-01-01 00:00:00"));

        var e = Assert.Throws<ValueException>(() => DecodeBytes(type, true, [good, null, Convert.FromHexString(hex), good]));

        Assert.Equal((2, reason), (e.Row, e.Message));
    }

    [Fact]
    public void Decode_FirstTimesOutsideOfTheRange_AreRefused()
    {
        var before = Time("1900-01-01 00:00:00").AddMicroseconds(-1);
        var after = Time("2300-01-01 00:00:00");

        Assert.All([before, after], t => Assert.Throws<ValueException>(() => Decode("timestamp with time zone", false, [t])));
        Assert.All([before, after], t => Assert.Throws<ValueException>(() => Decode("date", false, [DateOnly.FromDateTime(t)])));
    }

    [Fact]
    public void Decode_RandomTable_ComesThroughWhole() =>
        RandomCases.Check(
            20,
            random =>
            {
                var columns = Enumerable
                    .Range(0, random.Next(1, 8))
                    .Select(i => SourceColumn.Of($"c{i}", Types[random.Next(Types.Length)], random.Next(2) == 0))
                    .ToList();
                var rows = Enumerable
                    .Range(0, random.Next(1, random.Next(4) == 0 ? 6000 : 50))
                    .Select(_ => columns.Select(c => c.IsNullable && random.Next(3) == 0 ? null : Any(c.PostgresType, random)).ToArray())
                    .ToList();

                using var block = new NativeBlock([.. columns.Select(c => c.NewColumn())]);
                var bytes = CopyText.Of(rows.Select(r => r.Select((v, c) => Encode(columns[c].PostgresType, v)).ToArray()));
                var reader = new CopyReader(new MemoryStream(bytes), columns.Count);
                while (reader.Read() is { } batch)
                {
                    for (var c = 0; c < columns.Count; c++)
                    {
                        columns[c].Decoder.Decode(batch.Bytes, batch.Column(c), block.Columns[c]);
                    }

                    block.Rows += batch.Rows;
                }

                var decoded = NativeDecoder.Decode(Bytes(block));
                Assert.Equal(columns.Select(c => (c.Name, c.WarehouseType)), decoded.Select(c => (c.Name, c.Type)));
                for (var c = 0; c < columns.Count; c++)
                {
                    Assert.Equal(rows.Select(r => Comparable(r[c])), decoded[c].Values);
                }
            }
        );

    public static TheoryData<string> AllTypes() => [.. Types];

    private static object Any(string type, Random random) =>
        type switch
        {
            "smallint" => (short)random.Next(short.MinValue, short.MaxValue + 1),
            "integer" => random.Next(int.MinValue, int.MaxValue),
            "bigint" => random.NextInt64(long.MinValue, long.MaxValue),
            "real" => random.NextSingle() - 0.5f,
            "double precision" => random.NextDouble() - 0.5,
            "boolean" => random.Next(2) == 0,
            "uuid" => new Guid(random.GetItems(Enumerable.Range(0, 256).Select(b => (byte)b).ToArray(), 16)),
            "date" => Day("1900-01-01").AddDays(random.Next(146_096)),
            "timestamp with time zone" => Time("1900-01-01 00:00:00").AddMicroseconds(random.NextInt64(12_000_000_000_000_000)),
            _ => new string((char)random.Next(32, 0x2FF), random.Next(random.Next(20) == 0 ? 3000 : 20)),
        };

    private static List<object?> Decode(string type, bool nullable, object?[] values) =>
        DecodeBytes(type, nullable, [.. values.Select(v => Encode(type, v))]);

    private static List<object?> DecodeBytes(string type, bool nullable, byte[]?[] values)
    {
        var column = SourceColumn.Of("c", type, nullable);
        using var block = new NativeBlock([column.NewColumn()]);
        var batch = Samples.Batch([.. values.Select(v => new[] { v })]);
        column.Decoder.Decode(batch.Bytes, batch.Column(0), block.Columns[0]);
        block.Rows = batch.Rows;
        return [.. NativeDecoder.Decode(Bytes(block))[0].Values];
    }

    private static byte[] Bytes(NativeBlock block)
    {
        using var memory = new MemoryStream();
        block.WriteAsync(memory, TestContext.Current.CancellationToken).GetAwaiter().GetResult();
        return memory.ToArray();
    }

    private static byte[]? Encode(string type, object? value) =>
        value switch
        {
            null => null,
            short v => CopyText.Int16(v),
            int v => CopyText.Int32(v),
            long v => CopyText.Int64(v),
            float v => CopyText.Single(v),
            double v => CopyText.Double(v),
            bool v => [v ? (byte)1 : (byte)0],
            Guid v => CopyText.Uuid(v),
            DateOnly v => CopyText.Date(v),
            DateTime v => CopyText.Timestamp(v),
            string v when type == "jsonb" => [1, .. CopyText.Text(v)],
            string v => CopyText.Text(v),
            _ => throw new InvalidOperationException($"no such value: {value}"),
        };

    // The decoder gives a String's bytes in hexadecimal, since they needn't be text.
    private static object? Comparable(object? value) => value is string text ? Convert.ToHexString(Encoding.UTF8.GetBytes(text)) : value;

    private static DateOnly Day(string text) => DateOnly.Parse(text, CultureInfo.InvariantCulture);

    private static DateTime Time(string text) =>
        DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
}
