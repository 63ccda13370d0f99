using WarehouseSql.Programs;
using Xunit;

namespace WarehouseSql.Tests;

public sealed class CleanTextTests
{
    [Theory]
    [InlineData("Zürich 東京 🙂", "Zürich 東京 🙂")]
    [InlineData("a\u001b[2Jb", "a\\x1b[2Jb")]
    [InlineData("a\nb\r\tc", "a\\nb\\r\\tc")]
    [InlineData("a\0b\u0007\u007f", "a\\x00b\\x07\\x7f")]
    [InlineData("a\u009b31mb", "a\\x9b31mb")]
    [InlineData("a\u202eb\u2028c\u2066", "a\\u202eb\\u2028c\\u2066")]
    public void Line_Controls_AreWrittenAsTheirNumbers(string text, string expected) => Assert.Equal(expected, CleanText.Line(text));

    [Fact]
    public void Lines_LineEndsAndTabs_Stay() => Assert.Equal("a\n\tb\\x1b", CleanText.Lines("a\n\tb\u001b"));
}
