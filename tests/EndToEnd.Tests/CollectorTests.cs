using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Collector;
using Collector.Fuel;
using Npgsql;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>What every other test takes for granted about the generated collector.</summary>
public sealed class CollectorTests(EnginesFixture fixture)
{
    private static readonly FuelOptions s_small = new()
    {
        Installations = 60,
        Days = 20,
        UnreadableOneIn = 150,
    };

    private static readonly Lazy<List<ActionLog>> s_actions = new(() => [.. new FuelGenerator(s_small).ActionLogs()]);

    private static readonly Lazy<List<(ActionLog Row, JsonElement Document)>> s_readable = new(() =>
        [.. s_actions.Value.Where(IsReadable).Select(row => (row, Parse(row.Body)))]
    );

    private static readonly Lazy<List<(InstallationStructure Row, JsonElement Document)>> s_structures = new(() =>
        [.. new FuelGenerator(s_small with { Installations = 600 }).InstallationStructures().Select(row => (row, Parse(row.Structure)))]
    );

    [Fact]
    public void Rows_AnyMachineAndCulture_AreThese()
    {
        // The demo and other tests expect these rows. If you mean to change them, put the new digest here.
        const string digest = "7712e7b832d96e68978d0896958bdf76e2134cdb7f356142890bc78dc239d4ef";
        var culture = CultureInfo.CurrentCulture;
        try
        {
            foreach (var name in (string[])["en-US", "ar-SA", "th-TH", "fr-FR"])
            {
                CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(name);
                var actual = Digest(s_small);
                Assert.True(actual == digest, $"in {name}, the rows' digest is {actual}");
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public void Rows_AnotherSeed_AreOthers()
    {
        var others = new FuelGenerator(s_small with { Seed = 2 }).ActionLogs().Select(row => row.MasterNodeUid).ToHashSet();
        Assert.DoesNotContain(s_actions.Value, row => others.Contains(row.MasterNodeUid));
    }

    [Fact]
    public void Rows_MoreInstallations_LeaveTheOthersAsTheyWere()
    {
        var fewer = new FuelGenerator(s_small with { Installations = 25 });
        Assert.Empty(fewer.ActionLogs().Select(Text).Except(s_actions.Value.Select(Text)));
        Assert.Empty(fewer.InstallationStructures().Select(Text).Except(new FuelGenerator(s_small).InstallationStructures().Select(Text)));
    }

    [Fact]
    public void ActionLogs_Default_AreEnoughForADemo() =>
        Assert.InRange(new FuelGenerator(new FuelOptions()).ActionLogCount, 400_000, 450_000);

    [Fact]
    public void ActionLogs_Keys_AreUniqueWithGaps()
    {
        var keys = s_actions.Value.Select(row => (row.MasterNodeUid, row.ExternalId)).ToList();
        Assert.Equal(keys.Count, keys.Distinct().Count());
        Assert.All(keys, key => Assert.InRange(key.ExternalId, 1, int.MaxValue));
        var site = s_actions.Value.GroupBy(row => row.MasterNodeUid).MaxBy(rows => rows.Count())!;
        Assert.True(site.Max(row => row.ExternalId) - site.Min(row => row.ExternalId) + 1 > site.Count(), "no gap");
    }

    [Fact]
    public void ActionLogs_Unreadable_AreOfEveryKind()
    {
        var faulty = s_actions.Value.Where(row => !IsReadable(row)).Select(row => Encoding.UTF8.GetString(row.Body.Span)).ToList();
        Assert.Contains("", faulty);
        Assert.Contains(faulty, body => body.Length > 0 && !IsJson(body));
        Assert.Contains(faulty, body => IsJson(body) && !body.StartsWith('{'));
        Assert.Contains(faulty, body => IsJson(body) && body.StartsWith('{'));
        Assert.All(new FuelGenerator(s_small with { UnreadableOneIn = 0 }).ActionLogs(), row => Assert.True(IsReadable(row)));
    }

    [Fact]
    public void ActionLogs_Documents_AgreeWithTheirRows()
    {
        Assert.All(
            s_readable.Value,
            action =>
            {
                Assert.Equal(action.Row.ExternalId, action.Document.GetProperty("id").GetInt32());
                Assert.Contains(action.Row.ActionName, (string?[])[null, action.Document.GetProperty("action_name").GetString()]);
                Assert.Contains(action.Row.ActionType, (string?[])[null, action.Document.GetProperty("action_type").GetString()]);
            }
        );
        // A collector learns to fill the columns at one moment, for all sites.
        var first = s_actions.Value.FindIndex(row => row.ActionName is not null);
        Assert.InRange(first, 1, s_actions.Value.Count / 2);
        Assert.All(s_actions.Value.Skip(first), row => Assert.NotNull(row.ActionName));
    }

    [Fact]
    public void ActionLogs_Operations_AreOfEveryKind()
    {
        var names = s_readable.Value.Select(action => action.Document.GetProperty("action_name").GetString()).ToHashSet();
        Assert.Superset(
            new HashSet<string?>
            {
                "deploy",
                "deployment",
                "provision",
                "stop_deployment",
                "reset_environment",
                "update",
                "node_deletion",
                "check_before_deployment",
                "check_networks",
                "verify_networks",
                "ostf",
                "cluster_attributes",
            },
            names
        );
        var statuses = s_readable.Value.Select(action => Status(action.Document)).ToHashSet();
        Assert.Equal(["error", "ready", "running"], statuses.OfType<string>().Order(StringComparer.Ordinal));
        Assert.All(
            s_readable.Value,
            action =>
                Assert.Equal(
                    Status(action.Document) == "running",
                    action.Document.GetProperty("end_timestamp").ValueKind == JsonValueKind.Null
                )
        );
    }

    [Fact]
    public void ActionLogs_FailedDeployments_AreRetried()
    {
        var deployments = s_readable
            .Value.Where(action => action.Document.GetProperty("action_name").GetString() == "deploy")
            .GroupBy(action => (action.Row.MasterNodeUid, Nullable(action.Document, "cluster_id")))
            .SelectMany(site => Pairs([.. site.OrderBy(action => action.Row.ExternalId).Select(action => action.Document)]))
            .Where(pair => Status(pair.First) == "error")
            .ToList();
        Assert.Equal(
            ["error", "ready"],
            deployments.Select(pair => Status(pair.Second)!).Where(status => status != "running").Distinct().Order(StringComparer.Ordinal)
        );
        var soon = deployments.Count(pair =>
            Instant(pair.Second, "start_timestamp") - Instant(pair.First, "end_timestamp") < TimeSpan.FromHours(6)
        );
        Assert.InRange(soon, deployments.Count / 2, deployments.Count - 1);

        static IEnumerable<(JsonElement First, JsonElement Second)> Pairs(List<JsonElement> tries) => tries.Zip(tries.Skip(1));
    }

    [Fact]
    public void ActionLogs_HealthChecks_HaveEveryStatusAndSet()
    {
        var runs = s_readable
            .Value.Where(action => action.Document.GetProperty("action_name").GetString() == "ostf")
            .SelectMany(action => action.Document.GetProperty("additional_info").GetProperty("testruns").EnumerateArray())
            .ToList();
        Assert.Superset(
            new HashSet<string?> { "sanity", "smoke", "ha", "platform_tests" },
            runs.Select(run => run.GetProperty("testset").GetString()).ToHashSet()
        );
        Assert.Equal(
            ["error", "failure", "skipped", "stopped", "success"],
            runs.SelectMany(run => run.GetProperty("tests").EnumerateArray())
                .Select(test => test.GetProperty("status").GetString()!)
                .Distinct()
                .Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void ActionLogs_Reports_AreLateAndOutOfOrder()
    {
        var starts = s_readable.Value.Select(action => Instant(action.Document, "start_timestamp")).ToList();
        var latest = DateTime.MinValue;
        var delays = starts.ConvertAll(start => (latest = start > latest ? start : latest) - start);
        Assert.InRange(delays.Count(delay => delay > TimeSpan.FromDays(1)), starts.Count / 200, starts.Count / 3);
        Assert.Contains(delays, delay => delay > TimeSpan.FromDays(7));
        Assert.True(latest < s_small.End.ToDateTime(TimeOnly.MinValue), "began after the period's end");
        Assert.Contains(s_readable.Value, action => action.Document.GetProperty("start_timestamp").GetString()!.Length == 19);
    }

    [Fact]
    public void ActionLogs_Versions_LackAndAddFields()
    {
        foreach (var field in (string[])["actor_id", "action_group", "is_sent", "task_uuid", "schema_version"])
        {
            Assert.Contains(s_readable.Value, action => action.Document.TryGetProperty(field, out _));
            Assert.Contains(s_readable.Value, action => !action.Document.TryGetProperty(field, out _));
        }
    }

    [Fact]
    public void Structures_Versions_LackAndAddFields()
    {
        foreach (var field in (string[])["clusters", "user_information", "fuel_packages", "schema_version"])
        {
            Assert.Contains(s_structures.Value, structure => structure.Document.TryGetProperty(field, out _));
            Assert.Contains(s_structures.Value, structure => !structure.Document.TryGetProperty(field, out _));
        }
        var clusters = s_structures.Value.SelectMany(structure => Clusters(structure.Document)).ToList();
        Assert.Contains(clusters, cluster => !cluster.TryGetProperty("attributes", out _));
        Assert.Contains(clusters, cluster => cluster.TryGetProperty("attributes", out var a) && !a.TryGetProperty("libvirt_type", out _));
        Assert.Contains(
            s_structures.Value,
            structure => structure.Document.GetProperty("clusters_num").GetInt32() != Clusters(structure.Document).Count
        );
        Assert.Contains(
            s_structures.Value,
            structure => structure.Document.TryGetProperty("clusters", out var all) && all.GetArrayLength() == 0
        );
    }

    [Fact]
    public void Structures_Environments_AreOfEveryStatusAndSystem()
    {
        var clusters = s_structures.Value.SelectMany(structure => Clusters(structure.Document)).ToList();
        Assert.Equal(
            ["deployment", "error", "new", "operational", "remove", "stopped", "update", "update_error"],
            clusters.Select(cluster => cluster.GetProperty("status").GetString()!).Distinct().Order(StringComparer.Ordinal)
        );
        Assert.Superset(
            new HashSet<string?> { "Ubuntu", "ubuntu", "CentOS", "centos" },
            clusters.Select(cluster => cluster.GetProperty("release").GetProperty("os").GetString()).ToHashSet()
        );
        Assert.All(
            clusters,
            cluster => Assert.Equal(cluster.GetProperty("nodes_num").GetInt32(), cluster.GetProperty("nodes").GetArrayLength())
        );
        Assert.InRange(clusters.Max(cluster => cluster.GetProperty("nodes_num").GetInt32()), 100, 200);
    }

    [Fact]
    public void Structures_Columns_AreSometimesNull()
    {
        var rows = s_structures.Value.ConvertAll(structure => structure.Row);
        Assert.Equal(rows.Count, rows.Select(row => row.MasterNodeUid).Distinct().Count());
        Assert.Equal([null, false, true], rows.Select(row => row.IsFiltered).Distinct().Order());
        Assert.Contains(rows, row => row.ModificationDate is null);
        Assert.Contains(rows, row => row.Release is null);
        Assert.All(
            rows,
            row => Assert.True(row.ModificationDate is null || row.ModificationDate > row.CreationDate, "modified before it was created")
        );
    }

    [Fact]
    public void People_AreInStructuresOnly()
    {
        var structures = s_structures.Value.ConvertAll(structure => structure.Document.ToString());
        Assert.All(PrivacyMarkers.All, marker => Assert.Contains(structures, text => text.Contains(marker, StringComparison.Ordinal)));
        Assert.All(
            s_actions.Value,
            row => Assert.DoesNotContain(PrivacyMarkers.All, marker => Text(row).Contains(marker, StringComparison.Ordinal))
        );
    }

    [Fact]
    public void Options_SeveralFaults_AreAllNamed()
    {
        var fault = Assert.Throws<ArgumentException>(() => new FuelGenerator(new FuelOptions { Installations = 0, Days = -1 }));
        Assert.Contains("installations: expected 1 to 10,000,000, found 0", fault.Message, StringComparison.Ordinal);
        Assert.Contains("days: expected 1 to 3,660, found -1", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ddl_UnknownSystem_NamesTheKnown()
    {
        Assert.All(
            CollectorSchema.Systems,
            system => Assert.Contains($"CREATE SCHEMA IF NOT EXISTS {system};", CollectorSchema.Ddl(system), StringComparison.Ordinal)
        );
        var fault = Assert.Throws<ArgumentException>(() => CollectorSchema.Ddl("fule"));
        Assert.Contains("there are fuel, pulp, foreman, openstack", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateAsync_SeveralAtOnce_MakesEveryTableOnce()
    {
        var database = await ConnectAsync(createTables: false);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => CollectorSchema.CreateAsync(database, Token)));
        var tables = await ReadAsync(
            database,
            "SELECT schemaname, count(*) FROM pg_tables WHERE schemaname IN ('fuel', 'pulp', 'foreman', 'openstack') GROUP BY 1 ORDER BY 1",
            row => (row.GetString(0), row.GetInt64(1))
        );
        Assert.Equal([("foreman", 4), ("fuel", 4), ("openstack", 12), ("pulp", 2)], tables);
    }

    [Fact]
    public async Task FillAsync_EmptyTables_HoldTheGeneratedRowsInOrder()
    {
        var database = await ConnectAsync();
        var results = await CollectorLoader.FillAsync(database, s_small, cancellationToken: Token);
        var actions = await ReadAsync(
            database,
            "SELECT master_node_uid, external_id, body, action_type, action_name FROM fuel.action_logs ORDER BY id",
            row => (row.GetString(0), row.GetInt32(1), row.GetString(2), row[3] as string, row[4] as string)
        );
        Assert.Equal(
            s_actions.Value.Select(row =>
                (row.MasterNodeUid, row.ExternalId, Encoding.UTF8.GetString(row.Body.Span), row.ActionType, row.ActionName)
            ),
            actions
        );
        var structures = await ReadAsync(
            database,
            "SELECT master_node_uid, structure::text, creation_date, modification_date, is_filtered, release FROM fuel.installation_structures ORDER BY id",
            row => (row.GetString(0), row.GetString(1), row.GetDateTime(2), row[3] as DateTime?, row[4] as bool?, row[5] as string)
        );
        Assert.Equal(
            new FuelGenerator(s_small)
                .InstallationStructures()
                .Select(row =>
                    (
                        row.MasterNodeUid,
                        Encoding.UTF8.GetString(row.Structure.Span),
                        row.CreationDate,
                        row.ModificationDate,
                        row.IsFiltered,
                        row.Release
                    )
                ),
            structures
        );
        Assert.Equal([actions.Count, structures.Count], results.Select(result => (int)result.Rows));
    }

    [Fact]
    public async Task FillAsync_NotEmpty_AddsOnlyOnRequestAndOnlyOtherRows()
    {
        var database = await ConnectAsync();
        await CollectorLoader.AddAsync(database, s_actions.Value.Take(10), Token);
        var refusal = await Assert.ThrowsAsync<CollectorException>(() =>
            CollectorLoader.FillAsync(database, s_small, cancellationToken: Token)
        );
        Assert.Equal("fuel.action_logs is not empty; empty it, or add to it with --append and another --seed", refusal.Message);
        await Assert.ThrowsAsync<CollectorException>(() =>
            CollectorLoader.FillAsync(database, s_small, append: true, cancellationToken: Token)
        );
        Assert.Equal([10L], await ReadAsync(database, "SELECT count(*) FROM fuel.action_logs", row => row.GetInt64(0)));

        var results = await CollectorLoader.FillAsync(database, s_small with { Seed = 2 }, append: true, cancellationToken: Token);
        Assert.Equal([10 + results[0].Rows], await ReadAsync(database, "SELECT count(*) FROM fuel.action_logs", row => row.GetInt64(0)));
    }

    [Fact]
    public async Task FillAsync_NoTables_SaysWhatToDo()
    {
        var database = await ConnectAsync(createTables: false);
        var fault = await Assert.ThrowsAsync<CollectorException>(() =>
            CollectorLoader.FillAsync(database, s_small, cancellationToken: Token)
        );
        Assert.Equal("fuel.action_logs doesn't exist; create it with `collector schema`", fault.Message);
    }

    [Fact]
    public async Task FillAsync_Stopped_LeavesNoRows()
    {
        var database = await ConnectAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var progress = new StopAtFirstReport(stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            CollectorLoader.FillAsync(database, s_small with { Installations = 300 }, progress, cancellationToken: stop.Token)
        );
        Assert.Equal([0L], await ReadAsync(database, "SELECT count(*) FROM fuel.action_logs", row => row.GetInt64(0)));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The connection string of a database of the test's own.</summary>
    private async Task<string> ConnectAsync(bool createTables = true)
    {
        var database = fixture.Engines.Primary.ConnectionString(await fixture.CreateDatabaseAsync(Token));
        if (createTables)
        {
            await CollectorSchema.CreateAsync(database, Token);
        }
        return database;
    }

    private static async Task<List<T>> ReadAsync<T>(string database, string sql, Func<NpgsqlDataReader, T> read)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Token);
        List<T> rows = [];
        while (await reader.ReadAsync(Token))
        {
            rows.Add(read(reader));
        }
        return rows;
    }

    private static string Digest(FuelOptions options)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var generator = new FuelGenerator(options);
        foreach (var row in generator.ActionLogs())
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Text(row)));
        }
        foreach (var row in generator.InstallationStructures())
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Text(row)));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Text(ActionLog row) =>
        string.Create(CultureInfo.InvariantCulture, $"{row.MasterNodeUid} {row.ExternalId} {Encoding.UTF8.GetString(row.Body.Span)}\n");

    private static string Text(InstallationStructure row) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Encoding.UTF8.GetString(row.Structure.Span)}{row.CreationDate:O} {row.ModificationDate:O} {row.IsFiltered} {row.Release}\n"
        );

    private static bool IsReadable(ActionLog row)
    {
        var body = Encoding.UTF8.GetString(row.Body.Span);
        return body.StartsWith('{')
            && IsJson(body)
            && DateTime.TryParseExact(
                Parse(row.Body).GetProperty("start_timestamp").GetString(),
                "yyyy-MM-dd'T'HH:mm:ss.FFFFFF",
                CultureInfo.InvariantCulture,
                DateTimeStyles.None,
                out _
            );
    }

    private static bool IsJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> json) => JsonElement.Parse(json.Span);

    private static DateTime Instant(JsonElement document, string field) =>
        DateTime.Parse(document.GetProperty(field).GetString()!, CultureInfo.InvariantCulture);

    private static int? Nullable(JsonElement document, string field) =>
        document.GetProperty(field) is { ValueKind: JsonValueKind.Number } number ? number.GetInt32() : null;

    private static string? Status(JsonElement document) =>
        document.GetProperty("additional_info").TryGetProperty("ended_with_status", out var status) ? status.GetString() : null;

    private static List<JsonElement> Clusters(JsonElement document) =>
        document.TryGetProperty("clusters", out var clusters) ? [.. clusters.EnumerateArray()] : [];

    private sealed class StopAtFirstReport(CancellationTokenSource stop) : IProgress<FillProgress>
    {
        public void Report(FillProgress value) => stop.Cancel();
    }
}
