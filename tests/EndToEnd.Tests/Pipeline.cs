using System.Globalization;
using Collector;
using Collector.Foreman;
using Collector.Fuel;
using Collector.Openstack;
using Collector.Pulp;
using Etl.Loading;
using Microsoft.Extensions.Configuration;
using Npgsql;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;
using Xunit;
using Project = WarehouseSql.Definitions.Project;

namespace EndToEnd.Tests;

/// <summary>A collector's database and a warehouse of the test's own, and the loads between them.</summary>
internal sealed class Pipeline : IDisposable
{
    public const string Actions = "fuel/action_logs";
    public const string Structures = "fuel/installation_structures";

    /// <summary>What the tests of loads generate.</summary>
    public static readonly FuelOptions Small = new()
    {
        Installations = 60,
        Days = 20,
        UnreadableOneIn = 150,
    };

    // Of a key's rows the last one, partition by partition.
    private static readonly Dictionary<string, string> AsReaders = SharedSql
        .Settings.Where(s => s.Key.Contains("final", StringComparison.Ordinal))
        .ToDictionary();

    private readonly EnginesFixture _fixture;
    private readonly string _source;
    private readonly Dictionary<string, string> _settings;
    private bool _isReused;

    private Pipeline(EnginesFixture fixture, string source, string warehouse, ProjectCopy? project, ClusterFixture? cluster)
    {
        _fixture = fixture;
        _source = source;
        Copy = project;
        _settings = new Dictionary<string, string>
        {
            ["ConnectionStrings:Fuel"] = fixture.Engines.Replica.ConnectionString(source, "fuel"),
            ["ConnectionStrings:Pulp"] = fixture.Engines.Replica.ConnectionString(source, "pulp"),
            ["ConnectionStrings:Foreman"] = fixture.Engines.Replica.ConnectionString(source, "foreman"),
            ["ConnectionStrings:Openstack"] = fixture.Engines.Replica.ConnectionString(source, "openstack"),
            ["Warehouse:Url"] = cluster?.Url ?? fixture.Engines.ClickHouse.Url,
            ["Warehouse:Database"] = warehouse,
            ["Warehouse:Cluster"] = ClusterFixture.Cluster,
        };
        var options = WarehouseOptions.Read(Configuration());
        Nodes = [.. options.Nodes.Select(url => new ClickHouseClient(options, url))];
    }

    /// <summary>The changed copy of the project's files; null: the project's own.</summary>
    public ProjectCopy? Copy { get; }

    /// <summary>The files that the loads work on.</summary>
    public Project Project => Copy is null ? Project.Here : new(Copy.Root);

    /// <summary>What loads in this process take for the time.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>Each node of the warehouse.</summary>
    public IReadOnlyList<ClickHouseClient> Nodes { get; }

    /// <summary>The first node, with the database that has the rows of all of them.</summary>
    public ClickHouseClient Whole() => Warehouse.WithDatabase(WarehouseOptions.Read(Configuration()).WholeDatabase);

    /// <summary>The warehouse's first node.</summary>
    public ClickHouseClient Warehouse => Nodes[0];

    /// <summary>The primary's database, where the collector writes; unqualified names are fuel's.</summary>
    public string PrimaryConnection => PrimaryOf("fuel");

    /// <summary>The source's database.</summary>
    public string SourceDatabase => _source;

    /// <summary>As <see cref="PrimaryConnection"/>, for another system's schema.</summary>
    public string PrimaryOf(string system) => _fixture.Engines.Primary.ConnectionString(_source, system);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Two databases, the source with the collector's empty tables, the warehouse migrated and empty.</summary>
    public static async Task<Pipeline> CreateAsync(
        EnginesFixture fixture,
        ProjectCopy? project = null,
        bool migrate = true,
        ClusterFixture? cluster = null
    )
    {
        var source = await fixture.SourceAsync(Token);
        var reuses =
            migrate
            && cluster is null
            && (project is null || project.IsLike("warehouse-sql/migrations", "warehouse-sql/functions", "warehouse-sql/views"));
        var used = reuses ? await fixture.Used.TakeWarehouseAsync(Token) : null;
        var warehouse = used ?? (cluster is null ? await fixture.CreateWarehouseAsync(Token) : fixture.NewName());
        var pipeline = new Pipeline(fixture, source, warehouse, project, cluster) { _isReused = reuses };
        if (migrate && used is null)
        {
            await pipeline.MigrateAsync();
        }

        if (reuses && used is null)
        {
            await fixture.Used.NoteNewWarehouseAsync(pipeline.Warehouse, Token);
        }

        return pipeline;
    }

    /// <summary>As <see cref="CreateAsync"/>, with generated rows.</summary>
    public static async Task<Pipeline> CreateFilledAsync(EnginesFixture fixture, FuelOptions? rows = null, ProjectCopy? project = null)
    {
        var pipeline = await CreateAsync(fixture, project);
        await CollectorLoader.FillAsync(pipeline.PrimaryConnection + ";Pooling=false", rows ?? Small, cancellationToken: Token);
        await fixture.WaitForReplicaAsync(Token);
        return pipeline;
    }

    /// <summary>Puts a few rows into each table of every system.</summary>
    public async Task FillSystemsAsync()
    {
        string Of(string system) => PrimaryOf(system) + ";Pooling=false";
        var fuel = new FuelOptions { Installations = 20, Days = 10 };
        await CollectorLoader.FillAsync(Of("fuel"), fuel, cancellationToken: Token);
        await OswlLoader.FillAsync(Of("fuel"), fuel with { Installations = 60, Days = 20 }, cancellationToken: Token);
        await TaskHistoryLoader.FillAsync(Of("fuel"), fuel, cancellationToken: Token);
        await PulpLoader.FillAsync(Of("pulp"), new PulpOptions { Systems = 20 }, cancellationToken: Token);
        await ForemanLoader.FillAsync(Of("foreman"), new ForemanOptions { Sites = 20 }, cancellationToken: Token);
        await OpenstackLoader.FillAsync(Of("openstack"), new OpenstackOptions { Items = 200, Days = 60 }, cancellationToken: Token);
        await _fixture.WaitForReplicaAsync(Token);
    }

    /// <summary>What the programs read: the environment of a child process.</summary>
    public Dictionary<string, string> Environment(params (string Name, string Value)[] more)
    {
        var environment = _settings.ToDictionary(s => s.Key.Replace(":", "__", StringComparison.Ordinal), s => s.Value);
        if (Copy is not null)
        {
            environment["WAREHOUSE_ROOT"] = Copy.Root;
        }

        foreach (var (name, value) in more)
        {
            environment[name] = value;
        }

        return environment;
    }

    /// <summary>Runs one load in this process.</summary>
    public Task<LoadResult> LoadAsync(
        string extract = Actions,
        LoadRequest? request = null,
        params (string Name, string Value)[] settings
    ) => LoadAsync(extract, request, _ => { }, settings);

    /// <summary>As <see cref="LoadAsync(string, LoadRequest?, ValueTuple{string, string}[])"/>, watched.</summary>
    public async Task<LoadResult> LoadAsync(
        string extract,
        LoadRequest? request,
        Action<LoadProgress> progress,
        params (string Name, string Value)[] settings
    )
    {
        using var loader = new Loader(Configuration(settings), Project, Clock);
        return await loader.RunAsync(
            ExtractDefinition.Read(Project.PathOf("etl", "extracts", extract + ".sql"), Project.Facts()),
            request ?? new LoadRequest(LoadKind.Incremental),
            progress,
            Token
        );
    }

    /// <summary>
    /// Loads, and makes sure that the next load begins where this one ended: other tests' open transactions on the same server keep it
    /// further back until they end.
    /// </summary>
    public async Task LoadSettledAsync(string extract = Actions)
    {
        await LoadAsync(extract);
        var latest = Assert.Single(await AskSourceAsync("SELECT pg_current_xact_id()::text"));
        await _fixture.WaitForReplicaAsync(Token);
        await Wait.UntilAsync(
            async () =>
                await _fixture.Engines.Replica.ExecuteAsync(
                    "postgres",
                    $"SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > {latest}",
                    Token
                )
                    is true,
            "the transactions that were open during the load have ended"
        );
        await LoadAsync(extract);
    }

    /// <summary>A backfill of whole days, yyyy-MM-dd.</summary>
    public Task<LoadResult> BackfillAsync(string from, string to, bool force = false, bool dryRun = false, string extract = Actions) =>
        LoadAsync(extract, new LoadRequest(LoadKind.Backfill, new TimeWindow(Day(from), Day(to)), force, dryRun));

    /// <summary>Brings every node up to date.</summary>
    public Task MigrateAsync(string? url = null) =>
        WarehouseNodes.MigrateAsync(
            WarehouseOptions.Read(url is null ? Configuration() : Configuration(("Warehouse:Url", url))),
            Project,
            new TableEngines(),
            _ => { },
            Token
        );

    /// <summary>Runs statements on the primary and waits until the replica has them.</summary>
    public Task SourceAsync(string sql, params object[] parameters) => SourceAsync(sql, waits: true, parameters);

    /// <summary>As <see cref="SourceAsync(string, object[])"/>; where the replica stands still, without waiting for it.</summary>
    public async Task SourceAsync(string sql, bool waits, params object[] parameters)
    {
        await using var connection = new NpgsqlConnection(PrimaryConnection + ";Pooling=false;Command Timeout=180");
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        await command.ExecuteNonQueryAsync(Token);
        if (waits)
        {
            await _fixture.WaitForReplicaAsync(Token);
        }
    }

    /// <summary>Adds an action log whose document begins at that time; null: with a document of no time.</summary>
    public Task AddActionAsync(string installation, int operation, string? start, string name = "deploy") =>
        SourceAsync(
            "INSERT INTO action_logs (master_node_uid, external_id, body) VALUES ($1, $2, $3)",
            installation,
            operation,
            start is null
                ? "{}"
                : $$$"""{"id": {{{operation.ToString(CultureInfo.InvariantCulture)}}}, "action_name": "{{{name}}}", "action_type": "nailgun_task", "start_timestamp": "{{{start}}}", "additional_info": {"ended_with_status": "ready"}}"""
        );

    /// <summary>The source's answer on the primary, each row's values joined by a blank.</summary>
    public async Task<List<string>> AskSourceAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(PrimaryConnection + ";Pooling=false;Command Timeout=180");
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        List<string> rows = [];
        while (await reader.ReadAsync(Token))
        {
            var values = new object[reader.FieldCount];
            reader.GetValues(values);
            rows.Add(string.Join(' ', values.Select(v => v is DBNull ? "NULL" : Convert.ToString(v, CultureInfo.InvariantCulture))));
        }

        return rows;
    }

    /// <summary>The warehouse's answer as readers get it, each row's values joined by a blank.</summary>
    public async Task<List<string>> AskAsync(string sql, int node = 0)
    {
        return Joined(await Nodes[node].QueryAsync(sql, Token, new QueryOptions { Settings = AsReaders }));
    }

    /// <summary>As <see cref="AskAsync"/>, of the rows of all nodes, with the settings of reports.</summary>
    public async Task<List<string>> AskWholeAsync(string sql)
    {
        using var whole = Whole();
        return Joined(await whole.QueryAsync(sql, Token, new QueryOptions { Settings = SharedSql.Settings }));
    }

    private static List<string> Joined(ResultTable table) =>
        [
            .. table.Rows.Select(row =>
                string.Join(' ', row.Select(v => v.ValueKind == System.Text.Json.JsonValueKind.Null ? "NULL" : v.ToString()))
            ),
        ];

    /// <summary>The only value of the warehouse's answer.</summary>
    public async Task<string> AskOneAsync(string sql) => Assert.Single(await AskAsync(sql));

    /// <summary>A checksum of each of these facts' rows, whichever run loaded them.</summary>
    public async Task<List<string>> ChecksumsAsync(params string[] facts)
    {
        List<string> sums = [];
        foreach (var fact in facts)
        {
            sums.Add(
                $"{fact} {await AskOneAsync($"SELECT count(), groupBitXor(cityHash64(toString(tuple(* EXCEPT (_run))))) FROM {fact}")}"
            );
        }

        return sums;
    }

    /// <summary>Tables that a run made and left.</summary>
    public Task<List<string>> RunTablesAsync() =>
        AskAsync("SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, '_run_')");

    /// <summary>The configuration, with some settings changed.</summary>
    public IConfiguration Configuration(params (string Name, string Value)[] settings) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(_settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value)))
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Name, (string?)s.Value)))
            .Build();

    public void Dispose()
    {
        _fixture.Used.GiveSource(_source);
        if (_isReused)
        {
            _fixture.Used.GiveWarehouse(Warehouse.Database);
        }

        foreach (var node in Nodes)
        {
            node.Dispose();
        }
    }

    private static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture);
}
