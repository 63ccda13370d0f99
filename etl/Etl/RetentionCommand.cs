using System.CommandLine;
using System.Globalization;
using Etl.Loading;
using Microsoft.Extensions.Configuration;
using Spectre.Console;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;
using WarehouseSql.Runs;

namespace Etl;

/// <summary>Shows how long rows of facts are kept, sets it, and removes what is due.</summary>
internal static class RetentionCommand
{
    public static Command Create()
    {
        var name = new Argument<string?>("fact") { Description = "The fact; all without it", Arity = ArgumentArity.ZeroOrOne };
        var days = new Option<int?>("--days") { Description = "Keep its rows for less than so many days; 0: as its header says" };
        var remove = new Option<bool>("--remove") { Description = "Remove what is due now" };
        var command = new Command("retention", "Show how long rows are kept, why, and what would go; set it, or remove what is due")
        {
            name,
            days,
            remove,
        };
        command.SetAction(
            async (parsed, token) =>
            {
                var project = Project.Here;
                var facts = project.Facts();
                var ledgers = LedgerRetention
                    .All.Where(l => parsed.GetValue(name) is null or "" || l.Table == parsed.GetValue(name))
                    .ToList();
                var chosen = ledgers.Count == 1 ? [] : Chosen(facts, parsed.GetValue(name));
                var configuration = Settings.Read();
                var options = WarehouseOptions.Read(configuration);
                using var client = new ClickHouseClient(options);
                if (parsed.GetValue(days) is { } set)
                {
                    await (
                        ledgers.Count == 1
                            ? SetAsync(client, ledgers[0], set, token)
                            : SetAsync(client, chosen.Count == 1 ? chosen[0] : null, set, token)
                    );
                }

                var faults = parsed.GetValue(remove) ? await RemoveAsync(configuration, project, chosen, token) : 0;
                using var whole = client.WithDatabase(options.WholeDatabase);
                await ShowAsync(whole, chosen, ledgers, token);
                return faults == 0 ? 0 : 1;
            }
        );
        return command;
    }

    private static List<FactDefinition> Chosen(IReadOnlyDictionary<string, FactDefinition> facts, string? name) =>
        string.IsNullOrEmpty(name) ? [.. facts.Values]
        : facts.TryGetValue(name, out var fact) ? [fact]
        : throw new UserException($"there is no fact '{name}'; `make retention` lists them");

    private static async Task SetAsync(ClickHouseClient client, FactDefinition? fact, int days, CancellationToken token)
    {
        if (fact is null)
        {
            throw new UserException("DAYS= goes with FACT=, the one fact whose rows are to be kept for so long");
        }

        if (fact.TimeColumn is null)
        {
            throw new UserException($"{fact.Name} has no partitions of a time by which its rows could go: they are kept for good");
        }

        if (days is < 0 or 1 || days > fact.RetainDays)
        {
            throw new UserException(
                fact.RetainDays is { } promised
                    ? $"DAYS: expected 2 to {promised}, which was promised ({Project.Relative(fact.Path)}), or 0 for just that; found {days}"
                    : $"DAYS: expected 2 or more, or 0 to keep the rows of {fact.Name} for good; found {days}"
            );
        }

        await RetentionLog.SetAsync(client, fact.Name, days, Cli.Caller, token);
    }

    private static async Task SetAsync(ClickHouseClient client, LedgerRetention ledger, int days, CancellationToken token)
    {
        if (days is not 0 and < LedgerRetention.FewestDays)
        {
            throw new UserException(
                $"DAYS: expected {LedgerRetention.FewestDays} or more, or 0 to keep the rows of {ledger.Table} for good; found {days}"
            );
        }

        await RetentionLog.SetAsync(client, ledger.Table, days, Cli.Caller, token);
    }

    private static async Task<int> RemoveAsync(
        IConfiguration configuration,
        Project project,
        List<FactDefinition> chosen,
        CancellationToken token
    )
    {
        using var loader = new Loader(configuration, project, TimeProvider.System);
        var faults = 0;
        foreach (var extract in project.Extracts().Where(e => e.Facts.Any(f => chosen.Exists(c => c.Name == f))))
        {
            try
            {
                foreach (var (fact, rows) in (await loader.RemoveOldAsync(extract, token)).Where(r => r.Rows > 0))
                {
                    await Console.Error.WriteLineAsync($"{fact}: {ProgressLine.Number(rows)} rows removed");
                }
            }
            catch (WarehouseException e) when (e.Code != 0)
            {
                await Console.Error.WriteLineAsync($"error: {CleanText.Line(e.Message)}");
                faults++;
            }
        }

        foreach (var (table, rows) in (await loader.RemoveOldAsync(token)).Where(r => r.Rows > 0))
        {
            await Console.Error.WriteLineAsync($"{table}: {ProgressLine.Number(rows)} rows removed");
        }

        return faults;
    }

    private static async Task ShowAsync(
        ClickHouseClient client,
        List<FactDefinition> facts,
        List<LedgerRetention> ledgers,
        CancellationToken token
    )
    {
        var log = await RetentionLog.ReadAsync(sql => client.QueryAsync(sql, token));
        var today = DateOnly.FromDateTime(DateTime.UtcNow);
        var table = Tables.New("fact", "kept", "why", ">rows", "oldest (UTC)", ">go next", "gone before", ">gone");
        foreach (var fact in facts)
        {
            var noted = log.GetValueOrDefault(fact.Name, FactRetention.None);
            var kept = Retention.Of(fact, noted);
            var found = await client.QueryAsync(
                $"SELECT count(), {(fact.TimeColumn is { } time ? $"toString(toDate32(min({time})))" : "''")}, {(kept.Due(today) is { } due ? $"countIf(ifNull({Retention.Older(fact, due)}, false))" : "0")} FROM {fact.Name}",
                token
            );
            var rows = found.Rows[0][0].GetInt64();
            table.AddRow(
                fact.Name,
                kept.Days is { } days ? $"< {days} days" : "for good",
                kept.Days is null ? ""
                    : kept.Days == fact.RetainDays ? "promised in its header"
                    : SetBy(noted),
                ProgressLine.Number(rows),
                rows > 0 ? found.Rows[0][1].GetString() ?? "" : "",
                ProgressLine.Number(found.Rows[0][2].GetInt64()),
                noted.Before?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "",
                noted.Removed > 0 ? ProgressLine.Number(noted.Removed) : ""
            );
        }

        foreach (var ledger in ledgers)
        {
            var noted = log.GetValueOrDefault(ledger.Table, FactRetention.None);
            var due = noted.SetDays is { } days ? $"countIf({ledger.Old(days)})" : "0";
            var found = await client.QueryAsync($"SELECT count(), toString(toDate(min({ledger.Time}))), {due} FROM {ledger.Table}", token);
            var rows = found.Rows[0][0].GetInt64();
            table.AddRow(
                ledger.Table,
                noted.SetDays is { } set ? $"< {set} days" : "for good",
                noted.SetDays is null ? "" : SetBy(noted) + (ledger.Why.Length > 0 ? $"; {ledger.Why}" : ""),
                ProgressLine.Number(rows),
                rows > 0 ? found.Rows[0][1].GetString() ?? "" : "",
                ProgressLine.Number(found.Rows[0][2].GetInt64()),
                "",
                ""
            );
        }

        Tables.Write(table);
    }

    private static string SetBy(FactRetention noted) =>
        string.Create(CultureInfo.InvariantCulture, $"set by {noted.SetBy}, {noted.SetAt.UtcDateTime:yyyy-MM-dd}");
}
