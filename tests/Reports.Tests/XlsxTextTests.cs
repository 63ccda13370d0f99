using Reports.Rendering;
using Xunit;

namespace Reports.Tests;

/// <summary>Names and texts that Excel refuses.</summary>
public sealed class XlsxTextTests
{
    [Theory]
    [InlineData("os-distribution", "os-distribution")]
    [InlineData("history", "history (2)")]
    [InlineData("HISTORY", "HISTORY (2)")]
    [InlineData("history-of-nodes", "history-of-nodes")]
    [InlineData("about", "about")]
    [InlineData("about THIS report", "about THIS report (2)")]
    [InlineData("a[b]c:d*e?f/g\\h", "a-b-c-d-e-f-g-h")]
    [InlineData("'quoted'", "quoted")]
    [InlineData(" ' it's ' ", "it's")]
    [InlineData("", "Rows")]
    [InlineData(" \t\u00a0", "-")]
    [InlineData(" \u00a0 ", "Rows")]
    [InlineData("'''", "Rows")]
    [InlineData("a\u0001b\uFFFEc", "a-b-c")]
    [InlineData("1234567890123456789012345678901", "1234567890123456789012345678901")]
    [InlineData("12345678901234567890123456789012", "123456789012345678901234567890…")]
    [InlineData("12345678901234567890123456789🙂x", "12345678901234567890123456789…")]
    [InlineData("1234567890123456789012345678'''''", "1234567890123456789012345678")]
    public void SheetName_OfAnyText_IsOneThatExcelTakes(string name, string expected) =>
        Assert.Equal(expected, XlsxText.SheetName(name, "About this report"));

    [Fact]
    public void SheetName_TakenThoughLong_GetsANumberWithinTheLimit()
    {
        var taken = new string('a', 31);

        Assert.Equal(new string('a', 26) + "… (2)", XlsxText.SheetName(taken.ToUpperInvariant(), taken).Replace('A', 'a'));
    }

    [Fact]
    public void SheetName_RandomTexts_AreAlwaysOnesThatExcelTakes()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        const string letters = "abÄ東'[]:*?/\\ \t\u0000\u00a0\uFFFE\uD83D\uDE42history";
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(45)).Select(_ => letters[random.Next(letters.Length)]));
            var taken = XlsxText.SheetName(text, "About this report");
            var name = XlsxText.SheetName(text, taken);
            Assert.True(
                name.Length <= 31
                    && !string.IsNullOrWhiteSpace(name)
                    && name[0] != '\''
                    && name[^1] != '\''
                    && name.IndexOfAny(['[', ']', ':', '*', '?', '/', '\\', '\0', '\t']) < 0
                    && !name.Equals("history", StringComparison.OrdinalIgnoreCase)
                    && !name.Equals(taken, StringComparison.OrdinalIgnoreCase),
                $"seed {seed}: '{text}' became '{name}'"
            );
        }
    }
}
