using WarehouseSql.Definitions;
using IOPath = System.IO.Path;

namespace Reports.Definitions;

/// <summary>What a report's chart shows.</summary>
/// <param name="IsLine">A line over <paramref name="X"/>; else a bar for each row.</param>
/// <param name="X">The column of the bars' names or the line's places.</param>
/// <param name="Y">The columns of the values.</param>
/// <param name="Series">The column whose values each get a line of their own; null: none.</param>
public sealed record ChartDefinition(bool IsLine, string X, IReadOnlyList<string> Y, string? Series);

/// <summary>What a header says of one column of the result.</summary>
/// <param name="Title">Its heading; null: made of its name.</param>
/// <param name="Format">How its values are shown; null: by its type.</param>
/// <param name="Is">Its meaning; null where the title says it.</param>
/// <param name="Link">Where its cells lead; null: nowhere.</param>
/// <param name="IsKey">Whether its numbers are names, such as an environment's, by which rows of two periods are matched.</param>
public sealed record ColumnDefinition(string? Title, ColumnFormat? Format, string? Is, CellLink? Link = null, bool IsKey = false);

/// <summary>Mails that a report sends when it returns rows.</summary>
/// <param name="To">Whom they go to; none: to those that the configuration's <c>Reports__AlertsTo</c> names.</param>
/// <param name="Every">How often the report is asked.</param>
/// <param name="CoolDown">How long after an alert there is no other of this report.</param>
public sealed record AlertDefinition(IReadOnlyList<string> To, TimeSpan Every, TimeSpan CoolDown);

/// <summary>A report: <c>reports/definitions/&lt;system&gt;/&lt;report&gt;.sql</c>, a header and one SELECT.</summary>
public sealed record ReportDefinition
{
    /// <summary>"system/report", as people call it.</summary>
    public required string Name { get; init; }

    /// <summary>Its title.</summary>
    public required string Title { get; init; }

    /// <summary>The question that it answers.</summary>
    public required string Asks { get; init; }

    /// <summary>Its parameters in the header's order.</summary>
    public IReadOnlyList<ReportParameter> Parameters { get; init; } = [];

    /// <summary>Whether it also has the parameter <see cref="ReportParameter.Zone"/>.</summary>
    public bool TakesZone { get; init; }

    /// <summary>Whether it also has the parameter <see cref="ReportParameter.Compare"/>: it asks about a period, told by days.</summary>
    public bool TakesCompare => IsDay("from") && IsDay("to") && Parameters.All(p => p.Name != ReportParameter.Compare.Name);

    /// <summary>The parameters that it has besides, without having named them.</summary>
    public IEnumerable<ReportParameter> Further =>
        ((IEnumerable<ReportParameter>)(TakesZone ? [ReportParameter.Zone] : [])).Concat(TakesCompare ? [ReportParameter.Compare] : []);

    /// <summary>The earlier period that its figures are shown beside; null: they stand alone.</summary>
    public Comparison? Comparison { get; init; }

    /// <summary>Its chart; null: none.</summary>
    public ChartDefinition? Chart { get; init; }

    /// <summary>What the header says of columns, by column.</summary>
    public IReadOnlyDictionary<string, ColumnDefinition> Columns { get; init; } = new Dictionary<string, ColumnDefinition>();

    /// <summary>The Quartz cron expression (UTC) on which <c>reports schedule</c> renders it; null: none.</summary>
    public Schedule? Schedule { get; init; }

    /// <summary>Whom it tells when it returns rows; null: nobody.</summary>
    public AlertDefinition? Alert { get; init; }

    /// <summary>How the public sees it; null: not at all.</summary>
    public PublicDefinition? Public { get; init; }

    /// <summary>The file that it was read from.</summary>
    public required SqlFile File { get; init; }

    /// <summary>The SELECT, with its <c>{name:Type}</c>.</summary>
    public string Sql => File.Body;

    /// <summary>Where it came from.</summary>
    public string Path => File.Path;

    /// <summary>The product that it asks about: the first part of <see cref="Name"/>.</summary>
    public string System => Name[..Name.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>All reports of a folder by name.</summary>
    /// <exception cref="DefinitionException">Lists every fault of every file.</exception>
    public static IReadOnlyDictionary<string, ReportDefinition> ReadAll(string folder)
    {
        return new SortedDictionary<string, ReportDefinition>(
            DefinitionFiles.ReadAll(Files(folder).Values, ReadFile).ToDictionary(r => r.Name),
            StringComparer.Ordinal
        );
    }

    /// <summary>The report of that name.</summary>
    /// <exception cref="ReportException">There is none; the message names the closest ones.</exception>
    /// <exception cref="DefinitionException">Lists every fault of its file.</exception>
    public static ReportDefinition Read(string name, string folder)
    {
        // The name is looked up and never made into a path, so it can't lead out of the folder.
        var files = Files(folder);
        return files.TryGetValue(name, out var path)
            ? ReadFile(path)
            : throw new ReportException($"there is no report '{name}'{Closest.Of(name, files.Keys, "reports")}");
    }

    /// <summary>Reads and validates one file; its folder's name is the system.</summary>
    /// <exception cref="DefinitionException">Lists every fault of the file.</exception>
    public static ReportDefinition ReadFile(string path) => Parse(path, global::System.IO.File.ReadAllText(path));

    /// <summary>As <see cref="ReadFile"/>, of a text that is at hand.</summary>
    /// <exception cref="DefinitionException">Lists every fault of the text.</exception>
    public static ReportDefinition Parse(string path, string text)
    {
        var file = SqlFile.Parse(path, text);
        var header = file.ReadHeader<ReportHeader>().WithShared(file);
        var places = SqlParameters.Find(file.Body);
        return DefinitionException.Of([.. new ReportFaults(file, header).All()]) is { } fault
            ? throw fault
            : new ReportDefinition
            {
                Name = NameOf(path),
                Title = header.Title,
                Asks = header.Asks.Trim(),
                Parameters =
                [
                    .. header.Params.Select(p => new ReportParameter(p.Key, p.Value!.Type, p.Value.DefaultText!, p.Value.Is, p.Value.Values)
                    {
                        Suggest = p.Value.Suggest,
                        IsInstant = p.Value.Type == "Date" && places.Any(u => u.Name == p.Key && u.Type == ReportParameter.Instant),
                    }),
                ],
                TakesZone =
                    !header.Params.ContainsKey(ReportParameter.Zone.Name)
                    && places.Any(p => p.Type == ReportParameter.Instant || p.Name == ReportParameter.Zone.Name),
                Chart = header.Chart is { } c ? new ChartDefinition(c.Type == "line", c.X, c.YColumns, c.Series) : null,
                Columns = header.Columns.ToDictionary(
                    c => c.Key,
                    c => new ColumnDefinition(
                        c.Value?.Title,
                        c.Value?.Format is { } format ? ColumnFormat.Parse(format) : null,
                        c.Value?.Is,
                        c.Value?.Link is { } link ? CellLink.Parse(link) : null,
                        c.Value?.Key == true
                    )
                ),
                Schedule = header.Schedule is { } cron ? new Schedule(cron, TimeZoneInfo.Utc) : null,
                Alert = header.Alert is { } alert
                    ? new AlertDefinition(
                        [.. alert.To.Select(Addresses.WithoutName)],
                        Durations.Parse(alert.Every)!.Value,
                        Durations.Parse(alert.CoolDown)!.Value
                    )
                    : null,
                Public = header.Public?.Definition,
                File = file,
            };
    }

    /// <summary>The parameters' values as ClickHouse reads them: those given, else the defaults.</summary>
    /// <exception cref="ReportException">One of those given is unknown or not of its type.</exception>
    public IReadOnlyDictionary<string, string?> Bind(IReadOnlyDictionary<string, string> given, TimeProvider time) =>
        Bind(Resolve(given, time));

    /// <summary>Values that <see cref="Resolve"/> returned, as ClickHouse reads them.</summary>
    internal Dictionary<string, string?> Bind(IReadOnlyList<(ReportParameter Parameter, string Value)> resolved)
    {
        var zone = ZoneOf(resolved);
        var bound = resolved.ToDictionary(v => v.Parameter.Name, string? (v) => v.Parameter.ToClickHouse(v.Value, zone));
        if (TakesZone)
        {
            bound[ReportParameter.Zone.Name] = zone.Id;
        }

        if (Comparison is { } earlier)
        {
            bound["compare_from"] = Find("from")!.ToClickHouse(Days.Text(earlier.From), zone);
            bound["compare_to"] = Find("to")!.ToClickHouse(Days.Text(earlier.To), zone);
        }

        return bound;
    }

    /// <summary>
    /// As <see cref="Bind(IReadOnlyDictionary{string, string}, TimeProvider)"/>, but as people read the values and with the parameters, in
    /// the header's order; last the zone, where it isn't UTC, and what it is compared with.
    /// </summary>
    /// <param name="zone">Whose days are meant where no zone is given; null: UTC's.</param>
    /// <exception cref="ReportException">One of those given is unknown or not of its type.</exception>
    public IReadOnlyList<(ReportParameter Parameter, string Value)> Resolve(
        IReadOnlyDictionary<string, string> given,
        TimeProvider time,
        TimeZoneInfo? zone = null
    )
    {
        if (given.Keys.FirstOrDefault(k => Find(k) is null) is { } unknown)
        {
            throw new ReportException(ParameterFault.Unknown(Name, unknown, Parameters).Message);
        }

        var asked =
            TakesZone && given.TryGetValue(ReportParameter.Zone.Name, out var name)
                ? Resolve(ReportParameter.Zone, name, null)
                : zone?.Id ?? ReportParameter.Zone.Default;
        var days = Schedule.ZoneOf(asked);
        return
        [
            .. Parameters.Select(p => (p, Resolve(p, given.GetValueOrDefault(p.Name, p.Default), days))),
            .. TakesZone && asked != ReportParameter.Zone.Default
                ? [(ReportParameter.Zone, asked)]
                : Array.Empty<(ReportParameter, string)>(),
            .. TakesCompare && given.TryGetValue(ReportParameter.Compare.Name, out var compare) && compare.Length > 0
                ? [(ReportParameter.Compare, Resolve(ReportParameter.Compare, compare, null))]
                : Array.Empty<(ReportParameter, string)>(),
        ];

        string Resolve(ReportParameter parameter, string value, TimeZoneInfo? of) =>
            parameter.Resolve(value, time, of)
            ?? throw new ReportException($"{Name}: parameter {ParameterFault.Of(parameter, value).Message}");
    }

    /// <summary>As the public asks it.</summary>
    internal ReportDefinition ForPublic() => this with { File = File with { Body = Public!.SqlOf(Sql) } };

    /// <summary>The parameter of that name; null: it has none such.</summary>
    public ReportParameter? Find(string name) => Parameters.Concat(Further).FirstOrDefault(p => p.Name == name);

    /// <summary>As it is asked with these values: beside an earlier period, where they say so.</summary>
    /// <exception cref="ReportException">There is no such period.</exception>
    internal ReportDefinition With(IReadOnlyList<(ReportParameter Parameter, string Value)> resolved) =>
        resolved.FirstOrDefault(v => v.Parameter == ReportParameter.Compare).Value is { } kind
            ? this with
            {
                Comparison = Comparison.Of(kind, Day(resolved, "from"), Day(resolved, "to")),
                // A line or bar beside it for the time before, where that leaves a chart that can be read.
                Chart = Chart is { Series: null, Y: [var only] } ? Chart with { Y = [only, only + Comparison.Before] } : Chart,
            }
            : this;

    private static DateOnly Day(IReadOnlyList<(ReportParameter Parameter, string Value)> resolved, string name) =>
        Days.Read(resolved.First(v => v.Parameter.Name == name).Value, default)!.Value;

    private bool IsDay(string name) => Parameters.Any(p => p.Name == name && p.Type == "Date");

    /// <summary>The zone whose days values mean.</summary>
    internal static TimeZoneInfo ZoneOf(IEnumerable<(ReportParameter Parameter, string Value)> resolved) =>
        resolved.FirstOrDefault(v => v.Parameter == ReportParameter.Zone).Value is { } name ? Schedule.ZoneOf(name)! : TimeZoneInfo.Utc;

    private static string NameOf(string path) =>
        $"{IOPath.GetFileName(IOPath.GetDirectoryName(path))}/{IOPath.GetFileNameWithoutExtension(path)}";

    private static SortedDictionary<string, string> Files(string root)
    {
        return new(
            Directory.Exists(root)
                ? Directory.EnumerateDirectories(root).SelectMany(d => Directory.EnumerateFiles(d, "*.sql")).ToDictionary(NameOf)
                : [],
            StringComparer.Ordinal
        );
    }
}
