using Collector;
using Collector.Foreman;
using Collector.Pulp;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>The generated rows of pulp and foreman: the same each time, with the odd cases that a source holds.</summary>
public sealed class SystemFillTests(EnginesFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PulpFill_Default_IsTheSameEachTimeAndHoldsTheOddCases()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        string[] tables = ["pulp.pulpanalytics_system", "pulp.pulpanalytics_component"];
        await FillPulpAsync(pipeline, new PulpOptions());
        var first = await SumsAsync(pipeline, tables);
        await pipeline.SourceAsync("TRUNCATE pulp.pulpanalytics_system CASCADE");
        await FillPulpAsync(pipeline, new PulpOptions());
        Assert.Equal(first, await SumsAsync(pipeline, tables));
        await pipeline.SourceAsync("TRUNCATE pulp.pulpanalytics_system CASCADE");
        await FillPulpAsync(pipeline, new PulpOptions { Seed = 2 });
        Assert.NotEqual(first, await SumsAsync(pipeline, tables));

        Assert.Equal(
            ["14 2026-09-17 2026-09-30"],
            await pipeline.AskSourceAsync(
                """
                SELECT count(DISTINCT day), min(day)::text, max(day)::text FROM (SELECT (created AT TIME ZONE 'UTC')::date AS day FROM pulp.pulpanalytics_system) AS seen
                """
            )
        );
        // A day's first check-in only, never before the first one ever, and in the order of ids.
        Assert.Equal(
            ["True True True"],
            await pipeline.AskSourceAsync(
                """
                SELECT count(DISTINCT (system_id, (created AT TIME ZONE 'UTC')::date)) = count(*), bool_and(created >= first_seen), bool_and(created >= before)
                FROM (SELECT *, lag(created, 1, created) OVER (ORDER BY id) AS before FROM pulp.pulpanalytics_system) AS ordered
                """
            )
        );
        await AssertEachAsync(
            pipeline,
            "SELECT {0} FROM pulp.pulpanalytics_system",
            "bool_or(postgresql_version = 0)",
            "bool_or(postgresql_version BETWEEN 90000 AND 99999)",
            "bool_or(users IS NULL)",
            "bool_or(domains IS NULL AND users IS NOT NULL)",
            "bool_or(worker_processes = 0)",
            "bool_or(created = first_seen)",
            "bool_or(date_trunc('day', created, 'UTC') = created)"
        );
        await AssertEachAsync(
            pipeline,
            "SELECT {0} FROM pulp.pulpanalytics_system AS s LEFT JOIN pulp.pulpanalytics_component AS c ON c.system_id = s.id",
            "bool_or(c.id IS NULL)",
            "bool_or(version = 'main')",
            "bool_or(version = '3.49')",
            "bool_or(version LIKE '%rc%')",
            "count(DISTINCT c.name) = 11"
        );
    }

    [Fact]
    public async Task ForemanFill_Default_IsTheSameEachTimeAndHoldsTheOddCases()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        string[] tables = ["foreman.uploads", "foreman.proxies", "foreman.plugins", "foreman.compute_resources"];
        await FillForemanAsync(pipeline);
        var first = await SumsAsync(pipeline, tables);
        await pipeline.SourceAsync("TRUNCATE foreman.uploads CASCADE");
        await FillForemanAsync(pipeline);
        Assert.Equal(first, await SumsAsync(pipeline, tables));

        await AssertEachAsync(
            pipeline,
            "SELECT {0} FROM foreman.uploads",
            "bool_or(uuid IS NULL)",
            "bool_or(updated_at IS NULL)",
            "bool_or(core_version IS NULL)",
            "bool_or(core_version = 'develop')",
            "max(updated_at) < '2026-10-01Z'",
            "bool_or(id NOT IN (SELECT upload_id FROM foreman.proxies))",
            "bool_or(id NOT IN (SELECT upload_id FROM foreman.plugins))",
            "bool_or(id NOT IN (SELECT upload_id FROM foreman.compute_resources))"
        );
        await AssertEachAsync(
            pipeline,
            "SELECT {0} FROM foreman.proxies",
            "bool_or(features IS NULL)",
            "bool_or(features = '{}')",
            "bool_or(array_position(features, NULL) IS NOT NULL)",
            "bool_or(cardinality(array_positions(features, 'Logs')) > 1)",
            "bool_or(version IS NULL)"
        );
        await AssertEachAsync(
            pipeline,
            "SELECT {0} FROM foreman.plugins",
            "bool_or(name IS NULL)",
            "bool_or(version IS NULL)",
            "count(*) > count(DISTINCT (upload_id, name, version))"
        );
        await AssertEachAsync(
            pipeline,
            "SELECT {0} FROM foreman.compute_resources",
            "bool_or(type IS NULL)",
            "count(*) > count(DISTINCT (upload_id, type))"
        );
    }

    [Fact]
    public async Task Fill_TablesThatAreNotEmpty_AreRefusedAndIdsGoOn()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await FillPulpAsync(pipeline, new PulpOptions { Systems = 5, Days = 3 });
        var fault = await Assert.ThrowsAsync<CollectorException>(() => FillPulpAsync(pipeline, new PulpOptions { Systems = 5, Days = 3 }));
        Assert.Equal("pulp.pulpanalytics_system is not empty; empty it first", fault.Message);
        await pipeline.SourceAsync(
            "INSERT INTO pulp.pulpanalytics_system (system_id, created, first_seen) VALUES (gen_random_uuid(), now(), now())"
        );
        Assert.Equal(["True"], await pipeline.AskSourceAsync("SELECT max(id) = count(*) FROM pulp.pulpanalytics_system"));
        await pipeline.SourceAsync("DROP TABLE foreman.compute_resources");
        await Assert.ThrowsAsync<CollectorException>(() => FillForemanAsync(pipeline));
        Assert.Equal(["0"], await pipeline.AskSourceAsync("SELECT count(*) FROM foreman.uploads"));
    }

    private static Task<IReadOnlyList<FillResult>> FillPulpAsync(Pipeline pipeline, PulpOptions options) =>
        PulpLoader.FillAsync(pipeline.PrimaryOf("pulp") + ";Pooling=false", options, cancellationToken: Token);

    private static Task<IReadOnlyList<FillResult>> FillForemanAsync(Pipeline pipeline) =>
        ForemanLoader.FillAsync(pipeline.PrimaryOf("foreman") + ";Pooling=false", new ForemanOptions(), cancellationToken: Token);

    private static async Task AssertEachAsync(Pipeline pipeline, string from, params string[] conditions)
    {
        foreach (var condition in conditions)
        {
            var question = string.Format(System.Globalization.CultureInfo.InvariantCulture, from, condition);
            Assert.True((await pipeline.AskSourceAsync(question)) is ["True"], question);
        }
    }

    private static async Task<List<string>> SumsAsync(Pipeline pipeline, string[] tables)
    {
        List<string> sums = [];
        foreach (var table in tables)
        {
            sums.AddRange(
                await pipeline.AskSourceAsync($"SELECT '{table}', count(*), sum(hashtextextended(t::text, 0)) FROM {table} AS t")
            );
        }

        return sums;
    }
}
