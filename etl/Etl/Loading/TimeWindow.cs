using System.Globalization;
using WarehouseSql.Definitions;

namespace Etl.Loading;

/// <summary>Whole days from <paramref name="From"/> up to, not including, <paramref name="To"/>, in UTC.</summary>
internal sealed record TimeWindow(DateOnly From, DateOnly To)
{
    private enum Grain
    {
        Day,
        Month,
        Year,
    }

    /// <summary>The first day, yyyy-MM-dd.</summary>
    public string FromText => From.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>The day after the last one, yyyy-MM-dd.</summary>
    public string ToText => To.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>The smallest window of whole partitions around this one, since a backfill replaces partitions as a whole.</summary>
    /// <exception cref="DefinitionException">A fact's partitions aren't days, months or years.</exception>
    public TimeWindow Align(IEnumerable<FactDefinition> facts) =>
        facts.Select(GrainOf).DefaultIfEmpty(Grain.Day).Max() switch
        {
            Grain.Day => this,
            Grain.Month => new TimeWindow(
                new DateOnly(From.Year, From.Month, 1),
                Ceiling(To, new DateOnly(To.Year, To.Month, 1), d => d.AddMonths(1))
            ),
            _ => new TimeWindow(new DateOnly(From.Year, 1, 1), Ceiling(To, new DateOnly(To.Year, 1, 1), d => d.AddYears(1))),
        };

    /// <summary>Whether the partition of that id lies in this window; a partition of rows without a time lies in none.</summary>
    public bool Contains(FactDefinition fact, string partition)
    {
        var format = GrainOf(fact) switch
        {
            Grain.Day => "yyyyMMdd",
            Grain.Month => "yyyyMM",
            _ => "yyyy",
        };
        return DateOnly.TryParseExact(partition, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && day >= From
            && day < To;
    }

    public override string ToString() => $"{FromText} to {ToText}";

    // The calendar's last year has no next one, and no row lies in it: the warehouse's times end in 2299.
    private static DateOnly Ceiling(DateOnly day, DateOnly floor, Func<DateOnly, DateOnly> next) =>
        day == floor ? day
        : day.Year == DateOnly.MaxValue.Year ? DateOnly.MaxValue
        : next(floor);

    private static Grain GrainOf(FactDefinition fact) =>
        fact.Partition switch
        {
            var p when p.Contains("toYYYYMMDD(", StringComparison.Ordinal) => Grain.Day,
            var p when p.Contains("toYYYYMM(", StringComparison.Ordinal) => Grain.Month,
            var p when p.Contains("toYear(", StringComparison.Ordinal) => Grain.Year,
            _ => throw new DefinitionException(
                fact.Path,
                0,
                $"expected a partition by toYYYYMMDD, toYYYYMM or toYear, so that a backfill knows its bounds; found {fact.Partition}"
            ),
        };
}
