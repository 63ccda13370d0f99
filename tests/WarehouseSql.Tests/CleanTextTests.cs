using System.Text;
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

    [Theory]
    [InlineData("a\u001b[2Jb\r\n\tc\0\u007f", "a?[2Jb\r\n\tc??")]
    [InlineData("a\u009bb Zürich 東京 🙂 \u00a0", "a\u00c2?b")]
    public void TerminalStream_Controls_DoNothing(string text, string begins)
    {
        // Whatever the pieces are that it comes in.
        foreach (var size in (int[])[1, 2, 3, 1000])
        {
            using var kept = new MemoryStream();
            using var terminal = new TerminalStream(kept);
            foreach (var piece in Encoding.UTF8.GetBytes(text).Chunk(size))
            {
                terminal.Write(piece, 0, piece.Length);
            }

            var shown = kept.ToArray();
            Assert.DoesNotContain((byte)0x1b, shown);
            Assert.DoesNotContain("\u009b", Encoding.UTF8.GetString(shown), StringComparison.Ordinal);
            if (!begins.Contains('\u00c2', StringComparison.Ordinal))
            {
                Assert.Equal(begins, Encoding.UTF8.GetString(shown));
            }
            else
            {
                Assert.EndsWith("b Zürich 東京 🙂 \u00a0", Encoding.UTF8.GetString(shown), StringComparison.Ordinal);
            }
        }
    }
}
