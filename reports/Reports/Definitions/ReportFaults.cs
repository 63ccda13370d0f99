using System.Text.RegularExpressions;
using WarehouseSql.Definitions;

namespace Reports.Definitions;

/// <summary>Everything that is wrong with a report's file, each fault with its line.</summary>
internal sealed partial class ReportFaults(SqlFile file, ReportHeader header)
{
    /// <summary>All faults; none where the report is sound.</summary>
    public IEnumerable<DefinitionException> All() =>
        [
            .. Name(),
            .. Texts(),
            .. Parameters(),
            .. Uses(),
            .. Chart(),
            .. Alert(),
            .. Columns(),
            .. Public(),
            .. Statement(),
            .. AnswerClauses(),
        ];

    private IEnumerable<DefinitionException> Name()
    {
        if (!ReportName().IsMatch(file.Name))
        {
            yield return new DefinitionException(
                file.Path,
                0,
                $"expected a file name of small letters, digits, '-' and '_'; found '{file.Name}'"
            );
        }
    }

    private IEnumerable<DefinitionException> Texts()
    {
        if (header.Title.Length == 0)
        {
            yield return Fault("title", "expected `title:`; found nothing");
        }

        if (header.Asks.Length == 0)
        {
            yield return Fault("asks", "expected `asks:`, the question that the report answers; found nothing");
        }

        if (header.Schedule is { } schedule && Schedule.FaultOf(schedule) is { } fault)
        {
            yield return Fault("schedule", fault);
        }
    }

    private IEnumerable<DefinitionException> Parameters()
    {
        foreach (var (name, parameter) in header.Params)
        {
            var form = $"`{name}: {{type: …, default: …, is: …}}`";
            if (parameter is null || parameter.Type.Length == 0)
            {
                yield return Fault(name, $"expected {form}; found no type");
                continue;
            }

            if (!ReportParameter.Types.Contains(parameter.Type))
            {
                yield return Fault(
                    name,
                    $"parameter '{name}': expected a type among {string.Join(", ", ReportParameter.Types)}; found '{parameter.Type}'"
                );
                continue;
            }

            if (parameter.Is.Length == 0)
            {
                yield return Fault(name, $"expected {form}; found no meaning (`is`)");
            }

            if (parameter.Values is { } values && (!Select().IsMatch(values) || SqlParameters.Find(values).Count > 0))
            {
                yield return Fault(
                    name,
                    $"parameter '{name}': expected as values a SELECT of one column, without parameters; found '{values}'"
                );
            }

            if (parameter.Suggest is { } suggest && !Select().IsMatch(suggest))
            {
                yield return Fault(name, $"parameter '{name}': expected as `suggest` a SELECT of one column; found '{suggest}'");
            }
            else if (
                SqlParameters.Find(parameter.Suggest ?? "").FirstOrDefault(p => header.Params.GetValueOrDefault(p.Name)?.Type != p.Type) is
                { Length: > 0 } place
            )
            {
                yield return Fault(
                    name,
                    $"parameter '{name}': `suggest` uses {{{place.Name}:{place.Type}}}, but the header's `params` has no such '{place.Name}'"
                );
            }

            var read = new ReportParameter(name, parameter.Type, parameter.DefaultText ?? "", parameter.Is);
            if (parameter.DefaultText is null)
            {
                yield return Fault(name, $"expected {form}; found no default (a report runs as it stands)");
            }
            else if (read.Resolve(read.Default, TimeProvider.System) is null)
            {
                yield return Fault(name, $"parameter '{name}': expected as default {read.Expected}; found '{read.Default}'");
            }
        }
    }

    private IEnumerable<DefinitionException> Uses()
    {
        var used = SqlParameters.Find(file.Body);
        foreach (var place in used)
        {
            var line = file.BodyLine + file.Body.AsSpan(0, place.Start).Count('\n');
            if (!header.Params.TryGetValue(place.Name, out var declared))
            {
                if (place is not { Name: "zone", Type: "String" })
                {
                    yield return new DefinitionException(
                        file.Path,
                        line,
                        $"the SQL uses {{{place.Name}:{place.Type}}}, but the header's `params` has no '{place.Name}'"
                    );
                }
            }
            else if (declared?.Type == "Date" && place.Type == ReportParameter.Instant)
            {
                if (header.Params.ContainsKey(ReportParameter.Zone.Name) || used.Any(u => u.Name == place.Name && u.Type == "Date"))
                {
                    yield return new DefinitionException(
                        file.Path,
                        line,
                        $"the SQL uses {{{place.Name}:{place.Type}}}, the instant at which a day begins: expected it everywhere in place of {{{place.Name}:Date}}, and no parameter 'zone' of the report's own"
                    );
                }
            }
            else if (declared is { Type.Length: > 0 } && declared.Type != place.Type)
            {
                yield return new DefinitionException(
                    file.Path,
                    line,
                    $"the SQL uses {{{place.Name}:{place.Type}}}, but the header says that '{place.Name}' is {declared.Type}"
                );
            }
        }

        foreach (var name in header.Params.Keys.Where(n => used.All(u => u.Name != n)))
        {
            yield return Fault(name, $"parameter '{name}' is declared, but the SQL doesn't use {{{name}:{header.Params[name]?.Type}}}");
        }
    }

    private IEnumerable<DefinitionException> Chart()
    {
        if (header.Chart is not { } chart)
        {
            yield break;
        }

        if (chart.Type is not ("bar" or "line"))
        {
            yield return Fault("chart", $"expected `chart: {{type: bar, …}}` or `line`; found '{chart.Type}'");
        }

        if (chart.X.Length == 0 || chart.YColumns.Count == 0 || chart.YColumns.Contains(""))
        {
            yield return Fault("chart", "expected `chart: {type: …, x: column, y: column}`; found no " + (chart.X.Length == 0 ? "x" : "y"));
        }

        if (chart.Series is not null && (chart.Type != "line" || chart.YColumns.Count > 1))
        {
            yield return Fault("chart", "a `series` goes with a chart of type line and one y");
        }
    }

    private IEnumerable<DefinitionException> Alert()
    {
        if (header.Alert is not { } alert)
        {
            yield break;
        }

        foreach (var (_, what) in Addresses.FaultsOf(alert.To))
        {
            yield return Fault("alert", what);
        }

        string?[] faults = [Durations.FaultOf("every", alert.Every), Durations.FaultOf("cool_down", alert.CoolDown)];
        foreach (var fault in faults.OfType<string>())
        {
            yield return Fault("alert", fault);
        }

        if (Durations.Parse(alert.Every) < TimeSpan.FromSeconds(5))
        {
            yield return Fault("alert", $"expected `every:` to be 5s or longer; found '{alert.Every}'");
        }
    }

    private IEnumerable<DefinitionException> Columns() =>
        header
            .Columns.Where(c => c.Value?.Format is { } format && ColumnFormat.Parse(format) is null)
            .Select(c =>
                Fault(
                    c.Key,
                    $"column '{c.Key}': expected a format among {string.Join(", ", ColumnFormat.Names.Keys)} (decimal and percent with digits: decimal(1)); found '{c.Value!.Format}'"
                )
            )
            .Concat(
                header
                    .Columns.Where(c => c.Value?.Link is { } link && CellLink.Parse(link) is null)
                    .Select(c => Fault(c.Key, $"column '{c.Key}': expected `link: {CellLink.Form}`; found '{c.Value!.Link}'"))
            );

    private IEnumerable<DefinitionException> Public()
    {
        if (header.Public is not { } shown)
        {
            yield break;
        }

        if (shown.Group.Length == 0 || shown.Sites.Length == 0 || shown.MinGroup < 2)
        {
            yield return Fault(
                "public",
                "expected `public: {group: column, sites: column, min_group: 5, add: [columns]}` with a min_group of 2 or more; found "
                    + (
                        shown.Group.Length == 0 ? "no group"
                        : shown.Sites.Length == 0 ? "no sites"
                        : $"min_group {shown.MinGroup}"
                    )
            );
            yield break;
        }

        string?[] faults =
        [
            Durations.FaultOf("min_age", shown.MinAge),
            shown.RoundTo < 1 ? $"expected `round_to:` of 1 or more; found {shown.RoundTo}" : null,
            shown.Cap.FirstOrDefault(c => c.Value < 1).Key is { } none
                ? $"expected `cap:` with 1 or more for '{none}'; found {shown.Cap[none]}"
                : null,
            shown.Share.FirstOrDefault(s => s.Value != shown.Sites && !shown.Cap.ContainsKey(s.Value)).Key is { } of
                ? $"`share` says that '{of}' is a share of '{shown.Share[of]}', which is neither `sites` nor in `cap`"
                : null,
            shown.Of is null
            && (shown.Cap.Count > 0 || shown.Share.Count > 0 || shown.RoundTo > 1 || shown.Site.Length > 0 || shown.Heard.Length > 0)
                ? "`cap`, `share`, `round_to`, `site` and `heard` need `of`: the table of the WITH, or the view, whose rows are counted"
                : null,
            shown.Of is not null && (shown.Site.Length == 0 || shown.Heard.Length == 0)
                ? "expected with `of` also `site:`, its column that names the site, and `heard:`, a view with that column and `heard_at`"
                : null,
            shown.Of is not null && shown.Add.Count > 0
                ? "`add` adds up the report's rows; with `of`, expected `cap: {column: most of one site}` in its place"
                : null,
            shown.Of is not null && SelectList.Names(file.Body) is null
                ? "with `of`, expected a SELECT whose columns all have names"
                : null,
        ];
        foreach (var fault in faults.OfType<string>())
        {
            yield return Fault("public", fault);
        }

        // The columns are known for sure when the report runs; a name that the SQL hasn't at all is told before.
        var names = SqlParameters.Identifiers(file.Body);
        var definition = shown.Definition;
        foreach (
            var column in definition.Columns.Concat(definition.Sources.Where(s => s.Length > 0)).Where(c => !names.Contains(c)).Distinct()
        )
        {
            yield return Fault("public", $"`public` names the column '{column}', which the SQL doesn't have");
        }
    }

    // One SELECT: the server would refuse a second statement with a message about syntax that names no file.
    private IEnumerable<DefinitionException> Statement()
    {
        if (!Select().IsMatch(file.Body))
        {
            yield return new DefinitionException(
                file.Path,
                file.BodyLine,
                $"expected one SELECT (or WITH … SELECT); found '{file.Body.Split([' ', '\n'], 2)[0]}'"
            );
        }
    }

    // What says how the answer comes is the engine's to say.
    private IEnumerable<DefinitionException> AnswerClauses()
    {
        var clause = AnswerClause().Match(SqlText.Code(file.Body));
        if (clause.Success)
        {
            yield return new DefinitionException(
                file.Path,
                file.BodyLine + file.Body.AsSpan(0, clause.Index).Count('\n'),
                $"expected the SELECT alone; found {clause.Groups["clause"].Value.ToUpperInvariant()}, which says how ClickHouse answers: leave it out"
            );
        }
    }

    private DefinitionException Fault(string key, string what) => new(file.Path, file.LineOfKey(key), what);

    [GeneratedRegex("^[a-z0-9][a-z0-9_-]*$")]
    private static partial Regex ReportName();

    [GeneratedRegex(@"\b(?<clause>FORMAT)\s+[A-Za-z]\w*\s*(\z|SETTINGS\b)|\b(?<clause>INTO\s+OUTFILE)\b", RegexOptions.IgnoreCase)]
    private static partial Regex AnswerClause();

    [GeneratedRegex(@"\A(\s|--[^\n]*\n|/\*.*?\*/|\()*(SELECT|WITH)\b", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Select();
}
