using Etl.Source;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Runs;

namespace Etl.Loading;

/// <summary>What was staged.</summary>
/// <param name="Moved">Rows and bytes read.</param>
/// <param name="Unreadable">Rows among them that went to the quarantine.</param>
/// <param name="From">The cursor after which it was read; null: from the start.</param>
/// <param name="To">The highest cursor by now; null where the table has none.</param>
/// <param name="Unfinished">The lowest cursor of rows that may still change; null where there are none.</param>
/// <param name="Snapshot">What the first range's transaction saw.</param>
/// <param name="State">Which server that was, and how far it had come.</param>
/// <param name="SourceRows">How many rows the source has; null: not counted.</param>
/// <param name="Warning">What is odd at the source; empty: nothing.</param>
internal sealed record Staged(
    Moved Moved,
    long Unreadable,
    string? From,
    string? To,
    string? Unfinished,
    SourceSnapshot Snapshot,
    SourceState State,
    long? SourceRows,
    string Warning
);

/// <summary>
/// Reads an extract's rows from the replica, range by range, into the staging tables of every node, and checks them there.
/// </summary>
internal sealed class Stager(
    ExtractDefinition extract,
    IReadOnlyList<FactDefinition> facts,
    IReadOnlyList<SourceColumn> columns,
    Replica replica,
    IReadOnlyList<RunTables> nodes,
    long rowsPerRange,
    Action<LoadProgress> progress
)
{
    private const long LeastRows = 100;

    // Counting so many rows takes PostgreSQL about a quarter of a second; a larger table is counted where it seems to have shrunk.
    private const long CountedRows = 2_000_000;
    private Moved moved;
    private long? expected;

    /// <summary>
    /// Stages the rows after the cursor <paramref name="start"/> (null: from the first), of the window where one is given.
    /// </summary>
    /// <param name="start">A cursor, as text.</param>
    /// <param name="last">
    /// What the last load saw, which the source is held against; null: there was none, or the source is taken as it is.
    /// </param>
    /// <param name="goesOnFrom">
    /// The cursor that an earlier attempt reached: where it is lower than <paramref name="start"/>, reading begins there. Null where there
    /// was none.
    /// </param>
    /// <param name="overlaps">Whether reading begins a little before.</param>
    /// <param name="window">The time that rows must lie in.</param>
    /// <param name="reached">Is told after each range up to which cursor all rows are staged.</param>
    /// <exception cref="SourceException">The source failed, again and again where a failure may pass.</exception>
    /// <exception cref="WarehouseException">A node failed, lost rows, or an expectation of a fact isn't met.</exception>
    public async Task<Staged> StageAsync(
        string? start,
        LastLoad? last,
        string? goesOnFrom,
        bool overlaps,
        TimeWindow? window,
        Func<Staged, string, Task> reached,
        CancellationToken token
    )
    {
        try
        {
            var ranges = new CursorRanges(extract, columns, window);
            var unfinished = start is null || extract.Unfinished is null ? null : last?.UnfinishedFrom;
            if (!ranges.AreClear(start, unfinished, goesOnFrom))
            {
                // Earlier versions kept them as the server's DateStyle said, which may have changed since: reading too much is mended by
                // the keys.
                progress(
                    new LoadProgress(
                        extract.Name,
                        "reads everything: the last load kept its cursor in a form that may mean two days",
                        moved,
                        null
                    )
                );
                (start, unfinished, goesOnFrom) = (null, null, null);
            }

            var look = await AgainAsync(
                () => LookAsync(ranges, start, last, unfinished, goesOnFrom, overlaps, token),
                "looks again",
                () => Task.CompletedTask,
                token
            );
            var landedBefore = goesOnFrom is null ? 0 : await LandedAsync(token);
            var staged = new Staged(
                default,
                0,
                look.Start,
                look.Sound ?? look.Start,
                look.Unfinished,
                look.Snapshot,
                look.State,
                look.Rows,
                look.Warning
            );
            await ReadAsync(ranges, look, goesOnFrom is not null, end => reached(staged with { Moved = moved }, end), token);
            return staged with { Moved = moved, Unreadable = await CheckAsync(landedBefore, token) };
        }
        catch (Exception e) when (SourceFaults.IsSource(e))
        {
            throw SourceFaults.Explain(e);
        }
    }

    private async Task<FirstLook> LookAsync(
        CursorRanges ranges,
        string? start,
        LastLoad? last,
        string? unfinished,
        string? goesOnFrom,
        bool overlaps,
        CancellationToken token
    )
    {
        // Asked before the transaction begins, so that it sees no less.
        var state = await replica.StateAsync(token);
        using var transaction = await replica.BeginAsync(token);
        if (goesOnFrom is not null)
        {
            start = await transaction.TextAsync(ranges.Least(start!, goesOnFrom), token);
        }

        var highest = await transaction.TextAsync(ranges.Highest, token);
        var wentBack = await WentBackAsync(transaction, ranges, last?.RangeTo, highest, token);
        var sound = ranges.HighestSound is { } soundSql ? await transaction.TextAsync(soundSql, token) : highest;
        var after = start is null ? null : ranges.After(start, overlaps, unfinished);
        expected = await ExpectedAsync(transaction, ranges, after, highest, token);
        var lowest = ranges.LowestUnfinished is { } sql ? await transaction.TextAsync(sql, token) : null;
        var warning = sound == highest ? "" : await OddAsync(transaction, ranges, highest!, token);
        var rows = after is null ? expected : await CountAsync(transaction, ranges, last, token);
        SourceGuard.Check(extract, last, state, highest, wentBack, rows);
        return new FirstLook(start, after, highest, sound, lowest, transaction.Snapshot, state, rows ?? last?.Rows, warning);
    }

    // In mode full the cursor only orders rows, and what is lost shows when they are compared.
    private async Task<bool> WentBackAsync(
        ReadingTransaction transaction,
        CursorRanges ranges,
        string? last,
        string? highest,
        CancellationToken token
    ) =>
        !extract.IsWhole
        && last is not null
        && ranges.AreClear(last)
        && (highest is null || await transaction.TextAsync(ranges.IsLower(highest, last), token) == "true");

    private async Task<long?> CountAsync(ReadingTransaction transaction, CursorRanges ranges, LastLoad? last, CancellationToken token)
    {
        // Elsewhere rows may go, or what goes is seen when it is replaced.
        if (!extract.HasItsHistory || extract.KeepsDeleted)
        {
            return null;
        }

        try
        {
            var plan = await transaction.TextAsync(ranges.EstimateAll, token);
            var estimate = System.Text.Json.Nodes.JsonNode.Parse(plan!)![0]!["Plan"]!["Plan Rows"]!.GetValue<double>();
            return estimate <= CountedRows || estimate < last?.Rows * (1 - Publisher.MostLoss)
                ? long.Parse((await transaction.TextAsync(ranges.CountAll, token))!, System.Globalization.CultureInfo.InvariantCulture)
                : null;
        }
        catch (Exception e) when (SourceFaults.IsPassing(e))
        {
            return null;
        }
    }

    private async Task<string> OddAsync(ReadingTransaction transaction, CursorRanges ranges, string highest, CancellationToken token)
    {
        var odd = await transaction.TextAsync(ranges.CountUnsound, token);
        var warning =
            odd == "0"
                ? ""
                : $"{odd} {(odd == "1" ? "row has" : "rows have")} a {extract.Cursor} that is still to come, or no number ({highest}): each load reads {(odd == "1" ? "it" : "them")} again, so that later rows aren't missed — mend {(odd == "1" ? "it" : "them")} at the source";
        if (warning.Length > 0)
        {
            progress(new LoadProgress(extract.Name, warning, moved, expected));
        }

        return warning;
    }

    // Only the remaining time is worked out with it, so a load doesn't fail where the replica won't let it count.
    private static async Task<long?> ExpectedAsync(
        ReadingTransaction transaction,
        CursorRanges ranges,
        string? after,
        string? highest,
        CancellationToken token
    )
    {
        if (highest is null)
        {
            return 0;
        }

        try
        {
            return long.Parse(
                (await transaction.TextAsync(ranges.Count(after, ranges.Literal(highest)), token))!,
                System.Globalization.CultureInfo.InvariantCulture
            );
        }
        catch (Exception e) when (SourceFaults.IsPassing(e))
        {
            return null;
        }
    }

    private async Task ReadAsync(CursorRanges ranges, FirstLook look, bool goesOn, Func<string, Task> reached, CancellationToken token)
    {
        using var stream = new RangeStream(extract, columns, nodes);
        var size = rowsPerRange;
        var after = look.After;
        var first = true;
        while (true)
        {
            // New tables are empty.
            var marks = first && !goesOn ? [] : await Task.WhenAll(nodes.Select(n => n.MarkAsync(token)));
            var end = await AgainAsync(
                () => ReadRangeAsync(stream, ranges, look, after, size, first, token),
                "reads again in smaller ranges",
                TakeBackAsync,
                token
            );
            if (first && end != look.Highest)
            {
                await Task.WhenAll(nodes.Select(n => n.StopMergesAsync(token)));
            }

            if (moved.Rows > RunTables.MostParts)
            {
                await Task.WhenAll(nodes.Select(n => n.CompactAsync(token)));
            }

            if (end is not null)
            {
                await reached(end);
            }

            if (end is null || end == look.Highest)
            {
                return;
            }

            (after, first) = (ranges.Literal(end), false);

            async Task TakeBackAsync()
            {
                await Task.WhenAll(nodes.Select((n, i) => n.RewindAsync(marks.ElementAtOrDefault(i), token)));
                size = Math.Max(Math.Min(LeastRows, size), size / 4);
            }
        }
    }

    private Task<T> AgainAsync<T>(Func<Task<T>> read, string then, Func<Task> takeBack, CancellationToken token) =>
        replica.TryAsync(
            read,
            async (fault, pause) =>
            {
                await takeBack();
                progress(
                    new LoadProgress(extract.Name, $"{SourceFaults.Name(fault)}; {then} in {pause.TotalSeconds:0.#} s", moved, expected)
                );
            },
            token
        );

    // Returns the cursor up to which it read; null where nothing was left.
    private async Task<string?> ReadRangeAsync(
        RangeStream stream,
        CursorRanges ranges,
        FirstLook look,
        string? after,
        long size,
        bool first,
        CancellationToken token
    )
    {
        using var transaction = await replica.BeginAsync(token);
        await replica.CheckTypesAsync(transaction, token);
        // Going along the index for the range's end is spared where one range holds all.
        var end =
            look.Highest is null || (first && expected <= size)
                ? look.Highest
                : await transaction.TextAsync(ranges.End(after, look.Highest, size), token);
        if (end is null && !first)
        {
            return null;
        }

        var select = ranges.Rows(after, end is null ? null : ranges.Literal(end), first);
        var before = moved;
        var range = await stream.MoveAsync(
            transaction,
            select,
            m => progress(new LoadProgress(extract.Name, "reading", new Moved(before.Rows + m.Rows, before.Bytes + m.Bytes), expected)),
            token
        );
        moved = new Moved(before.Rows + range.Rows, before.Bytes + range.Bytes, before.Refused + range.Refused);
        return end;
    }

    private async Task<long> LandedAsync(CancellationToken token) =>
        (await Task.WhenAll(nodes.Select(n => n.CountsAsync(token)))).Sum(c => c.Read);

    private async Task<long> CheckAsync(long landedBefore, CancellationToken token)
    {
        progress(new LoadProgress(extract.Name, "checking", moved, moved.Rows));
        var counts = await Task.WhenAll(nodes.Select(n => n.CountsAsync(token)));
        var landed = counts.Sum(c => c.Read) - landedBefore;
        if (landed != moved.Rows - moved.Refused)
        {
            throw new WarehouseException(
                $"{extract.Name}: {moved.Rows - moved.Refused} rows were read and {landed} landed, so nothing was published; run the load again"
            );
        }

        foreach (var node in nodes)
        {
            foreach (var fact in facts.Where(f => f.Expect.Count > 0))
            {
                await ExpectAsync(node, fact, token);
            }
        }

        return counts.Sum(c => c.Unreadable);
    }

    private static async Task ExpectAsync(RunTables node, FactDefinition fact, CancellationToken token)
    {
        // As in SQL's CHECK, a condition that is NULL holds.
        var list = string.Join(
            ", ",
            fact.Expect.SelectMany(e =>
                new[] { $"countIf(NOT ifNull({e}, true))", $"anyIf(toString(({string.Join(", ", fact.Key)})), NOT ifNull({e}, true))" }
            )
        );
        var broken = (await node.Client.QueryAsync($"SELECT {list}, count() FROM {node.Staging(fact.Name)}", token)).Rows[0];
        for (var i = 0; i < fact.Expect.Count; i++)
        {
            if (broken[2 * i].GetInt64() > 0)
            {
                throw new WarehouseException(
                    $"{fact.Name}: {broken[2 * i]} of {broken[^1]} rows break the expectation `{fact.Expect[i]}` (one of them: {string.Join(", ", fact.Key)} = {broken[(2 * i) + 1]}), so nothing was published — mend {Project.Relative(fact.Path)}, or the row at the source"
                );
            }
        }
    }

    /// <summary>
    /// What there is to read: from where as text (<paramref name="Start"/>) and as SQL, less the overlap (<paramref name="After"/>), up to
    /// where, and from where the next load can go on (<paramref name="Sound"/>).
    /// </summary>
    private sealed record FirstLook(
        string? Start,
        string? After,
        string? Highest,
        string? Sound,
        string? Unfinished,
        SourceSnapshot Snapshot,
        SourceState State,
        long? Rows,
        string Warning
    );
}
