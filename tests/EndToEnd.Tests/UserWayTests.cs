using System.Runtime.Versioning;
using Npgsql;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>The way of a new user, with the programs that `make` calls: engines up, own rows, migrate, extract, report.</summary>
[SupportedOSPlatform("linux")]
public sealed class UserWayTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("user-way-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Run => Path.Combine(_folder, "run");

    // PostgreSQL's account must be able to pass through.
    public UserWayTests() => File.SetUnixFileMode(_folder, (UnixFileMode)0b111_101_101);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task OwnRows_AfterMigrateAndExtract_AreInTheReports()
    {
        await RunAsync("tests/Engines", [], "up", "--dir", Run);
        try
        {
            var environment = ReadEnvironment();
            await RunAsync("tests/Collector", environment, "schema");
            Assert.StartsWith(
                $"{new Uri(environment["Warehouse__Url"]).Authority}: applied 0001_ledger, ",
                (await RunAsync("etl/Etl", environment, "migrate")).Output,
                StringComparison.Ordinal
            );
            await InsertAsync(environment);
            var extracted = await RunAsync("etl/Etl", environment, "extract");
            Assert.Matches(@"fuel/action_logs\s+4\s+1\s.*published", extracted.Output);
            Assert.Matches(@"fuel/installation_structures\s+3\s+0\s.*published", extracted.Output);
            await AssertReportsAsync(environment);
        }
        finally
        {
            await RunAsync("tests/Engines", [], "down", "--dir", Run);
        }

        Assert.False(File.Exists(Path.Combine(Run, "env")));
    }

    private static async Task AssertReportsAsync(Dictionary<string, string> environment)
    {
        var reader = new Dictionary<string, string>(environment)
        {
            ["Warehouse__User"] = environment["REPORTS_USER"],
            ["Warehouse__Password"] = environment["REPORTS_PASSWORD"],
        };
        Assert.Equal(
            "os,environments,installations,share\nubuntu,2,2,0.6666666666666666\ncentos,1,1,0.3333333333333333\n",
            await ReportAsync(reader, "fuel/os-distribution")
        );
        Assert.Equal(
            "os,environments,installations,share\ncentos,1,1,0.5\nubuntu,1,1,0.5\n",
            await ReportAsync(reader, "fuel/os-distribution", "--params", "release=8.0")
        );
        Assert.Equal("release,deployments,avg_s,p50_s,p90_s\n9.0,1,90.5,90.5,90.5\n", await ReportAsync(reader, "fuel/deployment-time"));
        Assert.Equal(
            "environments,avg_failures,max_failures,never_succeeded\n1,1,1,0\n",
            await ReportAsync(reader, "fuel/failures-before-success")
        );
        var unknown = await ChildProgram.RunAsync("reports/Reports.Cli", reader, "run", "fuel/os-distributio");
        Assert.Equal(1, unknown.Code);
        Assert.Empty(unknown.Output);
        Assert.Contains("fuel/os-distribution", Assert.Single(unknown.ErrorLines), StringComparison.Ordinal);
    }

    // As people do with psql.
    private static async Task InsertAsync(Dictionary<string, string> environment)
    {
        await using var primary = new NpgsqlConnection(
            $"Host=127.0.0.1;Port={environment["PRIMARY_PORT"]};Username=postgres;Database=collector;Search Path=fuel;Pooling=false"
        );
        await primary.OpenAsync(Token);
        await using var insert = new NpgsqlCommand(
            """
            INSERT INTO installation_structures (master_node_uid, structure, creation_date, release, is_filtered) VALUES
            ('a', '{"clusters": [{"id": 1, "status": "operational", "release": {"os": "Ubuntu"}}, {"id": 2, "status": "new", "release": {"os": "Ubuntu"}}]}', now(), '9.0', NULL),
            ('b', '{"clusters": [{"id": 1, "status": "error", "release": {"os": "CentOS"}}, {"id": 2, "status": "operational", "release": {"os": "ubuntu"}}]}', now(), '8.0', false),
            ('c', '{"clusters": [{"id": 1, "status": "operational", "release": {"os": "ubuntu"}}]}', now(), '9.0', true);
            UPDATE installation_structures SET structure = jsonb_set(structure::jsonb, '{fuel_release}', '{"release": "8.0"}')::json WHERE master_node_uid = 'b';
            INSERT INTO action_logs (master_node_uid, external_id, body) VALUES
            ('a', 1, '{"action_name": "deploy", "action_type": "nailgun_task", "cluster_id": 1, "start_timestamp": "2026-01-05T10:00:00", "end_timestamp": "2026-01-05T10:10:00", "additional_info": {"ended_with_status": "error"}}'),
            ('a', 2, '{"action_name": "deploy", "action_type": "nailgun_task", "cluster_id": 1, "start_timestamp": "2026-01-05T11:00:00", "end_timestamp": "2026-01-05T11:01:30.5", "additional_info": {"ended_with_status": "ready"}}'),
            ('a', 3, 'no document'),
            ('c', 1, '{"action_name": "deploy", "action_type": "nailgun_task", "cluster_id": 1, "start_timestamp": "2026-01-05T11:00:00", "end_timestamp": "2026-01-05T11:01:30.5", "additional_info": {"ended_with_status": "ready"}}')
            """,
            primary
        );
        await insert.ExecuteNonQueryAsync(Token);
        await using var written = new NpgsqlCommand("SELECT pg_current_wal_lsn()::text", primary);
        var lsn = (string)(await written.ExecuteScalarAsync(Token))!;
        await using var replica = new NpgsqlConnection(environment["ConnectionStrings__Fuel"] + ";Pooling=false");
        await replica.OpenAsync(Token);
        await using var replayed = new NpgsqlCommand($"SELECT pg_last_wal_replay_lsn() >= '{lsn}'", replica);
        await Wait.UntilAsync(async () => await replayed.ExecuteScalarAsync(Token) is true, "the replica has the rows");
    }

    private static async Task<string> ReportAsync(Dictionary<string, string> environment, params string[] arguments)
    {
        var ended = await RunAsync("reports/Reports.Cli", environment, ["run", .. arguments, "--format", "csv"]);
        Assert.Empty(ended.Errors);
        return ended.Output;
    }

    private static async Task<Ended> RunAsync(string project, Dictionary<string, string> environment, params string[] arguments)
    {
        var ended = await ChildProgram.RunAsync(project, environment, arguments);
        Assert.True(ended.Code == 0, $"{project} {string.Join(' ', arguments)}: {ended.Errors}");
        return ended;
    }

    private Dictionary<string, string> ReadEnvironment() =>
        File.ReadLines(Path.Combine(Run, "env"))
            .Select(line => line["export ".Length..].Split('=', 2))
            .ToDictionary(parts => parts[0], parts => parts[1].Trim('\''));
}
