using System.Globalization;
using Etl.Loading;
using Spectre.Console;
using WarehouseSql.ClickHouse;
using WarehouseSql.Programs;
using WarehouseSql.Runs;

namespace Etl;

/// <summary>What the commands print.</summary>
internal static class Tables
{
    /// <summary>What loads did, and how partitions changed.</summary>
    public static void WriteResults(IReadOnlyList<LoadResult> results, LoadRequest request)
    {
        var table = New("extract", ">rows", ">quarantined", ">seconds", ">rows/s", ">read", "outcome");
        foreach (var run in results.Select(r => r.Run))
        {
            table.AddRow(
                run.Extract,
                ProgressLine.Number(run.RowsRead),
                ProgressLine.Number(run.RowsQuarantined),
                run.Seconds.ToString("0.0", CultureInfo.InvariantCulture),
                ProgressLine.Number((long)(run.RowsRead / Math.Max(run.Seconds, 0.001))),
                ProgressLine.Bytes(run.BytesRead),
                run.Outcome.Name()
            );
        }

        Write(table);
        if (request.Kind != LoadKind.Incremental)
        {
            WriteChanges([.. results.SelectMany(r => r.Changes)], request);
            WriteGone(results);
        }

        foreach (var run in results.Select(r => r.Run).Where(r => r.Warning.Length > 0))
        {
            Console.Error.WriteLine($"warning: {run.Extract}: {CleanText.Line(run.Warning)}");
        }
    }

    /// <summary>Each extract's last load, and the quarantine by reason.</summary>
    public static async Task WriteStatusAsync(ClickHouseClient client, IReadOnlyList<ExtractDefinition> extracts, CancellationToken token)
    {
        var runs = await RunLedger.LastRunsAsync(sql => client.QueryAsync(sql, token), alsoVerify: true);
        var table = New(
            "extract",
            "last run (UTC)",
            "kind",
            "outcome",
            ">rows",
            "last published (UTC)",
            "data up to (UTC)",
            "error or warning"
        );
        foreach (var extract in extracts)
        {
            table.AddRow(
                runs.GetValueOrDefault(extract.Name) is { } last
                    ?
                    [
                        extract.Name,
                        Time(last.StartedAt),
                        last.Kind,
                        last.Outcome.Name(),
                        ProgressLine.Number(last.Rows),
                        Time(last.PublishedAt),
                        Time(last.DataUpTo),
                        Cell(last.Error.Length > 0 ? last.Error : last.Warning),
                    ]
                    : [extract.Name, "never", "", "", "", "", "", ""]
            );
        }

        Write(table);
        var quarantined = await client.QueryAsync(
            "SELECT extract, reason, count() FROM etl_quarantine FINAL GROUP BY extract, reason ORDER BY ALL",
            token
        );
        if (quarantined.Rows.Count > 0)
        {
            var reasons = New("in quarantine", "reason", ">rows");
            foreach (var row in quarantined.Rows)
            {
                reasons.AddRow(row[0].ToString(), Cell(row[1].ToString()), ProgressLine.Number(row[2].GetInt64()));
            }

            Write(reasons);
        }
    }

    private static string Time(DateTimeOffset? at) => at?.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture) ?? "";

    private static void WriteChanges(IReadOnlyList<PartitionChange> changes, LoadRequest request)
    {
        var shown = request.Kind == LoadKind.Backfill ? changes : [.. changes.Where(c => !c.Same)];
        if (shown.Count == 0)
        {
            Console.WriteLine($"{ProgressLine.Number(changes.Count)} partitions agree with the source");
            return;
        }

        var table = New("fact", "partition", ">rows before", ">rows after", "contents");
        foreach (var change in shown)
        {
            table.AddRow(
                change.Fact,
                change.Partition,
                ProgressLine.Number(change.RowsBefore),
                ProgressLine.Number(change.RowsAfter),
                change.Same ? "same" : "differ"
            );
        }

        Write(table);
        var differing = changes.Count(c => !c.Same);
        Console.WriteLine(
            request switch
            {
                { DryRun: true } => "nothing was published (dry run)",
                { Kind: LoadKind.Accept } =>
                    $"{differing} of {changes.Count} partitions differed from the source; its rows were added, and the next loads go on from them",
                { Kind: LoadKind.Verify } =>
                    $"{differing} of {changes.Count} partitions differ from the source; `make verify … HEAL=1` replaces them",
                { Kind: LoadKind.Heal } => $"{differing} of {changes.Count} partitions differed from the source and were healed",
                _ => $"{changes.Count} partitions replaced",
            }
        );
    }

    private static void WriteGone(IReadOnlyList<LoadResult> results)
    {
        foreach (var result in results)
        {
            foreach (var erased in result.Erased)
            {
                Console.WriteLine($"{erased.Table}: {ProgressLine.Number(erased.Rows)} rows erased, of sites that the source has erased");
            }

            foreach (var gone in result.Gone)
            {
                Console.WriteLine(
                    $"{gone.Fact}, partition {gone.Partition}: {ProgressLine.Number(gone.Rows)} {(gone.Rows == 1 ? "row is" : "rows are")} no longer at the source{(result.KeepsGone ? " and stay here (deleted: keep)" : "")}"
                );
            }
        }
    }

    public static Table New(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns)
        {
            table.AddColumn(column.StartsWith('>') ? new TableColumn(column[1..]).RightAligned() : new TableColumn(column));
        }

        return table;
    }

    // Text alone, whatever it says.
    private static string Cell(string text) => Markup.Escape(CleanText.Line(text));

    // A pipe has no width; 200 keeps each row on one line.
    public static void Write(Table table)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = 200;
        }

        AnsiConsole.Write(table);
    }
}
