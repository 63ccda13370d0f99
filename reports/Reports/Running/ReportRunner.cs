using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Reports.Definitions;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;

namespace Reports.Running;

/// <summary>Runs reports as an account that can only read, with limits, so that they behave like standard SQL and hurt nobody.</summary>
/// <param name="project">Whose reports they are.</param>
/// <param name="client">The warehouse.</param>
/// <param name="time">Says what today is.</param>
/// <param name="timeLimit">How long a statement may take; null: a minute.</param>
internal sealed class ReportRunner(Project project, ClickHouseClient client, TimeProvider time, TimeSpan? timeLimit = null)
{
    /// <summary>The limit of results that are wanted whole.</summary>
    public const long AllRows = long.MaxValue;

    private TimeSpan TimeLimit { get; } = timeLimit ?? TimeSpan.FromMinutes(1);

    private Dictionary<string, string>? settings;

    /// <summary>
    /// Whether reports are answered without the rows of nodes that don't answer, and say so; else they fail. For people who look, not for
    /// what is sent or decided by itself.
    /// </summary>
    public bool SkipsDownNodes { get; set; }

    /// <summary>The project whose reports it runs.</summary>
    public Project Project => project;

    /// <summary>The name of the database that reports read.</summary>
    public string Database => client.Database;

    /// <summary>When each fact was last loaded, as of now.</summary>
    public async Task<FactLoads> LoadsAsync(CancellationToken token)
    {
        // Each time: a web site lives for months, and rows may have been moved to more nodes meanwhile.
        await WarehouseNodes.CheckAsync(client, 1, client.Nodes, project, token);
        var query = new QueryOptions { Settings = await SettingsAsync(token), Timeout = TimeLimit };
        var down = SkipsDownNodes ? await WarehouseNodes.DownAsync(client, query, token) : [];
        return await FactLoads.ReadAsync(client, project, down, query, token);
    }

    /// <summary>What is about to run: the values bound, the data's age looked up.</summary>
    /// <exception cref="ReportException">A value given is unknown or not of its type.</exception>
    /// <param name="asOf">The time that relative days such as <c>today</c> mean; null: now.</param>
    /// <param name="zone">Whose days are meant; null: UTC's.</param>
    public ReportRun Prepare(
        ReportDefinition report,
        IReadOnlyDictionary<string, string> given,
        FactLoads loads,
        DateTimeOffset? asOf = null,
        TimeZoneInfo? zone = null
    )
    {
        var values = report.Resolve(given, asOf is { } at ? new FixedClock(at) : time, zone);
        return new ReportRun(report.With(values), values, loads.Of(report.Sql), time.GetUtcNow());
    }

    /// <summary>The values that a parameter's <c>values:</c> returns, each once, without empty ones.</summary>
    /// <exception cref="WarehouseException">The warehouse refused or failed.</exception>
    /// <param name="bound">Values of the parameters that it uses; null: it uses none.</param>
    public async Task<IReadOnlyList<string>> ValuesAsync(
        string select,
        CancellationToken token,
        IReadOnlyDictionary<string, string?>? bound = null
    ) =>
        [.. (await AskAsync(SharedSql.ToClickHouse(select), token, bound)).Texts.Where(t => t.Length > 0).Distinct(StringComparer.Ordinal)];

    /// <summary>Checks the values that are given against those that there are, where parameters say how to know them.</summary>
    /// <exception cref="ReportException">One isn't among them; the message names the closest ones.</exception>
    public async Task CheckValuesAsync(IEnumerable<(ReportParameter Parameter, string Value)> values, CancellationToken token)
    {
        foreach (var (parameter, value) in values.Where(v => v.Parameter.Values is not null && v.Value != v.Parameter.Default))
        {
            var known = await ValuesAsync(parameter.Values!, token);
            if (!known.Contains(value))
            {
                throw new ReportException(ParameterFault.NotAmong(parameter, value, known).Message);
            }
        }
    }

    /// <summary>Runs it and hands at most <paramref name="limit"/> rows to each sink; fewer where one of them can't take so many.</summary>
    /// <exception cref="ReportException">The warehouse refused or failed; the message names the report's file.</exception>
    /// <exception cref="DefinitionException">The header names a column that the result hasn't.</exception>
    public Task<ReportOutcome> RunAsync(ReportRun run, long limit, IReadOnlyList<IRowSink> sinks, CancellationToken token) =>
        HandOnAsync(run, rows => CopyAsync(run, "JSONCompactEachRowWithNamesAndTypes", rows, limit, token), limit, sinks, token);

    /// <summary>
    /// As <see cref="RunAsync"/>, of rows that are at hand: <paramref name="copy"/> writes them as <see cref="ExportRowsAsync"/> did.
    /// </summary>
    /// <exception cref="ReportException">One of them can't be read.</exception>
    /// <exception cref="DefinitionException">The header names a column that the result hasn't.</exception>
    public static async Task<ReportOutcome> HandOnAsync(
        ReportRun run,
        Func<Stream, Task> copy,
        long limit,
        IReadOnlyList<IRowSink> sinks,
        CancellationToken token
    )
    {
        var began = Stopwatch.GetTimestamp();
        limit = sinks.Min(s => Math.Min(s.MostRows, limit));
        await using (var rows = new RowStream(sinks, limit, columns => CheckColumns(run.Report, columns)))
        {
            await copy(rows);
            if (rows.IsBroken)
            {
                throw new ReportException($"{Project.Relative(run.Report.Path)}: the warehouse sent a row that can't be read");
            }

            foreach (var sink in sinks)
            {
                await sink.EndAsync(rows.IsCut ? limit : null, token);
            }

            return new ReportOutcome(rows.Rows, rows.IsCut ? limit : null, Stopwatch.GetElapsedTime(began));
        }
    }

    /// <summary>
    /// Copies at most one row more than <paramref name="limit"/> to <paramref name="target"/>, to be handed on later; tells how far it is.
    /// </summary>
    /// <exception cref="ReportException">
    /// The warehouse refused or failed, also in the middle of the result; the message names the report's file.
    /// </exception>
    public async Task ExportRowsAsync(ReportRun run, long limit, Stream target, Action<QueryProgress> progress, CancellationToken token)
    {
        await using (var lines = new ProgressLines(target, progress))
        {
            await CopyAsync(run, ProgressLines.Format, lines, limit, token);
        }
    }

    /// <summary>The columns of its result, without running it.</summary>
    /// <exception cref="ReportException">The warehouse refused; the message names the report's file.</exception>
    public Task<IReadOnlyList<ResultColumn>> ColumnsAsync(ReportRun run, CancellationToken token) =>
        AskedAsync(run, async () => await ColumnsAsync(run, await SqlAsync(run, token), token));

    /// <summary>Runs it so many times, and says what each cost and what it reads.</summary>
    /// <exception cref="ReportException">The warehouse refused or failed; the message names the report's file.</exception>
    public Task<ReportCost> CostAsync(ReportRun run, int times, CancellationToken token) =>
        AskedAsync(
            run,
            async () =>
            {
                var (sql, query) = (await SqlAsync(run, token), await QueryAsync(run, AllRows, token));
                var estimate = await client.QueryAsync($"EXPLAIN ESTIMATE {sql}", token, query);
                var plan = await client.QueryAsync($"EXPLAIN json = 1, indexes = 1 {sql}", token, query);
                var runs = new List<JsonElement>();
                for (var i = 0; i < times; i++)
                {
                    using var answer = new MemoryStream();
                    // All columns of all rows are computed, and none is sent.
                    var whole = $"SELECT count(), sum(cityHash64(*)) FROM (\n{sql}\n)";
                    await client.CopyToAsync(whole, "JSONCompact", answer, token, query);
                    using var json = JsonDocument.Parse(answer.GetBuffer().AsMemory(0, (int)answer.Length));
                    runs.Add(json.RootElement.Clone());
                }

                return ReportCost.Of(estimate, string.Join('\n', plan.Texts), runs);
            }
        );

    /// <summary>Asks something of the project's own, such as the ledger or a parameter's values, with a report's limits.</summary>
    /// <exception cref="WarehouseException">The warehouse refused or failed.</exception>
    public async Task<ResultTable> AskAsync(string sql, CancellationToken token, IReadOnlyDictionary<string, string?>? bound = null)
    {
        var query = new QueryOptions
        {
            Settings = await SettingsAsync(token),
            Timeout = TimeLimit,
            Parameters = bound ?? new Dictionary<string, string?>(),
        };
        return await client.QueryAsync(sql, token, SkipsDownNodes ? WarehouseNodes.WithoutDownNodes(query) : query);
    }

    /// <summary>Copies its whole result, as the server formats it, to <paramref name="target"/> in flat memory.</summary>
    /// <param name="format">Parquet or Arrow.</param>
    /// <exception cref="ReportException">
    /// The warehouse refused or failed, also in the middle of the result; the message names the report's file.
    /// </exception>
    public async Task ExportAsync(ReportRun run, string format, Stream target, CancellationToken token) =>
        await CopyAsync(run, format, target, AllRows, token, isColumnar: true);

    private async Task CopyAsync(ReportRun run, string format, Stream target, long limit, CancellationToken token, bool isColumnar = false)
    {
        try
        {
            var (sql, query) = (await SqlAsync(run, token), await QueryAsync(run, limit, token));
            if (isColumnar)
            {
                sql = ColumnarExport.Of(run, sql, await ColumnsAsync(run, sql, token));
                query = query with { Settings = With(query.Settings!, ColumnarExport.Settings) };
            }

            await ReportTelemetry.AskAsync(run.Report.Name, () => client.CopyToAsync(sql, format, target, token, query));
            if (
                run.Freshness.Down.Count > 0
                && (await WarehouseNodes.DownAsync(client, query, token)).Except(run.Freshness.Down).FirstOrDefault() is { } gone
            )
            {
                throw new ReportException(
                    $"{Project.Relative(run.Report.Path)}: node {gone} stopped answering meanwhile, so the answer lacks an unknown part; ask again"
                );
            }
        }
        catch (WarehouseException e)
        {
            throw new ReportException($"{Project.Relative(run.Report.Path)}: {e.Message}", e);
        }
    }

    // What it asks of the server: the report's SELECT, or that one beside an earlier period's.
    private async Task<string> SqlAsync(ReportRun run, CancellationToken token)
    {
        var (report, sql) = (run.Report, SharedSql.ToClickHouse(run.Report.Sql));
        if (report.Comparison is not { } earlier)
        {
            return sql;
        }

        var columns = (await ColumnsAsync(run, sql, token)).Select(c => Compared(report, c)).ToList();
        return columns.All(c => c.IsKey)
            ? throw new ReportException(
                $"{Project.Relative(report.Path)}: it has no figure that could be compared with an earlier period's"
            )
            : earlier.SqlOf(sql, columns);
    }

    // Rows are matched by what isn't a number or names something, and by what the chart shows figures of.
    private static ComparedColumn Compared(ReportDefinition report, ResultColumn column)
    {
        var (defined, inferred) = (report.Columns.GetValueOrDefault(column.Name), ColumnFormat.Infer(column.Name, column.Type));
        return new ComparedColumn(
            column.Name,
            IsKey: !inferred.IsNumber || defined?.IsKey == true || column.Name == report.Chart?.X || column.Name == report.Chart?.Series,
            IsTime: inferred.Kind is ColumnFormatKind.Date or ColumnFormatKind.DateTime,
            IsShare: defined?.Format?.Kind == ColumnFormatKind.Percent
        );
    }

    private async Task<IReadOnlyList<ResultColumn>> ColumnsAsync(ReportRun run, string sql, CancellationToken token)
    {
        var answer = await client.QueryAsync($"DESCRIBE TABLE ({sql}\n)", token, await QueryAsync(run, AllRows, token));
        return [.. answer.Rows.Select(r => new ResultColumn(r[0].GetString()!, r[1].GetString()!))];
    }

    // What the warehouse refuses is told with the report's file.
    private static async Task<T> AskedAsync<T>(ReportRun run, Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (WarehouseException e)
        {
            throw new ReportException($"{Project.Relative(run.Report.Path)}: {e.Message}", e);
        }
    }

    private async Task<QueryOptions> QueryAsync(ReportRun run, long limit, CancellationToken token)
    {
        var query = new QueryOptions
        {
            Parameters = run.Report.Bind(run.Parameters),
            Settings =
                limit == AllRows
                    ? await SettingsAsync(token)
                    : new Dictionary<string, string>(await SettingsAsync(token))
                    {
                        // One row more than wanted tells a cut result from one that just fits.
                        ["limit"] = (limit + 1).ToString(CultureInfo.InvariantCulture),
                    },
            // Longer than the server's own limit, whose message is the better one.
            Timeout = TimeLimit + TimeSpan.FromSeconds(10),
        };
        if (run.Report.Comparison is not null)
        {
            query = query with { Settings = With(query.Settings!, Comparison.Settings) };
        }

        return run.Freshness.Down.Count > 0 ? WarehouseNodes.WithoutDownNodes(query) : query;
    }

    private static Dictionary<string, string> With(IReadOnlyDictionary<string, string> settings, IReadOnlyDictionary<string, string> more)
    {
        var all = new Dictionary<string, string>(settings);
        more.ToList().ForEach(s => all[s.Key] = s.Value);
        return all;
    }

    // Asked for once; two that ask at the same time get the same answer.
    private async Task<Dictionary<string, string>> SettingsAsync(CancellationToken token) => settings ??= await AskSettingsAsync(token);

    private async Task<Dictionary<string, string>> AskSettingsAsync(CancellationToken token)
    {
        var settings = new Dictionary<string, string>(SharedSql.Settings)
        {
            ["date_time_output_format"] = "iso",
            ["output_format_json_quote_64bit_integers"] = "0",
            ["max_execution_time"] = TimeLimit.TotalSeconds.ToString(CultureInfo.InvariantCulture),
            ["max_memory_usage"] = "2000000000",
        };

        await WarehouseNodes.CheckAsync(client, 1, client.Nodes, project, token);
        // An account whose profile is read-only already may not set `readonly` again (error 164).
        var answer = await client.QueryAsync("SELECT toString(getSetting('readonly'))", token);
        switch (answer.Scalar.GetString())
        {
            case "0":
                settings["readonly"] = "2";
                break;
            case "1":
                throw new ReportException(
                    "the account of Warehouse__User has readonly = 1, which refuses the settings that reports run with; give its profile readonly = 2"
                );
        }

        return settings;
    }

    private static void CheckColumns(ReportDefinition report, IReadOnlyList<ResultColumn> columns)
    {
        var known = columns.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        IEnumerable<(string Key, string Column)> named =
        [
            .. report.Columns.Keys.Select(c => (c, c)),
            .. report.Public is { } shown ? shown.Columns.Select(c => ("public", c)) : [],
            .. report.Chart is { } chart
                ?
                [
                    ("chart", chart.X),
                    .. chart.Y.Select(y => ("chart", y)),
                    .. chart.Series is { } s ? [("chart", s)] : Array.Empty<(string, string)>(),
                ]
                : Array.Empty<(string, string)>(),
        ];
        DefinitionException[] faults =
        [
            .. named
                .Where(n => !known.Contains(n.Column))
                .Select(n => new DefinitionException(
                    report.Path,
                    report.File.LineOfKey(n.Key),
                    $"the header names the column '{n.Column}', but the result has {string.Join(", ", known)}"
                )),
        ];
        if (DefinitionException.Of(faults) is { } fault)
        {
            throw fault;
        }
    }

    private sealed class FixedClock(DateTimeOffset at) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => at;
    }
}
