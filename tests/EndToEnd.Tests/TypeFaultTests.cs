using Etl.Source;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Values that ClickHouse can't hold, and columns that changed at the source: one clear line, and nothing is loaded.</summary>
public sealed class TypeFaultTests(EnginesFixture fixture)
{
    private const string Things = "fuel/things";

    [Theory]
    [InlineData("numeric(10,2)", "'NaN'", "NaN", "Nullable(Decimal(10, 2))")]
    [InlineData("numeric(2,-3)", "'NaN'", "NaN", "Nullable(Decimal(5, 0))")]
    [InlineData("timestamptz", "'infinity'", "infinity", "Nullable(DateTime64(6, 'UTC'))")]
    [InlineData("timestamptz", "'-infinity'", "infinity", "Nullable(DateTime64(6, 'UTC'))")]
    [InlineData("timestamptz", "'2299-12-31 23:59:59.999999-01'", "a time outside of 1900 to 2299", "Nullable(DateTime64(6, 'UTC'))")]
    [InlineData("timestamp", "'1899-12-31'", "a time outside of 1900 to 2299", "Nullable(DateTime64(6, 'UTC'))")]
    [InlineData("date", "'4713-01-01 BC'", "a day outside of 1900 to 2299", "Nullable(Date32)")]
    [InlineData("int[]", "'{{1,2},{3,4}}'", "an array of 2 dimensions, of which one is carried over", "Array(Nullable(Int32))")]
    [InlineData("text[]", "'{{{a}}}'", "an array of 3 dimensions, of which one is carried over", "Array(Nullable(String))")]
    [InlineData(
        "int[]",
        "'[0:1]={1,2}'",
        "an array whose elements are numbered from 0, where the warehouse's are from 1",
        "Array(Nullable(Int32))"
    )]
    [InlineData("timestamp[]", "'{2026-01-01,NULL,infinity}'", "element 3 is infinity", "Array(Nullable(DateTime64(6, 'UTC')))")]
    [InlineData("numeric(4,1)[]", "'{1.5,NaN}'", "element 2 is NaN", "Array(Nullable(Decimal(4, 1)))")]
    public async Task RunAsync_ValueThatTheWarehouseCannotHold_IsQuarantinedAndTheRestIsLoaded(
        string type,
        string value,
        string reason,
        string warehouse
    )
    {
        using var project = Project("site, id", "toString(note)");
        using var pipeline = await CreateAsync(project, $"note {type}");
        var fine = type.EndsWith(']') ? "'{}'" : "NULL";
        await pipeline.SourceAsync(
            $"INSERT INTO things (site, id, note) VALUES ('fine', 7, {fine}), ('odd', 8.50, {value}), ('odd', 9, {value}), ('fine', 10, {fine})"
        );

        var result = await pipeline.LoadAsync(Things);

        Assert.Equal((4L, 2L), (result.Run.RowsRead, result.Run.RowsQuarantined));
        await AssertOnlyAsync(pipeline, 1);
        Assert.Equal(
            [$"odd 8.50 8.50 note: {reason}, which {warehouse} can't hold", $"odd 9.00 9.00 note: {reason}, which {warehouse} can't hold"],
            await pipeline.AskAsync("SELECT key[1], key[2], cursor, reason FROM etl_quarantine ORDER BY ALL")
        );
    }

    [Fact]
    public async Task RunAsync_NullArray_NamesColumnAndKey()
    {
        using var project = Project("site, id", "toString(note)");
        using var pipeline = await CreateAsync(project, "note int[]");
        await pipeline.SourceAsync("INSERT INTO things (site, id, note) VALUES ('fine', 7, '{}'), ('odd', 8.50, NULL)");

        var fault = await Assert.ThrowsAsync<SourceException>(() => pipeline.LoadAsync(Things));

        Assert.Equal(
            "fuel/things, column note, row (site=odd, id=8.50): NULL, and an array in the warehouse is never NULL; write coalesce(…, '{}') in the extract; the warehouse's Array(Nullable(Int32)) can't hold it exactly, so nothing was published — mend the row, or convert the column in the extract's SELECT",
            fault.Message
        );
        await AssertOnlyAsync(pipeline, 0);
    }

    [Theory]
    [InlineData("ALTER TABLE things RENAME COLUMN note TO remark", "things.sql: 42703 column \"note\" does not exist")]
    [InlineData("ALTER TABLE things DROP COLUMN note", "things.sql: 42703 column \"note\" does not exist")]
    [InlineData("ALTER TABLE things RENAME TO stuff", "things.sql: 42P01 relation \"things\" does not exist")]
    [InlineData(
        "ALTER TABLE things ALTER COLUMN note TYPE interval USING '1 day'",
        "things.sql: column note is of type interval, which is not carried over; cast it in the extract's SELECT, for example note::text AS note"
    )]
    [InlineData(
        "ALTER TABLE things ALTER COLUMN note TYPE timetz USING '12:00+01'",
        "things.sql: column note is of type time with time zone, which is not carried over; cast it in the extract's SELECT, for example note::text AS note"
    )]
    [InlineData(
        "ALTER TABLE things ALTER COLUMN note TYPE interval[] USING '{1 day}'",
        "things.sql: column note is of type interval[], which is not carried over"
    )]
    [InlineData(
        "ALTER TABLE things ALTER COLUMN id TYPE text",
        "things.sql: the cursor id is of type text; expected a number, a date or a timestamp"
    )]
    [InlineData(
        "ALTER TABLE things ALTER COLUMN id TYPE bigint[] USING ARRAY[id]",
        "things.sql: the cursor id is of type bigint[]; expected a number, a date or a timestamp"
    )]
    public async Task RunAsync_ColumnThatChangedAtTheSource_IsOneErrorBeforeAnythingIsLoaded(string change, string expected)
    {
        using var project = Project("site");
        using var pipeline = await LoadedAsync(project);
        await pipeline.SourceAsync(change);

        var fault = await Assert.ThrowsAsync<SourceException>(() => pipeline.LoadAsync(Things));

        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
        await AssertOnlyAsync(pipeline, 1);
    }

    [Fact]
    public async Task RunAsync_ColumnThatTheFactCanNoLongerUse_NamesTheFactBeforeAnythingIsLoaded()
    {
        using var project = Project("site");
        using var pipeline = await LoadedAsync(project);
        await pipeline.SourceAsync("ALTER TABLE things ALTER COLUMN note TYPE int[] USING '{1}'");

        var fault = await Assert.ThrowsAsync<DefinitionException>(() => pipeline.LoadAsync(Things));

        Assert.Contains("thing.sql: ClickHouse 43 ILLEGAL_TYPE_OF_ARGUMENT: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Array(Nullable(Int32))", fault.Message, StringComparison.Ordinal);
        await AssertOnlyAsync(pipeline, 1);
    }

    [Fact]
    public async Task RunAsync_NumberThatBecameWiderThanTheFacts_IsOneErrorBeforeAnythingIsLoaded()
    {
        using var project = Project("site", "note")
            .Change("warehouse-sql/migrations/0099_thing.sql", "note Nullable(String)", "note Nullable(Int32)");
        using var pipeline = await LoadedAsync(project, "int", "7");
        await pipeline.SourceAsync("ALTER TABLE things ALTER COLUMN note TYPE bigint; UPDATE things SET note = 5000000000");

        var fault = await Assert.ThrowsAsync<DefinitionException>(() => pipeline.LoadAsync(Things));

        Assert.Contains(
            "thing.sql: column note: the SELECT makes Int64, not all of which the table's Int32 can hold; did a column of fuel/things change its type (it has site text, id numeric(20,2), note bigint)?",
            fault.Message,
            StringComparison.Ordinal
        );
        await AssertOnlyAsync(pipeline, 1);
    }

    [Fact]
    public async Task RunAsync_TextThatBecameAnEnum_IsLoadedOn()
    {
        using var project = Project("site");
        using var pipeline = await LoadedAsync(project);
        await pipeline.SourceAsync(
            "CREATE TYPE mood AS ENUM ('first', 'second'); ALTER TABLE things ALTER COLUMN note TYPE mood USING note::mood; INSERT INTO things VALUES ('b', 2, 'second')"
        );

        await pipeline.LoadAsync(Things);

        Assert.Equal(["a FIRST", "b SECOND"], await pipeline.AskAsync("SELECT site, note FROM thing ORDER BY site"));
    }

    private static ProjectCopy Project(string key, string note = "upper(note)")
    {
        var project = new ProjectCopy();
        project.Write(
            "etl/extracts/fuel/things.sql",
            $"/*---\nabout: Things\nsource: Fuel\nmode: append\nkey: [{key}]\ncursor: id\nevent_time: \"'2026-01-01'\"\nschedule: 0 0/15 * * * ?\nfacts: [thing]\n---*/\nSELECT site, id, note FROM things\n"
        );
        project.Write(
            "warehouse-sql/facts/thing.sql",
            $"/*---\nabout: Things\ngrain: one row per thing\nkey: [site]\npartition: tuple()\ncolumns: {{site: {{is: where}}, note: {{is: what}}}}\n---*/\nSELECT site, {note} AS note FROM {{landing}}\n"
        );
        project.Write(
            "warehouse-sql/migrations/0099_thing.sql",
            "CREATE TABLE IF NOT EXISTS thing (site String, note Nullable(String), _run UInt64) ENGINE = {ReplacingMergeTree}(_run) PARTITION BY tuple() ORDER BY site;\n"
        );
        return project;
    }

    private async Task<Pipeline> CreateAsync(ProjectCopy project, string note)
    {
        var pipeline = await Pipeline.CreateAsync(fixture, project);
        await pipeline.SourceAsync($"CREATE TABLE things (site text NOT NULL, id numeric(20,2) NOT NULL, {note})");
        return pipeline;
    }

    private async Task<Pipeline> LoadedAsync(ProjectCopy project, string type = "text", string value = "'first'")
    {
        var pipeline = await CreateAsync(project, $"note {type}");
        await pipeline.SourceAsync($"INSERT INTO things VALUES ('a', 1, {value})");
        await pipeline.LoadAsync(Things);
        return pipeline;
    }

    private static async Task AssertOnlyAsync(Pipeline pipeline, int rows)
    {
        Assert.Equal($"{rows}", await pipeline.AskOneAsync("SELECT count() FROM thing"));
        Assert.Empty(await pipeline.RunTablesAsync());
        Assert.Equal("0", await pipeline.AskOneAsync("SELECT count() FROM etl_run WHERE outcome = 'running'"));
    }
}
