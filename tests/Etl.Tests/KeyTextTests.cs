using System.Text;
using Etl.Loading;
using Etl.Source;
using Xunit;

namespace Etl.Tests;

public sealed class KeyTextTests
{
    public static TheoryData<string, byte[]?, string> Values =>
        new()
        {
            { "smallint", CopyText.Int16(-5), "-5" },
            { "integer", CopyText.Int32(int.MinValue), "-2147483648" },
            { "bigint", CopyText.Int64(long.MaxValue), "9223372036854775807" },
            { "uuid", CopyText.Uuid(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")), "00112233-4455-6677-8899-aabbccddeeff" },
            { "text", CopyText.Text("žlutý"), "žlutý" },
            { "character varying", CopyText.Text(""), "" },
            { "bytea", [0xAB, 0x01], "0xab01" },
            { "boolean", [1], "true" },
            { "boolean", [0], "false" },
            { "date", CopyText.Date(new DateOnly(1999, 12, 31)), "1999-12-31" },
            { "date", CopyText.Int32(int.MaxValue), "infinity" },
            { "date", CopyText.Int32(int.MinValue), "-infinity" },
            { "date", CopyText.Int32(-730_120), "2000-01-01 -730120 days" },
            { "timestamp without time zone", CopyText.Int64(1_500_000), "2000-01-01 00:00:01.5" },
            { "timestamp with time zone", CopyText.Int64(long.MaxValue), "infinity" },
            { "timestamp with time zone", CopyText.Int64(long.MinValue), "-infinity" },
            { "timestamp with time zone", CopyText.Int64(long.MaxValue - 1), "2000-01-01 +9223372036854775806 microseconds" },
            { "numeric(10,2)", CopyText.Numeric("-12345.60"), "-12345.60" },
            { "numeric", CopyText.Numeric("NaN"), "NaN" },
            { "integer[]", [0, 0, 0, 0], "0x00000000" },
            { "text", null, "NULL" },
            { "bigint", null, "NULL" },
        };

    [Theory]
    [MemberData(nameof(Values), DisableDiscoveryEnumeration = true)]
    public void Of_KeyOfEachType_IsReadable(string type, byte[]? value, string text)
    {
        SourceColumn[] columns =
        [
            SourceColumn.Of("site", "text", true),
            SourceColumn.Of("body", "text", true),
            SourceColumn.Of("id", type, true),
        ];
        var batch = Samples.Batch(
            [CopyText.Text("x"), CopyText.Text("secret"), null],
            [Encoding.UTF8.GetBytes("s1"), CopyText.Text("secret"), value]
        );

        Assert.Equal($"(site=s1, id={text})", KeyText.Of(Samples.Read(), columns, batch, 1));
    }
}
