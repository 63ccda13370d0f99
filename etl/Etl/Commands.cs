using System.CommandLine;
using System.Globalization;
using Etl.Loading;
using Etl.Scheduling;
using Etl.Source;
using Microsoft.Extensions.Configuration;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;
using WarehouseSql.Programs;
using WarehouseSql.Schema;

namespace Etl;

/// <summary>The commands of the program.</summary>
internal static class Commands
{
    private static readonly Option<bool> Force = new("--force")
    {
        Description = "Publish also where a partition would lose more than 1 % of its rows",
    };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Stage and compare, but don't publish" };

    public static Command Migrate()
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Only tell which migrations would be applied" };
        var heal = new Option<bool>("--heal") { Description = "Then read rows again that lack columns which were added" };
        var command = new Command("migrate", "Create or bring up to date tables, functions and views") { dryRun, heal };
        command.SetAction(
            async (parsed, token) =>
            {
                var configuration = Settings.Read();
                var options = WarehouseOptions.Read(configuration);
                if (parsed.GetValue(dryRun))
                {
                    await TellPendingAsync(options, TableEngines.Read(configuration), token);
                    return 0;
                }

                var done = await WarehouseNodes.MigrateAsync(
                    options,
                    Project.Here,
                    TableEngines.Read(configuration),
                    Console.Error.WriteLine,
                    token
                );
                foreach (var (node, applied) in done)
                {
                    Console.WriteLine(
                        $"{node.Authority}: {(applied.Count == 0 ? "up to date" : $"applied {string.Join(", ", applied)}")}; functions and views renewed"
                    );
                }

                if (done.Count > 1)
                {
                    Console.WriteLine($"{done[0].Node.Authority}: {options.WholeDatabase} has the rows of all nodes, for reports");
                }

                return await TellOldRowsAsync(options, parsed.GetValue(heal), token);
            }
        );
        return command;
    }

    private static async Task<int> TellOldRowsAsync(WarehouseOptions options, bool heals, CancellationToken token)
    {
        var nodes = ClickHouseClient.OfNodes(options);
        var old = await OldRows.FindAsync(nodes, Project.Here, TableEngines.Read(Settings.Read()), token);
        foreach (var node in nodes)
        {
            node.Dispose();
        }

        var code = 0;
        if (!heals)
        {
            old.ToList().ForEach(o => Console.WriteLine(o.Said));
            return code;
        }

        foreach (var extract in old.Select(o => o.Extract.Name).Distinct())
        {
            code = Math.Max(code, await LoadAsync(extract, new LoadRequest(LoadKind.Heal), token));
        }

        return code;
    }

    private static async Task TellPendingAsync(WarehouseOptions options, TableEngines engines, CancellationToken token)
    {
        foreach (var url in options.Nodes)
        {
            using var node = new ClickHouseClient(options, url);
            var pending = await new Migrator(node, Project.Here, engines).PendingAsync(token);
            Console.WriteLine($"{url.Authority}: {(pending.Count == 0 ? "up to date" : $"would apply {string.Join(", ", pending)}")}");
        }
    }

    public static Command Extract()
    {
        var name = NameArgument("The extract, system/table; all without it");
        var command = new Command("extract", "Load what is new since the last load") { name, Force };
        command.SetAction(
            (parsed, token) => LoadAsync(parsed.GetValue(name), new LoadRequest(LoadKind.Incremental, Force: parsed.GetValue(Force)), token)
        );
        return command;
    }

    public static Command Accept()
    {
        var name = NameArgument("The extract, system/table; all without it");
        var command = new Command("accept", "Take a source as it is that isn't what it was: read all of it again, and go on from there")
        {
            name,
            DryRun,
        };
        command.SetAction(
            (parsed, token) => LoadAsync(parsed.GetValue(name), new LoadRequest(LoadKind.Accept, DryRun: parsed.GetValue(DryRun)), token)
        );
        return command;
    }

    public static Command Backfill()
    {
        var name = new Argument<string>("extract") { Description = "The extract, system/table" };
        var (from, to) = Window(required: true);
        var command = new Command("backfill", "Load a time's rows anew, and replace what the warehouse has of it")
        {
            name,
            from,
            to,
            Force,
            DryRun,
        };
        command.SetAction(
            (parsed, token) =>
                LoadAsync(
                    parsed.GetValue(name),
                    new LoadRequest(
                        LoadKind.Backfill,
                        ReadWindow(parsed.GetValue(from), parsed.GetValue(to)),
                        parsed.GetValue(Force),
                        parsed.GetValue(DryRun)
                    ),
                    token
                )
        );
        return command;
    }

    public static Command Verify()
    {
        var name = NameArgument("The extract, system/table; all without it");
        var (from, to) = Window(required: false);
        var heal = new Option<bool>("--heal") { Description = "Replace the partitions that differ" };
        var command = new Command("verify", "Compare the facts with the source, partition by partition") { name, from, to, heal, Force };
        command.Validators.Add(result =>
        {
            if (result.GetValue(Force) && !result.GetValue(heal))
            {
                result.AddError("'--force' goes with '--heal': a comparison alone replaces nothing");
            }
        });
        command.SetAction(
            (parsed, token) =>
                LoadAsync(
                    parsed.GetValue(name),
                    new LoadRequest(
                        parsed.GetValue(heal) ? LoadKind.Heal : LoadKind.Verify,
                        ReadWindow(parsed.GetValue(from), parsed.GetValue(to)),
                        parsed.GetValue(Force)
                    ),
                    token
                )
        );
        return command;
    }

    public static Command Schedule()
    {
        var command = new Command("schedule", "Run every extract on its schedule until stopped");
        command.SetAction((_, token) => ExtractScheduler.RunAsync(Settings.Read(), Project.Here, token));
        return command;
    }

    public static Command Status()
    {
        var command = new Command("status", "Show each extract's last load and what is in the quarantine");
        command.SetAction(
            async (_, token) =>
            {
                var options = WarehouseOptions.Read(Settings.Read());
                using var client = new ClickHouseClient(options with { Database = options.WholeDatabase });
                await Tables.WriteStatusAsync(client, Project.Here.Extracts(), token);
            }
        );
        return command;
    }

    public static Command Schema()
    {
        var command = new Command("schema", "Write warehouse-sql/schema.yaml from the warehouse's tables and views");
        command.SetAction(
            async (_, token) =>
            {
                using var client = new ClickHouseClient(WarehouseOptions.Read(Settings.Read()));
                var snapshot = await SchemaSnapshot.FromWarehouseAsync(client, Project.Here, token);
                Console.WriteLine(
                    snapshot.Write(SchemaSnapshot.PathIn(Project.Here))
                        ? "warehouse-sql/schema.yaml written"
                        : "warehouse-sql/schema.yaml is up to date"
                );
            }
        );
        return command;
    }

    public static Command Check()
    {
        var command = new Command("check", "Validate the files of all facts, views and extracts");
        command.SetAction(_ =>
        {
            var (facts, views) = (Project.Here.Facts(), Project.Here.Views());
            var extracts = Project.Here.Extracts();
            var faults = Views.Faults(
                views,
                [.. extracts.Select(e => e.Facts)],
                facts.ToDictionary(f => f.Key, f => f.Value.Key),
                facts.Values.Where(f => f.TimeColumn is not null).ToDictionary(f => f.Name, f => f.TimeColumn!)
            );
            if (DefinitionException.Of([.. faults]) is { } fault)
            {
                throw fault;
            }

            Console.WriteLine($"{extracts.Count} extracts, {extracts.Sum(e => e.Facts.Count)} facts, {views.Count} views: well formed");
        });
        return command;
    }

    public static Command Doctor()
    {
        var command = new Command("doctor", "Look at all that loads need, and say what to do");
        command.SetAction(
            async (_, token) =>
            {
                var findings = new Findings();
                await new Doctor(Settings.Read(), Project.Here, findings).ExamineAsync(Project.Here.Extracts(), token);
                return findings.AreWrong ? 1 : 0;
            }
        );
        return command;
    }

    private static async Task<int> LoadAsync(string? name, LoadRequest request, CancellationToken token)
    {
        var all = Project.Here.Extracts();
        var configuration = Settings.Read();
        using var loader = new Loader(configuration, Project.Here, TimeProvider.System);
        List<ExtractDefinition> chosen = string.IsNullOrEmpty(name)
            ? [.. ExtractDefinition.Configured(all, configuration, Console.Error.WriteLine)]
            : [ExtractDefinition.Find(all, name)];
        var results = new LoadResult?[chosen.Count];
        var failures = new string?[chosen.Count];
        using var progress = new LoadsProgress();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, chosen.Count),
            new ParallelOptions { MaxDegreeOfParallelism = Loader.Parallel(configuration), CancellationToken = token },
            async (i, t) =>
            {
                try
                {
                    results[i] = await LoadAsync(loader, chosen[i], request, progress, t);
                }
                catch (Exception e)
                    when (chosen.Count > 1
                        && e is SourceException or DefinitionException or ReplacedException or WarehouseException { Code: not 0 }
                    )
                {
                    // One system's trouble keeps no other from being loaded; without a warehouse (code 0) none is.
                    failures[i] = $"{chosen[i].Name}: {e.Message}";
                }
            }
        );
        progress.Dispose();
        return Show([.. results.OfType<LoadResult>()], [.. failures.OfType<string>()], request);
    }

    private static async Task<LoadResult> LoadAsync(
        Loader loader,
        ExtractDefinition extract,
        LoadRequest request,
        LoadsProgress progress,
        CancellationToken token
    )
    {
        progress.Begin(extract.Name, request.Kind);
        try
        {
            var result = await loader.RunAsync(extract, request, progress.Show, token);
            Steps.Note($"{result.Run.Kind} {extract.Name}", result.Run.RowsRead, TimeSpan.FromSeconds(result.Run.Seconds));
            return result;
        }
        finally
        {
            progress.End(extract.Name);
        }
    }

    private static int Show(List<LoadResult> results, List<string> failures, LoadRequest request)
    {
        if (results.Count > 0)
        {
            Tables.WriteResults(results, request);
        }

        failures.ForEach(f => Console.Error.WriteLine($"error: {f}"));
        return failures.Count > 0 || (request.Kind == LoadKind.Verify && results.Any(r => r.Changes.Any(c => !c.Same))) ? 1 : 0;
    }

    private static Argument<string?> NameArgument(string description) =>
        new("extract") { Description = description, Arity = ArgumentArity.ZeroOrOne };

    private static (Option<string?> From, Option<string?> To) Window(bool required) =>
        (
            new Option<string?>("--from") { Description = "The first day, yyyy-MM-dd, UTC", Required = required },
            new Option<string?>("--to") { Description = "The day after the last one, yyyy-MM-dd, UTC", Required = required }
        );

    private static TimeWindow? ReadWindow(string? from, string? to)
    {
        if (string.IsNullOrEmpty(from) && string.IsNullOrEmpty(to))
        {
            return null;
        }

        var window = new TimeWindow(Day("FROM", from), Day("TO", to));
        return window.From < window.To
            ? window
            : throw new UserException($"expected FROM before TO, which is not included; found FROM={from} TO={to}");
    }

    private static DateOnly Day(string name, string? text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
            : throw new UserException($"{name}: expected a day such as 2026-01-31; found '{text}'");
}
