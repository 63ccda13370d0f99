using System.Globalization;
using Etl.Source;

namespace Etl.Loading;

/// <summary>The source's statements that read an extract in ranges of its cursor.</summary>
/// <remarks>A range is read in a transaction of its own, so that the replica can cancel it without the others being lost.</remarks>
internal sealed class CursorRanges(ExtractDefinition extract, IReadOnlyList<SourceColumn> columns, TimeWindow? window)
{
    private readonly SourceColumn cursor = columns.First(c => c.Name == extract.Cursor);

    private string From => $"FROM ({extract.Select}) AS extract";

    private string Cursor => SourceText.Name(extract.Cursor);

    // What an author computes may be another time than ClickHouse reads in the same text, a zone apart: then the source is asked for more.
    // Computed, it is looked at once; of a column both ends are named, which its index knows.
    private string InWindow
    {
        get
        {
            if (window is null)
            {
                return "TRUE";
            }

            var (from, to) = extract.EventTimeIsSure ? ("", "") : (" - interval '2 days'", " + interval '2 days'");
            (from, to) = ($"timestamp '{window.FromText}'{from}", $"timestamp '{window.ToText}'{to}");
            var time = $"({extract.EventTime})::timestamp";
            return extract.EventTime.Contains('(', StringComparison.Ordinal)
                ? $"coalesce({time} <@ tsrange({from}, {to}), TRUE)"
                : $"coalesce({time} >= {from} AND {time} < {to}, TRUE)";
        }
    }

    /// <summary>The highest cursor.</summary>
    public string Highest => $"SELECT max({Cursor})::text {From}";

    /// <summary>
    /// The highest cursor that can be gone on from, for which the highest of all is given: no time that is still to come, nor infinity, nor
    /// NaN.
    /// </summary>
    /// <remarks>Later rows lie below such a one. Those beyond it are read again by each load.</remarks>
    public string? HighestSound => cursor.SoundLimit is { } limit ? $"SELECT max({Cursor})::text {From} WHERE {Cursor} {limit}" : null;

    /// <summary>
    /// How many rows lie so far beyond the source's clock (a time zone of the collector's own isn't meant), or aren't numbers.
    /// </summary>
    public string CountUnsound => $"SELECT count(*)::text {From} WHERE {Cursor} {cursor.OddLimit}";

    /// <summary>How many rows there are, counted.</summary>
    public string CountAll => $"SELECT count(*)::text {From}";

    /// <summary>How many rows there are, as the planner thinks.</summary>
    public string EstimateAll => $"EXPLAIN (FORMAT JSON) SELECT 1 {From}";

    /// <summary>Whether one cursor is lower than another.</summary>
    public string IsLower(string one, string other) => $"SELECT ({Literal(one)} < {Literal(other)})::text";

    /// <summary>Whether these cursors, kept by earlier loads, mean what they meant then; null is none.</summary>
    public bool AreClear(params string?[] kept) => kept.All(k => k is null || cursor.IsClear(k));

    /// <summary>A cursor as SQL.</summary>
    public string Literal(string value) => $"{SourceText.Literal(value)}::{cursor.PostgresType}";

    /// <summary>The lowest cursor of rows that may still change; null where the extract has none such.</summary>
    public string? LowestUnfinished =>
        extract.Unfinished is { } unfinished ? $"SELECT min({Cursor})::text {From} WHERE {unfinished}" : null;

    /// <summary>
    /// Where reading begins, as SQL: at <paramref name="start"/>, less the overlap where asked for, and no higher than just before
    /// <paramref name="unfinished"/>.
    /// </summary>
    public string After(string start, bool overlaps, string? unfinished)
    {
        var after = overlaps ? LateCommits.LessOverlap(Literal(start), cursor.IsInstant, extract.Overlap) : Literal(start);
        return unfinished is null
            ? after
            : $"least({after}, {Literal(unfinished)} - {(cursor.IsInstant ? "'1 microsecond'::interval" : "1")})";
    }

    /// <summary>The lower of two cursors.</summary>
    public string Least(string a, string b) => $"SELECT least({Literal(a)}, {Literal(b)})::text";

    /// <summary>
    /// The cursor at which a range of at most <paramref name="rows"/> rows after <paramref name="after"/> (SQL; null: from the start) ends,
    /// and the number of its rows.
    /// </summary>
    public string End(string? after, string highest, long rows) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT max(c)::text FROM (SELECT {Cursor} AS c {From} WHERE {Between(after, Literal(highest))} ORDER BY {Cursor} LIMIT {rows}) AS range"
        );

    /// <summary>The number of rows between two cursors (SQL).</summary>
    public string Count(string? after, string upTo) => $"SELECT count(*)::text {From} WHERE {Between(after, upTo)}";

    /// <summary>The rows of a range. Rows whose cursor is NULL are read with the first one.</summary>
    public string Rows(string? after, string? upTo, bool first)
    {
        var range = upTo is null ? "FALSE" : Between(after, upTo);
        var withNulls = first && cursor.IsNullable ? $"({range} OR {Cursor} IS NULL)" : range;
        return $"SELECT {string.Join(", ", columns.Select(c => SourceText.Name(c.Name)))} {From} WHERE {withNulls} AND {InWindow}";
    }

    private string Between(string? after, string upTo) =>
        after is null ? $"{Cursor} <= {upTo}" : $"{Cursor} > {after} AND {Cursor} <= {upTo}";
}
