using Etl.Loading;
using Etl.Source;
using WarehouseSql.ClickHouse;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>A load to be hurt: in a process of its own, to be killed itself, or in this one, which begins sooner.</summary>
internal sealed class ChaosLoad : IAsyncDisposable
{
    private static readonly (string, string) s_smallRanges = ("Etl:RowsPerRange", "300");
    private readonly ChildProgram? _program;
    private readonly Task<LoadResult>? _load;

    private ChaosLoad(ChildProgram program) => _program = program;

    private ChaosLoad(Task<LoadResult> load) => _load = load;

    /// <summary>Whether it has ended.</summary>
    public bool IsOver => _program?.HasExited ?? _load!.IsCompleted;

    /// <summary>Begins a load of some kind: of an extract that keeps history, or of one whose history the warehouse keeps.</summary>
    public static ChaosLoad Start(Pipeline pipeline, Random random, bool inProcess)
    {
        var month = random.Next(1, 4);
        var window = new TimeWindow(new DateOnly(2026, month, 1), new DateOnly(2026, month + 1, 1));
        var (extract, request) = random.Next(10) switch
        {
            < 4 => (Pipeline.Actions, new LoadRequest(LoadKind.Incremental)),
            4 => (Pipeline.Structures, new LoadRequest(LoadKind.Incremental)),
            < 8 => (Pipeline.Actions, new LoadRequest(LoadKind.Backfill, window)),
            8 => (Pipeline.Actions, new LoadRequest(LoadKind.Heal)),
            _ => (Pipeline.Structures, new LoadRequest(LoadKind.Heal)),
        };
        return inProcess
            ? new ChaosLoad(Task.Run(() => pipeline.LoadAsync(extract, request, s_smallRanges)))
            : new ChaosLoad(ChildProgram.Start("etl/Etl", Settings(pipeline), Command(extract, request)));
    }

    /// <summary>Runs <c>etl</c> to its end, for every extract; it has to succeed.</summary>
    public static async Task RunInPeaceAsync(Pipeline pipeline, params string[] command)
    {
        var ended = await ChildProgram.RunAsync("etl/Etl", Settings(pipeline), command);
        Assert.True(ended.Code == 0, $"etl {string.Join(' ', command)} ended with {ended.Code}: {ended.Output}{ended.Errors}");
    }

    /// <summary>Ends its process as a crash does.</summary>
    public Task KillAsync() => _program!.KillAsync();

    /// <summary>Waits for the end, and says how it was; a failure has to be one of those that people are told of in one line.</summary>
    public async Task<string> EndAsync()
    {
        if (_load is null)
        {
            return (await _program!.WaitAsync()).Errors;
        }

        try
        {
            await _load.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            return "published";
        }
        catch (Exception e) when (e is SourceException or WarehouseException)
        {
            Assert.DoesNotContain('\n', e.Message);
            return e.Message;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_program is not null)
        {
            await _program.DisposeAsync();
        }
    }

    // The writer writes fuel's tables, so that the other systems are left out.
    private static Dictionary<string, string> Settings(Pipeline pipeline) =>
        pipeline.Environment(
            ("Etl__RowsPerRange", s_smallRanges.Item2),
            ("ConnectionStrings__Pulp", ""),
            ("ConnectionStrings__Foreman", ""),
            ("ConnectionStrings__Openstack", "")
        );

    private static string[] Command(string extract, LoadRequest request) =>
        request.Kind switch
        {
            LoadKind.Incremental => ["extract", extract],
            LoadKind.Heal => ["verify", extract, "--heal"],
            _ => ["backfill", extract, "--from", request.Window!.FromText, "--to", request.Window.ToText],
        };
}
