using System.CommandLine;
using System.Globalization;
using Etl.Source;
using WarehouseSql.Programs;
using Xunit;

namespace Etl.Tests;

/// <summary>What the program answers to calls that can't work, before it asks any server.</summary>
[Collection(nameof(ProcessWide))]
public sealed class CommandsTests
{
    [Theory]
    [InlineData(
        "backfill fuel/action_logs --from 2026-02-30 --to 2026-03-01",
        "FROM: expected a day such as 2026-01-31; found '2026-02-30'"
    )]
    [InlineData("backfill fuel/action_logs --from 2026-02-01 --to 1.3.2026", "TO: expected a day such as 2026-01-31; found '1.3.2026'")]
    [InlineData(
        "backfill fuel/action_logs --from 2026-02-01 --to 2026-02-01",
        "expected FROM before TO, which is not included; found FROM=2026-02-01 TO=2026-02-01"
    )]
    [InlineData("verify --from 2026-02-01", "TO: expected a day such as 2026-01-31; found ''")]
    public async Task Run_CallThatCannotWork_SaysWhyInOneLine(string call, string line) =>
        Assert.Equal((1, "", $"error: {line}\n"), await RunAsync(call));

    [Fact]
    public async Task Run_UnknownExtract_ListsThoseThatThereAre()
    {
        var (code, output, error) = await RunAsync("extract shop/things");

        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith("error: there is no extract 'shop/things'; there are: ", error, StringComparison.Ordinal);
        Assert.Contains("fuel/action_logs, fuel/installation_structures", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("backfill fuel/action_logs --from 2026-02-01", "'--to' is required")]
    [InlineData("backfill --from 2026-02-01 --to 2026-03-01", "'backfill'")]
    [InlineData("verify fuel/action_logs --force", "'--force'")]
    [InlineData("extrct", "'extrct'")]
    public async Task Run_CalledWrongly_IsTwo(string call, string named)
    {
        var (code, output, error) = await RunAsync(call);

        Assert.Equal((2, ""), (code, output));
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));
    }

    [Fact]
    public async Task Run_Check_FindsTheProjectsFilesWellFormed()
    {
        var (code, output, error) = await RunAsync("check");

        Assert.Equal((0, ""), (code, error));
        Assert.EndsWith(" views: well formed\n", output, StringComparison.Ordinal);
    }

    // The program's own kinds of failure carry a message for people; it must not be called unexpected.
    [Fact]
    public async Task Run_SourceFails_IsItsMessage()
    {
        var command = new Command("go");
        command.SetAction((_, _) => Task.FromException<int>(new SourceException("another load is running")));

        Assert.Equal((1, "", "error: another load is running\n"), await RunAsync("go", command));
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string call, Command? command = null)
    {
        var (stdout, stderr) = (Console.Out, Console.Error);
        await using var output = new StringWriter(CultureInfo.InvariantCulture);
        await using var error = new StringWriter(CultureInfo.InvariantCulture);
        Console.SetOut(output);
        Console.SetError(error);
        try
        {
            var root = new RootCommand { Commands.Extract(), Commands.Backfill(), Commands.Verify(), Commands.Check() };
            if (command is not null)
            {
                root.Add(command);
            }

            return (await Cli.RunAsync(root, call.Split(' ')), output.ToString(), error.ToString());
        }
        finally
        {
            Console.SetOut(stdout);
            Console.SetError(stderr);
        }
    }
}
