using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>What people give to make reaches the programs letter by letter.</summary>
public sealed class MakeTests(EnginesFixture engines)
{
    private static readonly string[] Odd =
    [
        "O'Brien",
        "a \"b\" 'c'",
        "$HOME $$ $5 $(shell id) ${HOME}",
        "two  blanks",
        "line 1\nline 2",
        "a=b",
        "`id`",
        @"back\slash \n",
        "Zürich 東京",
        "#hash; rm -rf x & | > y",
        "%s * ? [a-z] ~",
        "@file",
        "-x",
        "(1) {2}",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Params_OddTexts_ReachTheReportAsTheyAre()
    {
        using var pipeline = await Pipeline.CreateAsync(engines);
        using var root = new TempFolder();
        ProjectCopy.Link(root.Path);
        root.Write(
            "reports/definitions/fuel/echo.sql",
            "/*---\ntitle: E\nasks: E\nparams:\n  s: {type: String, default: '', is: a text}\n  t: {type: String, default: '', is: a text}\n---*/\nSELECT {s:String} AS s, {t:String} AS t\n"
        );
        var environment = pipeline.Environment(("WAREHOUSE_ROOT", root.Path));
        foreach (var text in Odd)
        {
            var (code, output, errors) = await MakeAsync(environment, "report", "REPORT=fuel/echo", "FORMAT=json", $"PARAMS=s={text} t=1");
            Assert.True(code == 0, $"{text}: {errors}");
            var row = JsonDocument.Parse(output).RootElement.GetProperty("rows")[0];
            Assert.Equal((text, "1"), (row.GetProperty("s").GetString(), row.GetProperty("t").GetString()));
        }

        // From the environment, too.
        var (_, fromEnvironment, _) = await MakeAsync(
            pipeline.Environment(("WAREHOUSE_ROOT", root.Path), ("REPORT", "fuel/echo"), ("PARAMS", "s=$5 O'Brien")),
            "report"
        );
        Assert.Equal("s,t\r\n$5 O'Brien,\r\n", fromEnvironment.TrimStart('\uFEFF'));
    }

    [Theory]
    [InlineData("report", "REPORT", "there is no report '{0}'")]
    [InlineData("report", "FORMAT", "'{0}'", "REPORT=fuel/operations")]
    [InlineData("new-report", "REPORT", "{0}")]
    [InlineData("test-report", "REPORT", "there is no report '{0}'")]
    [InlineData("watch", "REPORT", "there is no report '{0}'")]
    [InlineData("retention", "FACT", "there is no fact '{0}'")]
    [InlineData("digest", "DIGEST", "there is no digest '{0}'")]
    [InlineData("dump", "SYSTEM", "there is no dump of '{0}'")]
    [InlineData("dump", "FROM", "found '{0}'")]
    [InlineData("dump", "PROJECT", "there is no project '{0}'")]
    [InlineData("dump", "INSTITUTION", "there is no institution '{0}'")]
    [InlineData("serve", "PORT", "{0}")]
    [InlineData("deliveries", "SENT", "{0}")]
    [InlineData("extract", "EXTRACT", "'{0}'")]
    [InlineData("accept", "EXTRACT", "'{0}'")]
    [InlineData("verify", "FROM", "{0}", "EXTRACT=fuel/action_logs")]
    [InlineData("backfill", "TO", "{0}", "EXTRACT=fuel/action_logs", "FROM=2026-01-01")]
    public async Task Variable_OddText_IsWhatTheMessageNames(string target, string variable, string message, params string[] more)
    {
        const string odd = "a'b \"c\" $HOME `x`";
        using var pipeline = await Pipeline.CreateAsync(engines, migrate: target is "dump" or "deliveries" or "report");
        var (code, _, errors) = await MakeAsync(pipeline.Environment(), [target, $"{variable}={odd}", .. more]);
        Assert.NotEqual(0, code);
        Assert.Contains(string.Format(System.Globalization.CultureInfo.InvariantCulture, message, odd), errors, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Errors)> MakeAsync(
        Dictionary<string, string> environment,
        params string[] arguments
    )
    {
        // What is built isn't built again by a test.
        var start = new ProcessStartInfo("make", ["-o", ".build/built", .. arguments])
        {
            WorkingDirectory = ChildProgram.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        // As from a person's shell, also where the tests themselves are run by make.
        foreach (var name in (string[])["MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MFLAGS"])
        {
            start.Environment.Remove(name);
        }

        using var make = Process.Start(start)!;
        var errors = make.StandardError.ReadToEndAsync(Token);
        var output = await make.StandardOutput.ReadToEndAsync(Token);
        await make.WaitForExitAsync(Token);
        return (make.ExitCode, output, await errors);
    }
}
