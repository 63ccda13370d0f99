using System.Globalization;
using System.Text.RegularExpressions;
using WarehouseSql.Definitions;

namespace Reports.Definitions;

/// <summary>How a report is shown to the public: with no row that tells of few sites.</summary>
/// <param name="Group">The column of text that names each row's group.</param>
/// <param name="Sites">The column with the number of sites in it.</param>
/// <param name="MinGroup">The sites that a row has to tell of; those of fewer are merged.</param>
/// <param name="Add">The columns besides that add up over groups; others are empty in the merged row.</param>
public sealed partial record PublicDefinition(string Group, string Sites, int MinGroup, IReadOnlyList<string> Add)
{
    /// <summary>
    /// The table of the report's WITH, or the view, whose rows are counted: then the public's figures are made of each site's, and not of
    /// the report's rows; null: of those.
    /// </summary>
    public string? Of { get; init; }

    /// <summary>The column of <see cref="Of"/> that names the site.</summary>
    public string Site { get; init; } = "";

    /// <summary>The view that says in <c>heard_at</c> when the collector first heard of each <see cref="Site"/>.</summary>
    public string Heard { get; init; } = "";

    /// <summary>How long a site has to have been heard of until it counts towards <see cref="MinGroup"/>.</summary>
    public TimeSpan MinAge { get; init; }

    /// <summary>What figures are rounded to; 1: to nothing.</summary>
    public int RoundTo { get; init; } = 1;

    /// <summary>The columns that count rows of <see cref="Of"/>, and for how many a site counts at most.</summary>
    public IReadOnlyDictionary<string, int> Cap { get; init; } = new Dictionary<string, int>();

    /// <summary>The columns that hold another one's share of its total.</summary>
    public IReadOnlyDictionary<string, string> Share { get; init; } = new Dictionary<string, string>();

    /// <summary>The columns that it names.</summary>
    public IEnumerable<string> Columns => [Group, Sites, .. Add, .. Cap.Keys, .. Share.Keys];

    /// <summary>The columns of <see cref="Of"/> that it names.</summary>
    public IEnumerable<string> Sources => Of is null ? [] : [Of, Site];

    /// <summary>What readers are told.</summary>
    public string Note =>
        string.Join(
            ' ',
            (
                (string?[])
                    [
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"Groups of fewer than {MinGroup} sites, and the smallest other one with them, are shown together as “other”."
                        ),
                        Of is null
                            ? null
                            : string.Create(
                                CultureInfo.InvariantCulture,
                                $"A site counts among these once it has been heard of for {MinAge.TotalDays:0} days."
                            ),
                        Cap.Count == 0
                            ? null
                            : $"A site counts for at most {string.Join(", ", Cap.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Value} {c.Key.Replace('_', ' ')}")))}.",
                        RoundTo == 1
                            ? null
                            : string.Create(
                                CultureInfo.InvariantCulture,
                                $"Figures are rounded to {RoundTo}, and shares are of the rounded ones."
                            ),
                    ]
            ).OfType<string>()
        );

    /// <summary>
    /// The statement that the public's figures come from: a row a group with its sites, each site's rows up to the cap, and last the sites
    /// that have been heard of for long enough. The report's own where nothing says whose rows they are.
    /// </summary>
    public string SqlOf(string sql)
    {
        if (Of is null)
        {
            return sql;
        }

        var main = SelectList.MainSelect(sql);
        var with = sql[..main].TrimEnd();
        var columns = SelectList
            .Names(sql)!
            .Select(name =>
                name == Group ? "_group AS " + name
                : name == Sites ? "count() AS " + name
                : Cap.TryGetValue(name, out var cap) ? string.Create(CultureInfo.InvariantCulture, $"sum(least(_rows, {cap})) AS {name}")
                : "NULL AS " + name
            );
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {(with.Length == 0 ? "WITH" : with + ",")} _public_site AS (
              SELECT {Group} AS _group, {Site} AS _site, count() AS _rows
              FROM {Of}
              GROUP BY {Group}, {Site}
            )
            SELECT {string.Join(", ", columns)}, countIf(heard.heard_at <= utc_now() - INTERVAL {MinAge.TotalHours:0} HOUR) AS _known
            FROM _public_site
            LEFT JOIN {Heard} AS heard ON heard.{Site} = _site
            GROUP BY _group
            ORDER BY {Cap.Keys.FirstOrDefault() ?? Sites} DESC, {Group}
            """
        );
    }

    /// <summary>
    /// Two reports for the public that ask the same tables under other conditions: what the one has more than the other may be one site's.
    /// </summary>
    internal static IEnumerable<DefinitionException> Nested(IEnumerable<ReportDefinition> reports)
    {
        var asked = reports
            .Where(r => r.Public is not null)
            .Select(r => (Report: r, Tables: TablesOf(r.Sql), Conditions: ConditionsOf(r.Sql)))
            .ToList();
        return from later in asked
            from first in asked.TakeWhile(a => a.Report != later.Report)
            where later.Tables.Overlaps(first.Tables) && later.Conditions != first.Conditions
            select new DefinitionException(
                later.Report.Path,
                later.Report.File.LineOfKey("public"),
                $"{later.Report.Name} and {first.Report.Name} are both public and ask {string.Join(", ", later.Tables.Intersect(first.Tables))} under different conditions: by their difference readers learn what few sites did; expected the same FROM and WHERE, or one of them not public"
            );
    }

    private static HashSet<string> TablesOf(string sql) =>
        Table()
            .Matches(SqlText.Code(sql))
            .Select(m => m.Groups["name"].Value)
            .Where(t => !Regex.IsMatch(sql, $@"\b{t}\s+AS\s*\(", RegexOptions.IgnoreCase))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);

    // The texts of all WHEREs, of whatever spacing, without the values of texts hidden.
    private static string ConditionsOf(string sql) =>
        string.Join('\n', Where().Matches(SqlText.Code(sql)).Select(m => Space().Replace(sql.Substring(m.Index, m.Length), " ").Trim()));

    [GeneratedRegex(@"\b(FROM|JOIN)\s+(?<name>[A-Za-z_]\w*)", RegexOptions.IgnoreCase)]
    private static partial Regex Table();

    [GeneratedRegex(
        @"\b(WHERE|PREWHERE|HAVING|QUALIFY|LIMIT)\b(?:[^()]|(?<open>\()|(?<-open>\)))*?(?=\)|\b(GROUP|ORDER|WINDOW|UNION)\b|\z)",
        RegexOptions.IgnoreCase | RegexOptions.Singleline
    )]
    private static partial Regex Where();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
