using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;
using Xunit;

namespace WarehouseSql.Tests;

[Collection(nameof(ProcessWide))]
public sealed class CliTests
{
    public static TheoryData<Exception, string> Failures =>
        new()
        {
            { new DefinitionException("/a/b.sql", 3, "expected x; found y"), "/a/b.sql:3: expected x; found y" },
            { new WarehouseException("no connection"), "no connection" },
            { new IOException("No space left on device : '/out/a.csv'", 28), "the disk is full: No space left on device : '/out/a.csv'" },
            { new IOException("the file is in use"), "the file is in use" },
            { new UnauthorizedAccessException("Access to the path '/out' is denied."), "Access to the path '/out' is denied." },
            { new UserException("there is no extract 'x'"), "there is no extract 'x'" },
            {
                new InvalidOperationException("a fault of ours"),
                "InvalidOperationException: a fault of ours (unexpected; --verbose shows where)"
            },
            { new AggregateException(new WarehouseException("inside")), "inside" },
            {
                new InvalidDataException("Failed to load /appsettings.json.", new FormatException("bad", new FormatException("line\n1"))),
                "Failed to load /appsettings.json. line 1"
            },
            { new NotSupportedException("first\nsecond"), "NotSupportedException: first second (unexpected; --verbose shows where)" },
            { new OperationCanceledException("by nobody"), "OperationCanceledException: by nobody (unexpected; --verbose shows where)" },
        };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task Run_CommandFails_IsOneLineAndOne(Exception failure, string line)
    {
        var (code, error) = await RunAsync(["go"], _ => throw failure);

        Assert.Equal((1, $"error: {line}\n"), (code, error));
    }

    [Fact]
    public async Task Run_CommandFailsVerbosely_ShowsTheStack()
    {
        var (code, error) = await RunAsync(["go", "--verbose"], _ => throw new WarehouseException("no connection"));

        Assert.Equal(1, code);
        Assert.StartsWith("error: WarehouseSql.ClickHouse.WarehouseException: no connection\n   at ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public async Task Run_CommandEnds_IsItsCodeAndSilent(int result) =>
        Assert.Equal((result, ""), await RunAsync(["go"], _ => Task.FromResult(result)));

    [Theory]
    [InlineData("'--colour'", "go", "--colour")]
    [InlineData("'--colour'", "go", "--colour", "red", "--size", "1")]
    [InlineData("'went'", "went")]
    [InlineData("Required command")]
    public async Task Run_CalledWrongly_IsOneLineAndTwo(string named, params string[] args)
    {
        var (code, error) = await RunAsync(args, _ => throw new InvalidOperationException("must not run"));

        Assert.Equal(2, code);
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.EndsWith(" --help` lists what there is\n", error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));
    }

    [Fact]
    public async Task Run_Terminated_StopsCleanly()
    {
        var (code, error) = await RunAsync(
            ["go"],
            async token =>
            {
                using var kill = Process.Start("kill", ["-TERM", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)]);
                await Task.Delay(Timeout.Infinite, token);
                return 0;
            }
        );

        Assert.Equal((130, "stopped\n"), (code, error));
    }

    private static async Task<(int Code, string Error)> RunAsync(string[] args, Func<CancellationToken, Task<int>> action)
    {
        var command = new Command("go");
        command.SetAction((_, token) => action(token));
        var stderr = Console.Error;
        await using var writer = new StringWriter(CultureInfo.InvariantCulture);
        Console.SetError(writer);
        try
        {
            return (await Cli.RunAsync(new RootCommand { command }, args), writer.ToString());
        }
        finally
        {
            Console.SetError(stderr);
        }
    }
}
