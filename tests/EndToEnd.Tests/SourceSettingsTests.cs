using Npgsql;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>
/// What a server, a database or an account sets changes nothing of what is read; notices that come before COPY's answer neither.
/// </summary>
public sealed class SourceSettingsTests(EnginesFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("SQL, MDY", "SQL, DMY")]
    [InlineData("German, DMY", "ISO, MDY")]
    [InlineData("Postgres, DMY", "SQL, MDY")]
    [InlineData("ISO, YMD", "Postgres, MDY")]
    public async Task LoadAsync_DateStyleOfTheDatabaseChanges_ReadsOnWhereItWas(string before, string after)
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await SetAsync(pipeline, "datestyle", before);
        await ReportAsync(pipeline, "a", "2026-03-02T10:00:00");
        await pipeline.LoadAsync(Pipeline.Structures);
        Assert.Equal(
            "2026-03-02 10:00:00",
            await pipeline.AskOneAsync("SELECT argMax(range_to, run) FROM etl_run WHERE outcome = 'published'")
        );

        await SetAsync(pipeline, "datestyle", after);
        await ReportAsync(pipeline, "b", "2026-03-02T11:00:00");
        Assert.InRange((await pipeline.LoadAsync(Pipeline.Structures)).Run.RowsRead, 1, 2);

        Assert.Equal(
            ["a 2026-03-02 10:00:00.000000", "b 2026-03-02 11:00:00.000000"],
            await pipeline.AskAsync("SELECT installation_uid, toString(reported_at, 'UTC') FROM fuel_installation ORDER BY 1")
        );
    }

    [Fact]
    public async Task LoadAsync_CursorThatAnEarlierVersionKeptInAnotherStyle_ReadsEverything()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await ReportAsync(pipeline, "a", "2026-03-02T10:00:00");
        await pipeline.LoadSettledAsync(Pipeline.Structures);
        await pipeline.Warehouse.ExecuteAsync(
            "INSERT INTO etl_run SELECT * REPLACE ('03/02/2026 10:00:00' AS range_to, version + 1 AS version) FROM (SELECT * FROM etl_run FINAL)",
            Token
        );
        await ReportAsync(pipeline, "b", "2026-02-28T10:00:00");

        List<string> said = [];
        var result = await pipeline.LoadAsync(Pipeline.Structures, null, p => said.Add(p.Doing));

        Assert.Equal(2, result.Run.RowsRead);
        Assert.Contains(said, s => s.StartsWith("reads everything: ", StringComparison.Ordinal));
        Assert.Equal("2026-03-02 10:00:00", result.Run.RangeTo);
    }

    [Fact]
    public async Task LoadAsync_TimeZoneAndFormatsOfTheAccount_ChangeNoValue()
    {
        using var project = new ProjectCopy().Change(
            "etl/extracts/fuel/action_logs.sql",
            "external_id, body",
            "external_id, (body::json->>'start_timestamp' || '+00')::timestamptz::text AS stamp, body"
        );
        project.Change("warehouse-sql/facts/fuel_action.sql", "FROM {landing}", "FROM {landing} WHERE stamp = '2026-01-10 00:00:00+00'");
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        await SetAsync(pipeline, "timezone", "Asia/Tokyo");
        await SetAsync(pipeline, "intervalstyle", "sql_standard");
        await SetAsync(pipeline, "extra_float_digits", "-3");
        await SetAsync(pipeline, "bytea_output", "escape");
        await pipeline.AddActionAsync("a", 1, "2026-01-10T00:00:00");

        await pipeline.LoadAsync();

        Assert.Equal("1", await pipeline.AskOneAsync("SELECT count() FROM fuel_action"));
    }

    [Theory]
    [InlineData("NOTICE")]
    [InlineData("WARNING")]
    public async Task LoadAsync_NoticeBeforeCopysAnswer_IsNoFailure(string level)
    {
        // An IMMUTABLE function of constants is computed when the statement is planned, before COPY answers.
        using var project = new ProjectCopy().Change(
            "etl/extracts/fuel/action_logs.sql",
            "external_id, body",
            "external_id, noisy(1) AS noise, body"
        );
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        await pipeline.SourceAsync(
            $"CREATE FUNCTION noisy(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RAISE {level} 'psst'; RETURN i; END $$"
        );
        await pipeline.AddActionAsync("a", 1, "2026-01-10T00:00:00");

        Assert.Equal(1, (await pipeline.LoadAsync()).Run.RowsRead);
    }

    [Fact]
    public async Task OpenAsync_SettingsOfTheDatabase_SettlesTheSession()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        foreach (
            var (name, value) in ((string, string)[])
                [
                    ("datestyle", "German, DMY"),
                    ("intervalstyle", "iso_8601"),
                    ("timezone", "Asia/Kolkata"),
                    ("extra_float_digits", "-1"),
                    ("standard_conforming_strings", "off"),
                ]
        )
        {
            await SetAsync(pipeline, name, value);
        }

        var options = new NpgsqlConnectionStringBuilder(pipeline.Environment()["ConnectionStrings__Fuel"]) { CommandTimeout = 77 };
        await using var connection = await SourceConnection.OpenAsync(options, Token);

        await using var command = new NpgsqlCommand(
            "SELECT concat_ws(' | ', current_setting('datestyle'), current_setting('intervalstyle'), current_setting('timezone'), current_setting('extra_float_digits'), current_setting('standard_conforming_strings'), current_setting('client_encoding'), current_setting('statement_timeout'))",
            connection
        );
        Assert.Equal("ISO, MDY | postgres | UTC | 1 | on | UTF8 | 77s", await command.ExecuteScalarAsync(Token));
    }

    [Fact]
    public async Task LockAsync_SeveralHosts_ReadsTheReplicaAmongThem()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.AddActionAsync("a", 1, "2026-01-10T00:00:00");
        var options = new NpgsqlConnectionStringBuilder(pipeline.Environment()["ConnectionStrings__Fuel"])
        {
            Host = $"127.0.0.1:{fixture.Engines.Primary.Port},127.0.0.1:{fixture.Engines.Replica.Port}",
            TargetSessionAttributes = "standby",
        };

        var result = await pipeline.LoadAsync(settings: ("ConnectionStrings:Fuel", options.ConnectionString));

        Assert.Equal(1, result.Run.RowsRead);
    }

    private async Task SetAsync(Pipeline pipeline, string name, string value)
    {
        await fixture.Engines.Primary.ExecuteAsync(
            "postgres",
            $"ALTER DATABASE {pipeline.SourceDatabase} SET {name} = {(value.Contains(',', StringComparison.Ordinal) ? value : $"'{value}'")}",
            Token
        );
        await fixture.WaitForReplicaAsync(Token);
    }

    private static Task ReportAsync(Pipeline pipeline, string site, string time) =>
        pipeline.SourceAsync(
            "INSERT INTO installation_structures (master_node_uid, structure, creation_date, release) VALUES ($1, '{}', $2::text::timestamp, '9.0')",
            site,
            time.Replace('T', ' ')
        );
}
