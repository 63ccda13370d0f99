using System.Globalization;
using WarehouseSql.Definitions;

namespace Reports.Definitions;

/// <summary>The earlier period that a report's figures are compared with.</summary>
/// <param name="From">Its first day.</param>
/// <param name="To">The day before which it ends.</param>
/// <param name="Days">How many days before the report's own it lies, where it isn't whole months.</param>
/// <param name="Months">How many months before, where both are whole months; else 0.</param>
public sealed record Comparison(DateOnly From, DateOnly To, int Days, int Months)
{
    /// <summary>What is appended to a column's name for its value in the earlier period.</summary>
    public const string Before = "_before";

    /// <summary>What is appended to a column's name for how it changed: a share of the earlier value; of shares their difference.</summary>
    public const string Change = "_change";

    /// <summary>The setting that, being 0, keeps a sub-select's order: a report that stands in a SELECT keeps its own.</summary>
    internal const string KeepOrder = "query_plan_remove_redundant_sorting";

    /// <summary>What <see cref="SqlOf"/> runs with: rows are numbered in the report's order, before anything else sorts them.</summary>
    internal static IReadOnlyDictionary<string, string> Settings { get; } =
        new Dictionary<string, string> { [KeepOrder] = "0", ["query_plan_execute_functions_after_sorting"] = "0" };

    /// <summary>How far it is away, in words.</summary>
    public string Distance =>
        (Months, Days) switch
        {
            (12, _) => "a year",
            (1, _) => "a month",
            (> 1, _) => string.Create(CultureInfo.InvariantCulture, $"{Months} months"),
            (_, 364) => "52 weeks",
            (_, 1) => "a day",
            _ => string.Create(CultureInfo.InvariantCulture, $"{Days} days"),
        };

    /// <summary>
    /// The period before one, of its length; or the one a year before. Whole months are compared with whole months; else a year is
    /// 52 weeks, so that Mondays meet Mondays.
    /// </summary>
    /// <exception cref="ReportException">It would begin before 1970, as ClickHouse's days do, or the period has no day.</exception>
    public static Comparison Of(string kind, DateOnly from, DateOnly to)
    {
        if (to <= from)
        {
            throw new ReportException($"{ReportParameter.Compare.Name}={kind}: the period has no day, as `to` isn't after `from`");
        }

        var isYear = kind == ReportParameter.YearBefore;
        var length = (12 * (to.Year - from.Year)) + to.Month - from.Month;
        var months =
            from.Day != 1 || to.Day != 1 ? 0
            : isYear ? 12
            : length;
        var days = isYear ? 364 : to.DayNumber - from.DayNumber;
        var first =
            months == 0 ? DateOnly.FromDayNumber(Math.Max(0, from.DayNumber - days))
            : (from.Year * 12) + from.Month - months < 13 ? default
            : from.AddMonths(-months);
        return first < new DateOnly(1970, 1, 1)
            ? throw new ReportException(
                $"{ReportParameter.Compare.Name}={kind}: the time before {from:yyyy-MM-dd} would begin before 1970; expected a shorter period"
            )
            : new Comparison(first, months == 0 ? to.AddDays(-days) : to.AddMonths(-months), days, months);
    }

    /// <summary>
    /// The statement that gives each row of a report's result with the earlier period's figures beside it, in the report's order; last the
    /// rows that only the earlier period has.
    /// </summary>
    /// <param name="sql">The report's SELECT, as ClickHouse takes it.</param>
    /// <param name="columns">The result's columns: those by which rows are matched, and the figures.</param>
    internal string SqlOf(string sql, IReadOnlyList<ComparedColumn> columns)
    {
        var (keys, figures) = (columns.Where(c => c.IsKey).ToList(), columns.Where(c => !c.IsKey).ToList());
        var by = keys.Count == 0 ? "1" : string.Join(", ", keys.Select(k => k.Quoted));
        // Of rows that can't be told apart each would be compared with each.
        var names = string.Join(" and ", keys.Select(k => k.Name));
        var fault =
            keys.Count == 0
                ? "this report has several rows, and no column of texts or days that tells them apart, so it can't be compared"
                : $"several rows of this report have the same {names}, so it can't be compared";
        var only = $"throwIf(count() OVER (PARTITION BY {by}) > 1, {SqlText.Quote(fault)}) AS _only";
        var before = SqlParameters.Replace(
            sql,
            p => p.Name is "from" or "to" ? $"{{compare_{p.Name}:{p.Type}}}" : sql.Substring(p.Start, p.Length)
        );
        var earlier = keys.Select(k => $"{Later(k)} AS {k.Quoted}").Concat(figures.Select(f => f.Quoted));
        var shown = columns.SelectMany(c =>
            c.IsKey
                ? (string[])[$"if(_now._row IS NULL, _then.{c.Quoted}, _now.{c.Quoted}) AS {c.Quoted}"]
                :
                [
                    $"_now.{c.Quoted} AS {c.Quoted}",
                    $"_then.{c.Quoted} AS {ComparedColumn.Quote(c.Name + Before)}",
                    $"{ChangeOf(c)} AS {ComparedColumn.Quote(c.Name + Change)}",
                ]
        );
        return $"""
            SELECT {string.Join(", ", shown)}
            FROM (SELECT *, {only} FROM (SELECT *, rowNumberInAllBlocks() AS _row FROM ({sql}
            ) AS _report)) AS _now
            FULL JOIN (SELECT *, {only} FROM (SELECT {string.Join(", ", earlier)}, 1 AS _there FROM ({before}
            ) AS _report)) AS _then ON _now._only = _then._only{string.Concat(
                keys.Select(k => $" AND _now.{k.Quoted} <=> _then.{k.Quoted}")
            )}
            ORDER BY _now._row NULLS LAST{string.Concat(keys.Select(k => $", {k.Quoted}"))}
            """;
    }

    // A day of the earlier period, as the day of the later one that it is compared with; 31 August, which no September has, stays itself.
    private string Later(ComparedColumn key)
    {
        if (!key.IsTime)
        {
            return key.Quoted;
        }

        var (name, length) = (key.Quoted, Months > 0 ? Months : Days);
        var later = string.Create(CultureInfo.InvariantCulture, $"{name} + INTERVAL {length} {(Months > 0 ? "MONTH" : "DAY")}");
        return Months > 0 ? $"if(toDayOfMonth({later}) = toDayOfMonth({name}), {later}, {name})" : later;
    }

    private static string ChangeOf(ComparedColumn figure)
    {
        var (now, then) = ($"toFloat64(_now.{figure.Quoted})", $"toFloat64(_then.{figure.Quoted})");
        return figure.IsShare ? $"{now} - {then}" : $"({now} - {then}) / nullIf(abs({then}), 0)";
    }
}

/// <summary>A column of a result that is compared.</summary>
/// <param name="IsKey">Whether rows are matched by it; else it is a figure.</param>
/// <param name="IsTime">Whether it is a day or an instant.</param>
/// <param name="IsShare">Whether it is a share, whose change is a difference.</param>
internal sealed record ComparedColumn(string Name, bool IsKey, bool IsTime, bool IsShare)
{
    /// <summary>Its name as SQL takes it.</summary>
    public string Quoted => Quote(Name);

    /// <summary>A name as ClickHouse's SQL takes it, whatever its letters.</summary>
    public static string Quote(string name) =>
        $"`{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("`", "\\`", StringComparison.Ordinal)}`";
}
