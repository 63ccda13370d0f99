using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace SourceSql;

/// <summary>Where a table's history lives.</summary>
internal enum ExtractMode
{
    /// <summary>In the source: a backfill replaces what the warehouse has.</summary>
    Append,

    /// <summary>In the warehouse, since the source keeps only the present row of each key: a backfill adds and never replaces.</summary>
    Snapshot,

    /// <summary>
    /// Nowhere: the source tells neither what is new nor what changed, so each load reads all of it and replaces what differs.
    /// </summary>
    Full,
}

/// <summary>What becomes of a row in the warehouse that the source deleted.</summary>
internal enum Deleted
{
    /// <summary>It goes too: a comparison shows it as a difference, and what replaces its partition lacks it.</summary>
    Follow,

    /// <summary>It stays: the source deletes what is old, and the warehouse is its memory.</summary>
    Keep,
}

/// <summary>An extract: <c>etl/extracts/&lt;system&gt;/&lt;table&gt;.sql</c>, a header and one PostgreSQL SELECT.</summary>
internal sealed partial record ExtractDefinition
{
    /// <summary>system/table.</summary>
    public string Name { get; private init; } = "";

    /// <summary>Its system: the folder that it lies in.</summary>
    public string SystemName => Name[..Name.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>What the rows tell, in a line.</summary>
    public string About { get; init; } = "";

    /// <summary>The name of a connection string (<c>ConnectionStrings__&lt;Source&gt;</c>).</summary>
    public string Source { get; init; } = "";

    /// <summary>Where history lives.</summary>
    public ExtractMode Mode { get; init; } = ExtractMode.Append;

    /// <summary>
    /// What becomes of rows that the source deletes. In mode <see cref="ExtractMode.Snapshot"/> they always stay, in mode
    /// <see cref="ExtractMode.Full"/> never.
    /// </summary>
    public Deleted Deleted { get; init; } = Deleted.Follow;

    /// <summary>Columns of the SELECT that name a row.</summary>
    public IReadOnlyList<string> Key { get; init; } = [];

    /// <summary>
    /// A column of the SELECT that each new or changed row raises; in mode <see cref="ExtractMode.Full"/> one that orders the rows. Rows
    /// whose value is NULL are read by every load.
    /// </summary>
    public string Cursor { get; init; } = "";

    /// <summary>
    /// How far behind the last cursor a load begins: a number, or for a cursor in time an interval such as '5 minutes'. Null: 1000, or 5
    /// minutes.
    /// </summary>
    public string? Overlap { get; init; }

    /// <summary>
    /// A PostgreSQL condition over the SELECT's columns: rows that may still change without a higher cursor. Each load reads again from the
    /// lowest of them on that the one before saw. Null: none.
    /// </summary>
    public string? Unfinished { get; init; }

    /// <summary>
    /// A PostgreSQL expression over the SELECT's columns: when it happened, as a hint which rows a backfill need not read; NULL where a row
    /// doesn't tell, which is then read. The fact's own time says which partition a row belongs to. Not for mode
    /// <see cref="ExtractMode.Full"/>.
    /// </summary>
    public string EventTime { get; init; } = "";

    /// <summary>Whether both engines see the same time in it: a column, or a text of a document that leaves no doubt.</summary>
    public bool EventTimeIsSure { get; private init; }

    /// <summary>The column whose hash says which of the warehouse's nodes takes a row; null: the key's first.</summary>
    public string? ShardBy { get; init; }

    /// <summary>
    /// <c>sites</c>: a site of which the source has no row any longer asked for that, and is erased here within a day. The source's
    /// column is <see cref="ShardBy"/>, or the key's first. Null: rows stay until a heal.
    /// </summary>
    public string? Deletes { get; init; }

    /// <summary>Whether a site that the source erased is erased here: <c>deleted: keep</c> has the last word.</summary>
    public bool DeletesSites => Deletes == "sites" && !IsWhole && Deleted != Deleted.Keep;

    /// <summary>A Quartz cron expression, in UTC.</summary>
    public string Schedule { get; init; } = "";

    /// <summary>The facts that are made of the rows.</summary>
    public IReadOnlyList<string> Facts { get; init; } = [];

    /// <summary>
    /// ClickHouse expressions over the SELECT's columns, and over those before: computed once for each landed row, and columns of
    /// <c>{landing}</c> for all facts. A document is parsed here.
    /// </summary>
    public Dictionary<string, string> Parse { get; init; } = [];

    /// <summary>
    /// A ClickHouse expression over the SELECT's columns and <see cref="Parse"/>'s: why the row can't be understood, or ''.
    /// </summary>
    public string Unreadable { get; init; } = "''";

    /// <summary>Whether the warehouse keeps rows that the source deletes.</summary>
    public bool KeepsDeleted => !(HasItsHistory || IsWhole) || Deleted == Deleted.Keep;

    /// <summary>Whether the source has all that the warehouse has.</summary>
    public bool HasItsHistory => Mode == ExtractMode.Append;

    /// <summary>Whether each load reads all of it.</summary>
    public bool IsWhole => Mode == ExtractMode.Full;

    /// <summary>The PostgreSQL SELECT.</summary>
    public string Select { get; private init; } = "";

    /// <summary>Where it came from.</summary>
    public string Path { get; private init; } = "";

    /// <summary>All extracts of a folder in the order of their names.</summary>
    /// <exception cref="DefinitionException">Lists every fault of every file.</exception>
    public static IReadOnlyList<ExtractDefinition> ReadAll(IReadOnlyDictionary<string, FactDefinition> facts, string folder)
    {
        var faults = new List<DefinitionException>();
        var paths = Directory.EnumerateFiles(folder, "*.sql", SearchOption.AllDirectories).Order(StringComparer.Ordinal);
        var extracts = DefinitionFiles.ReadAll(paths, p => Read(p, facts), faults);
        foreach (
            var (fact, owners) in extracts
                .SelectMany(e => e.Facts.Select(f => (Fact: f, Extract: e)))
                .GroupBy(p => p.Fact)
                .Select(g => (g.Key, g.Select(p => p.Extract).ToList()))
        )
        {
            if (owners.Count > 1)
            {
                faults.Add(
                    new DefinitionException(
                        owners[1].Path,
                        0,
                        $"the fact {fact} is also made by {owners[0].Name}; a fact has one extract, so that replacing its partitions loses nothing"
                    )
                );
            }
        }

        return DefinitionException.Of(faults) is { } fault ? throw fault : extracts;
    }

    /// <summary>Reads and validates one extract.</summary>
    /// <exception cref="DefinitionException">Lists every fault of the file.</exception>
    public static ExtractDefinition Read(string path, IReadOnlyDictionary<string, FactDefinition> facts)
    {
        var file = SqlFile.Read(path);
        var system = System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(path))!;
        var extract = file.ReadHeader<ExtractDefinition>() with { Name = $"{system}/{file.Name}", Select = file.Body, Path = path };
        return DefinitionException.Of([.. extract.Faults(file, facts)]) is { } fault
            ? throw fault
            : extract with
            {
                Select = Documents.Expand(extract.Select),
                Unfinished = extract.Unfinished is { } unfinished ? Documents.Expand(unfinished) : null,
                EventTime = Documents.Expand(extract.EventTime),
                EventTimeIsSure = SureTime().IsMatch(extract.EventTime),
            };
    }

    /// <summary>The extract of that name.</summary>
    /// <exception cref="ArgumentException">There is none; lists those that there are.</exception>
    public static ExtractDefinition Find(IReadOnlyList<ExtractDefinition> all, string name) =>
        all.FirstOrDefault(e => e.Name == name)
        ?? throw new UserException($"there is no extract '{name}'; there are: {string.Join(", ", all.Select(e => e.Name))}");

    /// <summary>Those whose source has a connection string; the other sources are told of, a line each.</summary>
    /// <exception cref="UserException">None of them has one.</exception>
    public static IReadOnlyList<ExtractDefinition> Configured(
        IReadOnlyList<ExtractDefinition> all,
        IConfiguration configuration,
        Action<string> tell
    )
    {
        var configured = all.Where(e => !string.IsNullOrWhiteSpace(configuration.GetConnectionString(e.Source))).ToList();
        var missing = all.Except(configured).Select(e => e.Source).Distinct().Select(s => $"ConnectionStrings__{s}").ToList();
        if (configured.Count == 0)
        {
            throw new UserException(
                $"{string.Join(", ", missing)}: expected the address of at least one collector's replica; found nothing"
            );
        }

        missing.ForEach(m => tell($"{m} isn't set: its extracts are left out"));
        return configured;
    }

    private IEnumerable<DefinitionException> Faults(SqlFile file, IReadOnlyDictionary<string, FactDefinition> facts)
    {
        DefinitionException Fault(string key, string what) => new(file.Path, file.LineOfKey(key), what);

        (string Key, string Value)[] needed =
        [
            ("about", About),
            ("source", Source),
            ("cursor", Cursor),
            ("event_time", IsWhole ? "none" : EventTime),
            ("schedule", Schedule),
        ];
        foreach (var (key, _) in needed.Where(n => n.Value.Length == 0))
        {
            yield return Fault(key, $"expected `{key}:`; found nothing");
        }

        if (Key.Count == 0)
        {
            yield return Fault("key", "expected `key: [column, …]`; found none");
        }

        if (Schedule.Length > 0 && WarehouseSql.Definitions.Schedule.FaultOf(Schedule) is { } scheduleFault)
        {
            yield return Fault("schedule", scheduleFault);
        }

        if (Overlap is not null && !OverlapForm().IsMatch(Overlap))
        {
            yield return Fault(
                "overlap",
                $"expected a number such as 1000, or for a cursor in time an interval such as 5 minutes; found '{Overlap}'"
            );
        }

        if (IsWhole && (EventTime.Length > 0 || Unfinished is not null))
        {
            yield return Fault(
                EventTime.Length > 0 ? "event_time" : "unfinished",
                "expected neither `event_time:` nor `unfinished:` in mode full: each load reads everything"
            );
        }

        if (Deleted == Deleted.Keep && IsWhole)
        {
            yield return Fault("deleted", "expected no `deleted: keep` in mode full: each load makes the fact what the source holds");
        }

        if (Deletes is not (null or "sites"))
        {
            yield return Fault("deletes", $"expected `deletes: sites`; found '{Deletes}'");
        }

        if (Facts.Count == 0)
        {
            yield return Fault("facts", "expected `facts: [fact, …]`; found none");
        }

        foreach (var fact in Facts.GroupBy(f => f).Where(g => g.Count() > 1))
        {
            yield return Fault("facts", $"the fact {fact.Key} is named twice");
        }

        foreach (var fact in Facts.Where(f => !facts.ContainsKey(f)))
        {
            yield return Fault("facts", $"there is no warehouse-sql/facts/{fact}.sql");
        }
    }

    [GeneratedRegex(@"^\s*(\w+|document_time\([^()]*\))\s*$")]
    private static partial Regex SureTime();

    [GeneratedRegex(@"^\d+( (second|minute|hour|day)s?)?$")]
    private static partial Regex OverlapForm();
}
