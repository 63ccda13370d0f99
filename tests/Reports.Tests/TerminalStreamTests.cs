using System.Text;
using Reports.Running;
using Xunit;

namespace Reports.Tests;

public sealed class TerminalStreamTests
{
    [Theory]
    [InlineData("a\u001b[2Jb\r\n\tc\0\u007f", "a?[2Jb\r\n\tc??")]
    [InlineData("a\u009bb Zürich 東京 🙂 \u00a0", "a\u00c2?b")]
    public async Task WriteAsync_Controls_DoNothing(string text, string begins)
    {
        // Whatever the pieces are that it comes in.
        foreach (var size in (int[])[1, 2, 3, 1000])
        {
            using var kept = new MemoryStream();
            await using var terminal = new TerminalStream(kept);
            foreach (var piece in Encoding.UTF8.GetBytes(text).Chunk(size))
            {
                await terminal.WriteAsync(piece, TestContext.Current.CancellationToken);
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
