using System.Text;
using Etl.Loading;
using Etl.Source;
using Xunit;

namespace Etl.Tests;

public sealed class KeyTextTests
{
    public static TheoryData<string, byte[]?, string> Values => new()
    {
        { "smallint", CopyText.Int16(-5), "-5" },
        { "integer", CopyText.Int32(int.MinValue), "-2147483648" },
        { "bigint", CopyText.Int64(long.MaxValue), "9223372036854775807" },
        { "uuid", CopyText.Uuid(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")), "00112233-4455-6677-8899-aabbccddeeff" },
        { "text", CopyText.Text("žlutý"), "žlutý" },
        { "character varying", CopyText.Text(""), "" },
        { "bytea", [0xAB, 0x01], "0xab01" },
        { "boolean", [1], "0x01" },
        { "text", null, "NULL" },
        { "bigint", null, "NULL" },
    };

    [Theory]
    [MemberData(nameof(Values), DisableDiscoveryEnumeration = true)]
    public void Of_KeyOfEachType_IsReadable(string type, byte[]? value, string text)
    {
        SourceColumn[] columns = [SourceColumn.Of("site", "text", true), SourceColumn.Of("body", "text", true), SourceColumn.Of("id", type, true)];
        var batch = Samples.Batch([CopyText.Text("x"), CopyText.Text("secret"), null], [Encoding.UTF8.GetBytes("s1"), CopyText.Text("secret"), value]);

        Assert.Equal($"(site=s1, id={text})", KeyText.Of(Samples.Read(), columns, batch, 1));
    }
}
