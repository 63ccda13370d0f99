using Etl.Loading;
using Etl.Source;
using Xunit;

namespace Etl.Tests;

public sealed class CursorRangesTests
{
    private const string From = "FROM (SELECT id, site, made_at FROM things) AS extract";
    private const string Columns = "\"id\", \"site\", \"made_at\"";

    [Fact]
    public void Highest_OfAnExtract_IsAskedAsText() => Assert.Equal($"SELECT max(\"id\")::text {From}", Numbers().Highest);

    [Fact]
    public void End_FromTheStart_HasNoLowerBound() =>
        Assert.Equal(
            $"SELECT max(c)::text FROM (SELECT \"id\" AS c {From} WHERE \"id\" <= '99'::bigint ORDER BY \"id\" LIMIT 500) AS range",
            Numbers().End(null, "99", 500)
        );

    [Fact]
    public void End_AfterACursor_BeginsBehindIt() =>
        Assert.Equal(
            $"SELECT max(c)::text FROM (SELECT \"id\" AS c {From} WHERE \"id\" > '5'::bigint AND \"id\" <= '99'::bigint ORDER BY \"id\" LIMIT 500) AS range",
            Numbers().End("'5'::bigint", "99", 500)
        );

    [Fact]
    public void Count_BetweenCursors_CountsThem() =>
        Assert.Equal($"SELECT count(*)::text {From} WHERE \"id\" > a AND \"id\" <= b", Numbers().Count("a", "b"));

    // A row without a cursor is in no range, so the first one takes it, and only the first, lest it be counted twice.
    [Theory]
    [InlineData(true, true, "(\"id\" <= '9'::bigint OR \"id\" IS NULL) AND TRUE")]
    [InlineData(true, false, "\"id\" <= '9'::bigint AND TRUE")]
    [InlineData(false, true, "\"id\" <= '9'::bigint AND TRUE")]
    public void Rows_CursorThatMayBeNull_AreReadWithTheFirstRange(bool nullable, bool first, string where) =>
        Assert.Equal($"SELECT {Columns} {From} WHERE {where}", Numbers(nullable).Rows(null, "'9'::bigint", first));

    // With no cursor at all there is no upper bound, and only the rows without one are left.
    [Theory]
    [InlineData(true, "(FALSE OR \"id\" IS NULL) AND TRUE")]
    [InlineData(false, "FALSE AND TRUE")]
    public void Rows_NoHighestCursor_AreThoseWithoutOne(bool nullable, string where) =>
        Assert.Equal($"SELECT {Columns} {From} WHERE {where}", Numbers(nullable).Rows(null, null, first: true));

    [Fact]
    public void Rows_InAWindow_AreThoseThatMayHaveHappenedInIt()
    {
        var window = new TimeWindow(new DateOnly(2026, 1, 1), new DateOnly(2026, 2, 1));
        var extract = Samples.Read(("event_time: made_at", "event_time: coalesce(made_at, 'epoch')"));
        var ranges = new CursorRanges(extract, Named("bigint", false), window);

        Assert.Equal(
            $"SELECT {Columns} {From} WHERE \"id\" > a AND \"id\" <= b AND coalesce((coalesce(made_at, 'epoch'))::timestamp <@ tsrange(timestamp '2026-01-01' - interval '2 days', timestamp '2026-02-01' + interval '2 days'), TRUE)",
            ranges.Rows("a", "b", first: true)
        );
    }

    [Theory]
    [InlineData("bigint", null, "('5'::bigint - 1000)")]
    [InlineData("integer", "overlap: 0", "('5'::integer - 0)")]
    [InlineData("timestamp without time zone", null, "('5'::timestamp without time zone - '5 minutes'::interval)")]
    [InlineData("timestamp with time zone", "overlap: 2 hours", "('5'::timestamp with time zone - '2 hours'::interval)")]
    public void After_WithOverlap_GoesBackInTheCursorsUnit(string type, string? overlap, string expected)
    {
        var extract = Samples.Read(("cursor: id", "cursor: id\n" + overlap));

        Assert.Equal(expected, new CursorRanges(extract, Named(type, false), null).After("5", overlaps: true, unfinished: null));
    }

    [Fact]
    public void After_UnfinishedRows_GoesBackToJustBeforeTheLowest()
    {
        Assert.Equal("least('5'::bigint, '3'::bigint - 1)", Numbers().After("5", overlaps: false, unfinished: "3"));
        var times = new CursorRanges(Samples.Read(), Named("timestamp with time zone", false), null);
        Assert.Equal(
            "least('5'::timestamp with time zone, '3'::timestamp with time zone - '1 microsecond'::interval)",
            times.After("5", overlaps: false, unfinished: "3")
        );
    }

    [Fact]
    public void Literal_QuoteInAValue_StaysInIt() =>
        Assert.Equal("'a''; DROP TABLE b; --'::bigint", Numbers().Literal("a'; DROP TABLE b; --"));

    [Fact]
    public void Rows_OddColumnNames_AreQuoted()
    {
        var extract = Samples.Read(("cursor: id", "cursor: 'I\"d'"), ("SELECT id", "SELECT \"I\"\"d\""));
        var ranges = new CursorRanges(extract, [SourceColumn.Of("I\"d", "bigint", false), SourceColumn.Of("order", "text", true)], null);

        Assert.Equal(
            "SELECT \"I\"\"d\", \"order\" FROM (SELECT \"I\"\"d\", site, made_at FROM things) AS extract WHERE \"I\"\"d\" <= b AND TRUE",
            ranges.Rows(null, "b", first: true)
        );
    }

    private static CursorRanges Numbers(bool nullable = false) => new(Samples.Read(), Named("bigint", nullable), null);

    private static SourceColumn[] Named(string type, bool nullable) =>
        [
            SourceColumn.Of("id", type, nullable),
            SourceColumn.Of("site", "text", true),
            SourceColumn.Of("made_at", "timestamp without time zone", true),
        ];
}
