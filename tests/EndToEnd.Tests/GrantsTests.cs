using Etl.Loading;
using Npgsql;
using Reports.Definitions;
using SourceSql;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>What <c>make grants</c> gives is enough for all loads and watches, and no more than they read.</summary>
public sealed class GrantsTests(EnginesFixture fixture)
{
    private static readonly string[] Systems = ["Fuel", "Pulp", "Foreman", "Openstack"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Grants_Applied_AreEnoughForEverythingAndNoMore()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.FillSystemsAsync();
        var (loads, watches) = ($"l_{pipeline.SourceDatabase}", $"w_{pipeline.SourceDatabase}");
        // More than is needed, from before.
        await pipeline.SourceAsync($"CREATE ROLE {loads} LOGIN; GRANT SELECT, DELETE ON openstack.poc, fuel.action_logs TO {loads}");
        foreach (var (program, role) in ((string, string)[])[("etl/Etl", loads), ("reports/Reports.Cli", watches)])
        {
            var written = await RunAsync(pipeline, program, role);
            Assert.True(written.Code == 0, written.Errors);
            Assert.True((await RunAsync(pipeline, program, role, "--apply")).Code == 0);
            // Applied or not, it says the same.
            Assert.Equal(written.Output, (await RunAsync(pipeline, program, role)).Output);
        }

        await fixture.WaitForReplicaAsync(Token);
        var accounts = Systems.Select(s => ($"ConnectionStrings:{s}", As(loads, s))).ToArray();
        foreach (var extract in Project.Here.Extracts())
        {
            var result = await pipeline.LoadAsync(extract.Name, null, accounts);
            Assert.Equal(WarehouseSql.Runs.RunOutcome.Published, result.Run.Outcome);
            Assert.True(result.Run.RowsRead > 0, extract.Name);
        }

        foreach (var watch in Project.Here.Watches().Values)
        {
            await AskAsync(As(watches, watch.Source), $"SELECT * FROM (\n{watch.Select}\n) AS w");
        }

        // People's names stay at the source, and so does what nobody reads.
        foreach (var column in (string[])["first_name", "last_name", "email"])
        {
            await RefusesAsync(As(loads, "Openstack"), $"SELECT {column} FROM poc");
        }

        Assert.Equal(["False"], await pipeline.AskSourceAsync($"SELECT has_table_privilege('{loads}', 'fuel.action_logs', 'DELETE')"));
        await RefusesAsync(As(watches, "Fuel"), "SELECT * FROM oswl_stats");

        string As(string role, string system) =>
            new NpgsqlConnectionStringBuilder(fixture.Engines.Replica.ConnectionString(pipeline.SourceDatabase, system.ToLowerInvariant()))
            {
                Username = role,
            }.ConnectionString;
    }

    [Fact]
    public async Task Grants_ToWhomTheyDontLimit_AreRefused()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        var ended = await RunAsync(pipeline, "etl/Etl", "postgres");
        Assert.Equal(1, ended.Code);
        Assert.All(
            ended.ErrorLines,
            l =>
                Assert.EndsWith(
                    ": postgres is a superuser or owns tables, whom grants don't limit; name an account that only reads: ROLE=",
                    l,
                    StringComparison.Ordinal
                )
        );
        var unset = await ChildProgram.RunAsync("etl/Etl", pipeline.Environment(), "grants");
        Assert.Equal((0, ""), (unset.Code, unset.Output));
        Assert.Contains(
            "Fuel: left out, so nothing is taken from warehouse_etl either; set Primaries__Fuel",
            unset.Errors,
            StringComparison.Ordinal
        );
    }

    // A few rows of each table.

    private static Task<Ended> RunAsync(Pipeline pipeline, string program, string role, params string[] more) =>
        ChildProgram.RunAsync(
            program,
            pipeline.Environment([.. Systems.Select(s => ($"Primaries__{s}", pipeline.PrimaryOf(s.ToLowerInvariant())))]),
            ["grants", "--role", role, .. more]
        );

    private static async Task RefusesAsync(string connection, string sql) =>
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => AskAsync(connection, sql))).SqlState);

    private static async Task AskAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }
}
