using System.Text.RegularExpressions;
using WarehouseSql.Definitions;
using Xunit;

namespace WarehouseSql.Tests;

/// <summary>What README and docs say is there: commands, their variables, files.</summary>
public sealed partial class DocsTests
{
    private static readonly string[] Files =
    [
        Project.Here.PathOf("README.md"),
        .. Directory.GetFiles(Project.Here.PathOf("docs"), "*.md").Order(StringComparer.Ordinal),
    ];

    public static TheoryData<string> All => [.. Files.Select(Project.Relative)];

    [Theory]
    [MemberData(nameof(All))]
    public void Commands_Named_AreTargetsWithTheirVariables(string file)
    {
        var makefile = File.ReadAllText(Project.Here.PathOf("Makefile"));
        var targets = Target().Matches(makefile).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        var given = Given().Match(makefile).Groups[1].Value.Split(' ').ToHashSet(StringComparer.Ordinal);
        foreach (var command in Commands(File.ReadAllText(Project.Here.PathOf(file))))
        {
            foreach (var word in Word().Matches(command).Select(m => m.Value))
            {
                var name = word.Split('=')[0];
                Assert.True(
                    word.Contains('=', StringComparison.Ordinal) ? given.Contains(name) : targets.Contains(name),
                    $"{file}: `make {command}`: there is no '{name}'"
                );
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Links_ToFiles_LeadSomewhere(string file)
    {
        var folder = Path.GetDirectoryName(Project.Here.PathOf(file))!;
        foreach (
            var link in Link()
                .Matches(File.ReadAllText(Project.Here.PathOf(file)))
                .Select(m => m.Groups[1].Value)
                .Where(l => !l.Contains("://", StringComparison.Ordinal))
        )
        {
            Assert.True(Path.Exists(Path.Combine(folder, link)), $"{file}: the link to {link} leads nowhere");
        }
    }

    [Fact]
    public void Readme_Words_AreReadInFourMinutes() =>
        Assert.InRange(File.ReadAllText(Files[0]).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Length, 500, 1_000);

    // In blocks of code, and between backticks.
    private static IEnumerable<string> Commands(string text) =>
        Command().Matches(text).Select(m => m.Groups[1].Value.Split('#')[0].Split('>')[0].Trim());

    [GeneratedRegex(@"(?:^|`)make ([^`\n]*)", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex(@"[A-Z_]+=(?:'[^']*'|\S*)|[a-z-]+")]
    private static partial Regex Word();

    [GeneratedRegex(@"^([a-z-]+):.*## ", RegexOptions.Multiline)]
    private static partial Regex Target();

    [GeneratedRegex(@"^GIVEN := (.*)$", RegexOptions.Multiline)]
    private static partial Regex Given();

    [GeneratedRegex(@"\]\(([^)#]+)\)")]
    private static partial Regex Link();
}
