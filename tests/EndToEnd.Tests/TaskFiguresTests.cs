using System.Globalization;
using Collector.Fuel;
using Reports.Running;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>The reports on deployment tasks against the collector's PostgreSQL; and updates of tasks that were still running.</summary>
public sealed class TaskFiguresTests(EnginesFixture fixture)
{
    private const string Tasks = "fuel/tasks_history";

    /// <summary>Tasks of installations that aren't set aside, with the Puppet run where there was one. @installation '' is all.</summary>
    private const string Task = """
        task AS (
          SELECT *, extract(epoch FROM CASE WHEN time_end >= time_start THEN time_end - time_start END)::float8 AS seconds,
            (summary#>>'{resources,total}')::int AS resources, (summary#>>'{resources,changed}')::int AS changed, (summary#>>'{resources,failed}')::int AS failed,
            (summary#>>'{time,total}')::float8 AS puppet_seconds
          FROM tasks_history
          WHERE master_node_uid NOT IN (SELECT master_node_uid FROM installation_structures WHERE is_filtered)
            AND (@installation = '' OR master_node_uid = @installation)),
        begun AS (SELECT * FROM task WHERE time_start >= @from AND time_start < @to)
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The questions by report.</summary>
    public static IReadOnlyDictionary<string, string> Questions { get; } =
        new Dictionary<string, string>
        {
            ["fuel/task-runs"] = $"""
                WITH {Task}
                SELECT master_node_uid AS installation_uid, cluster_id AS environment_id, deployment_task_id AS run_id, count(*) AS tasks,
                  count(*) FILTER (WHERE status = 'ready') AS ready, count(*) FILTER (WHERE status = 'error') AS error, count(*) FILTER (WHERE status = 'skipped') AS skipped,
                  min(time_start) AS started_at,
                  CASE WHEN NOT bool_or(status IN ('pending', 'running')) THEN max(time_end) END AS ended_at,
                  extract(epoch FROM CASE WHEN NOT bool_or(status IN ('pending', 'running')) THEN max(time_end) - min(time_start) END)::float8 AS duration_s
                FROM task GROUP BY 1, 2, 3 HAVING min(time_start) >= @from AND min(time_start) < @to
                ORDER BY min(time_start) DESC, master_node_uid COLLATE "C", cluster_id, deployment_task_id
                """,
            ["fuel/task-nodes"] = $"""
                WITH {Task}
                SELECT master_node_uid AS installation_uid, cluster_id AS environment_id, node_id, count(DISTINCT deployment_task_id) AS runs, count(*) AS tasks,
                  count(*) FILTER (WHERE status = 'ready') AS ready, count(*) FILTER (WHERE status = 'error') AS error, sum(seconds) AS busy_s
                FROM begun GROUP BY 1, 2, 3
                ORDER BY error DESC, busy_s DESC NULLS LAST, master_node_uid COLLATE "C", cluster_id, node_id COLLATE "C"
                """,
            ["fuel/task-environments"] = $"""
                WITH {Task}
                SELECT master_node_uid AS installation_uid, cluster_id AS environment_id, count(DISTINCT deployment_task_id) AS runs,
                  count(DISTINCT deployment_task_id) FILTER (WHERE status = 'error') AS failed_runs, count(DISTINCT node_id) AS nodes, count(*) AS tasks,
                  count(*) FILTER (WHERE status = 'error') AS error, sum(seconds) AS busy_s
                FROM begun GROUP BY 1, 2
                ORDER BY failed_runs DESC, runs DESC, master_node_uid COLLATE "C", cluster_id
                """,
            ["fuel/slowest-tasks"] = $"""
                WITH {Task}
                SELECT task_name AS task, count(*) AS executions, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS p50_s,
                  percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS p90_s, percentile_cont(0.99) WITHIN GROUP (ORDER BY seconds) AS p99_s, max(seconds) AS max_s
                FROM begun WHERE seconds IS NOT NULL GROUP BY 1 ORDER BY p90_s DESC, p50_s DESC, task_name COLLATE "C"
                """,
            ["fuel/failing-tasks"] = $"""
                WITH {Task}
                SELECT task_name AS task, count(*) AS executions, count(*) FILTER (WHERE status = 'error') AS errors,
                  count(*) FILTER (WHERE status = 'error')::float8 / count(*) AS error_rate,
                  count(DISTINCT (master_node_uid, deployment_task_id)) FILTER (WHERE status = 'error') AS runs,
                  count(DISTINCT master_node_uid) FILTER (WHERE status = 'error') AS installations
                FROM begun WHERE status IN ('ready', 'error') GROUP BY 1 HAVING bool_or(status = 'error')
                ORDER BY errors DESC, error_rate DESC, task_name COLLATE "C"
                """,
            ["fuel/puppet-changes"] = $"""
                WITH {Task}
                SELECT task_name AS task, count(*) AS puppet_runs, sum(resources) AS resources, sum(changed) AS resources_changed, sum(failed) AS resources_failed,
                  sum(changed)::float8 / nullif(sum(resources), 0) AS changed_share, avg(puppet_seconds) AS avg_puppet_s
                FROM begun WHERE summary IS NOT NULL GROUP BY 1 ORDER BY resources_changed DESC, task_name COLLATE "C"
                """,
            ["fuel/task-history"] = $"""
                WITH {Task}
                SELECT master_node_uid AS installation_uid, cluster_id AS environment_id, deployment_task_id AS run_id, task_name AS task, node_id, status,
                  time_start AS started_at, time_end AS ended_at, seconds AS duration_s
                FROM task
                WHERE (@run = 0 OR deployment_task_id = @run) AND (@nodes = '' OR node_id = ANY(string_to_array(@nodes, ',')))
                  AND (@statuses = '' OR status = ANY(string_to_array(@statuses, ',')))
                ORDER BY master_node_uid COLLATE "C", deployment_task_id, id
                """,
        };

    [Theory]
    [MemberData(nameof(Seeds.All), MemberType = typeof(Seeds))]
    public async Task Report_GeneratedTasks_HasTheFiguresOfTheSource(long seed)
    {
        var options = new FuelOptions
        {
            Seed = seed,
            Installations = 150,
            Days = 20,
            UnreadableOneIn = 150,
        };
        using var pipeline = await Pipeline.CreateFilledAsync(fixture, options);
        await TaskHistoryLoader.FillAsync(pipeline.PrimaryConnection + ";Pooling=false", options, cancellationToken: Token);
        await fixture.WaitForReplicaAsync(Token);
        await pipeline.LoadAsync(Pipeline.Structures);
        await pipeline.LoadAsync(Tasks);
        var runner = new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System);
        var busiest = (
            await pipeline.AskSourceAsync(
                "SELECT master_node_uid, deployment_task_id FROM tasks_history WHERE master_node_uid NOT IN (SELECT master_node_uid FROM installation_structures WHERE is_filtered) GROUP BY 1, 2 ORDER BY bool_or(status = 'error') DESC, count(summary) DESC, 1, 2 LIMIT 1"
            )
        )[0]
            .Split(' ');
        foreach (var (name, question) in Questions)
        {
            var rows = await Figures.CompareAsync(pipeline, runner, name, question, Parameters());
            Assert.True(rows > 0, $"{name} has no rows");
            await Figures.CompareAsync(pipeline, runner, name, question, Parameters(from: "2026-09-18", to: "2026-09-24"));
            Assert.True(
                await Figures.CompareAsync(pipeline, runner, name, question, Parameters(busiest[0])) > 0,
                $"{name} has no rows for {busiest[0]}"
            );
        }

        var history = await Figures.CompareAsync(
            pipeline,
            runner,
            "fuel/task-history",
            Questions["fuel/task-history"],
            Parameters(
                busiest[0],
                run: int.Parse(busiest[1], CultureInfo.InvariantCulture),
                nodes: "master,1",
                statuses: "ready,error,skipped"
            )
        );
        Assert.True(history > 0, "no tasks of the busiest run");
    }

    [Fact]
    public async Task Report_TasksThatWereRunning_AreFollowedToTheirEnd()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.SourceAsync(
            """
            INSERT INTO tasks_history (master_node_uid, deployment_task_id, cluster_id, task_name, node_id, time_start, time_end, status) VALUES
            ('a', 1, 1, 'keys', 'master', '2026-09-01 10:00', '2026-09-01 10:01', 'ready'),
            ('a', 1, 1, 'hiera', '1', '2026-09-01 10:01', NULL, 'running'),
            ('a', 1, 1, 'database', '1', NULL, NULL, 'pending')
            """
        );
        await pipeline.LoadSettledAsync(Tasks);
        await pipeline.SourceAsync(
            """
            INSERT INTO tasks_history (master_node_uid, deployment_task_id, cluster_id, task_name, node_id, time_start, time_end, status)
            SELECT 'b', n, 1, 'keys', 'master', '2026-09-02 10:00', '2026-09-02 10:01', 'ready' FROM generate_series(1, 2000) n
            """
        );
        await pipeline.LoadSettledAsync(Tasks);
        await pipeline.SourceAsync(
            """
            UPDATE tasks_history SET status = 'ready', time_end = '2026-09-01 10:02' WHERE task_name = 'hiera';
            UPDATE tasks_history SET status = 'error', time_start = '2026-09-01 10:02', time_end = '2026-09-01 10:03', summary = '{"resources": {"total": 5, "changed": 2, "failed": 1}}' WHERE task_name = 'database'
            """
        );
        await pipeline.LoadAsync(Tasks);
        var runner = new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System);
        foreach (var (name, question) in Questions)
        {
            Assert.True(await Figures.CompareAsync(pipeline, runner, name, question, Parameters()) > 0, name);
        }

        Assert.Equal("2003", await pipeline.AskOneAsync("SELECT count() FROM fuel_task"));
    }

    private static Dictionary<string, object> Parameters(
        string installation = "",
        string from = "2010-01-01",
        string to = "2100-01-01",
        int run = 0,
        string nodes = "",
        string statuses = ""
    ) =>
        new()
        {
            ["from"] = DateOnly.ParseExact(from, "yyyy-MM-dd", CultureInfo.InvariantCulture),
            ["to"] = DateOnly.ParseExact(to, "yyyy-MM-dd", CultureInfo.InvariantCulture),
            ["installation"] = installation,
            ["run"] = run,
            ["nodes"] = nodes,
            ["statuses"] = statuses,
        };
}
