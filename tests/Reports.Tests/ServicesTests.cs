using System.Diagnostics;
using System.Text.RegularExpressions;
using WarehouseSql.Definitions;
using Xunit;

namespace Reports.Tests;

/// <summary>The services' units, image and compose file name what there is.</summary>
public sealed partial class ServicesTests
{
    private static readonly string s_operators = File.ReadAllText(Project.Here.PathOf("docs", "operators.md"));

    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Project.Here.PathOf("docs", "services")).Select(f => Path.GetFileName(f))];

    [Theory]
    [MemberData(nameof(Files))]
    public void File_NamesProgramsAndSettingsThatThereAre(string file)
    {
        var text = File.ReadAllText(Project.Here.PathOf("docs", "services", file));
        var programs = Program().Matches(text).Select(m => m.Groups[1].Value).Distinct().ToList();
        Assert.NotEmpty(programs);
        Assert.All(programs, p => Assert.Contains(p, (string[])["bin/etl/etl", "bin/reports/reports"]));
        foreach (var setting in Setting().Matches(text).Select(m => m.Groups[1].Value.Replace("__File", "", StringComparison.Ordinal)))
        {
            // One connection string stands for all sources' in the table, and one host for all programs'.
            var documented = Regex
                .Replace(setting, "^ConnectionStrings__.*", "ConnectionStrings__Fuel")
                .Replace("Health__Host", "Health__Port", StringComparison.Ordinal);
            Assert.True(s_operators.Contains(documented, StringComparison.Ordinal), $"{file}: {setting}");
        }
    }

    [Fact]
    public void Units_GiveEachProgramItsOwnRightsAndNoMore()
    {
        foreach (var unit in Directory.GetFiles(Project.Here.PathOf("docs", "services"), "*.service"))
        {
            var lines = File.ReadAllLines(unit);
            foreach (
                var needed in (string[])
                    ["DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "Restart=on-failure"]
            )
            {
                Assert.Contains(needed, lines);
            }

            // What is secret isn't in the environment; and the key that may write is the loads' alone.
            Assert.DoesNotContain(
                lines,
                l => l.StartsWith("Environment=", StringComparison.Ordinal) && l.Contains("Password", StringComparison.Ordinal)
            );
            Assert.Equal(
                unit.EndsWith("etl.service", StringComparison.Ordinal),
                lines.Any(l => l.EndsWith("warehouse-etl", StringComparison.Ordinal) && l.Contains("Password", StringComparison.Ordinal))
            );
        }
    }

    [Fact]
    public void Units_AreWhatSystemdReads()
    {
        if (!File.Exists("/usr/bin/systemd-analyze"))
        {
            return;
        }

        using var verify = Process.Start(
            new ProcessStartInfo("systemd-analyze", ["verify", .. Directory.GetFiles(Project.Here.PathOf("docs", "services"), "*.service")])
            {
                RedirectStandardError = true,
            }
        )!;
        var said = verify.StandardError.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        // The archive isn't unpacked here.
        Assert.DoesNotContain(said, l => !l.Contains("/opt/warehouse/bin/", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"/opt/warehouse/(bin/\S+?)(?=[\s""\]])")]
    private static partial Regex Program();

    [GeneratedRegex(@"\b((?:ConnectionStrings|Warehouse|Etl|Reports|Web|Smtp)__\w+)")]
    private static partial Regex Setting();
}
