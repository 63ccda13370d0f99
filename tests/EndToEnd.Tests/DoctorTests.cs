using Engines;
using Xunit;

namespace EndToEnd.Tests;

/// <summary><c>make doctor</c>: what is wrong with an installation, and what could be better.</summary>
public sealed class DoctorTests(EnginesFixture fixture)
{
    [Fact]
    public async Task Etl_WholeInstallation_SaysOfEachThingHowItIs()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        var ended = await ChildProgram.RunAsync("etl/Etl", pipeline.Environment(("ConnectionStrings__Pulp", "")), "doctor");
        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        var warehouse = $"warehouse {new Uri(fixture.Engines.ClickHouse.Url).Authority}";
        Assert.Contains($"ok      {warehouse}: ClickHouse 26.", ended.Output, StringComparison.Ordinal);
        Assert.Contains($"ok      {warehouse}: node 1 of 1, up to date", ended.Output, StringComparison.Ordinal);
        Assert.Matches($"(ok     |better ) {warehouse}: disk default: [0-9.]+ .* free", ended.Output);
        Assert.Contains($"ok      {warehouse}: the account may do what loads need", ended.Output, StringComparison.Ordinal);
        Assert.Contains("ok      source Fuel: PostgreSQL 18", ended.Output, StringComparison.Ordinal);
        Assert.Contains("better  source Fuel: the account is a superuser", ended.Output, StringComparison.Ordinal);
        Assert.Contains("ok      source Pulp: left out: ConnectionStrings__Pulp isn't set", ended.Output, StringComparison.Ordinal);
        Assert.Contains("ok      extract openstack/raw_item_ts: its SELECT runs", ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Etl_FaultsOfEachKind_AreOneLineEachAndHideNoOther()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture, migrate: false);
        var role = $"reader_{pipeline.SourceDatabase}";
        await pipeline.SourceAsync(
            $"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA fuel TO {role}; GRANT SELECT ON action_logs, oswl_stats, tasks_history TO {role}"
        );
        var limited = fixture
            .Engines.Replica.ConnectionString(pipeline.SourceDatabase, "fuel")
            .Replace("postgres", role, StringComparison.Ordinal);
        var ended = await ChildProgram.RunAsync(
            "etl/Etl",
            pipeline.Environment(
                ("ConnectionStrings__Fuel", limited),
                ("ConnectionStrings__Foreman", "Host=127.0.0.1;Port=9;Username=a;Database=b")
            ),
            "doctor"
        );
        Assert.Equal((1, ""), (ended.Code, ended.Errors));
        Assert.Matches("WRONG   warehouse .*: lacks the migrations 0001_ledger, .*; run `make migrate`", ended.Output);
        Assert.Matches("WRONG   source Foreman: no connection to the source Foreman: ", ended.Output);
        Assert.Matches(
            $"WRONG   extract fuel/installation_structures: etl/extracts/fuel/installation_structures.sql: permission denied for table .* — GRANT SELECT on it to {role}",
            ended.Output
        );
        Assert.Contains("ok      extract fuel/action_logs: its SELECT runs", ended.Output, StringComparison.Ordinal);
        Assert.Contains("ok      extract pulp/systems: its SELECT runs", ended.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("superuser", Line(ended.Output, "source Fuel: the"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_ReaderThatMayTooMuchAndAMailServerThatIsGone_AreTold()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.AddActionAsync("a", 1, "2026-01-01T00:00:00");
        await pipeline.LoadAsync();
        var much = await ChildProgram.RunAsync(
            "reports/Reports.Cli",
            pipeline.Environment(("Smtp__Host", "127.0.0.1"), ("Smtp__Port", "9")),
            "doctor"
        );
        Assert.Equal(1, much.Code);
        Assert.Contains(
            "better  reading the warehouse: the account may write what it only needs to read",
            much.Output,
            StringComparison.Ordinal
        );
        Assert.Matches("WRONG   mails: 127\\.0\\.0\\.1:9: .*check Smtp__Host", much.Output);

        var right = await ChildProgram.RunAsync(
            "reports/Reports.Cli",
            pipeline.Environment(
                ("Warehouse__User", ClickHouseServer.Reader),
                ("Warehouse__Password", ClickHouseServer.Reader),
                ("Reports__BaseUrl", "https://reports.example.org")
            ),
            "doctor"
        );
        Assert.Equal((0, ""), (right.Code, right.Errors));
        Assert.DoesNotContain("may write what", right.Output, StringComparison.Ordinal);
        Assert.Contains("ok      ledger of mails: may be written", right.Output, StringComparison.Ordinal);
        Assert.Contains("better  alerts: go to nobody", right.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("have no links", right.Output, StringComparison.Ordinal);
    }

    private static string Line(string output, string with) =>
        output.Split('\n').FirstOrDefault(l => l.Contains(with, StringComparison.Ordinal)) ?? "";
}
