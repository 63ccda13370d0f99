using System.Globalization;
using Etl.Loading;
using Microsoft.Extensions.Configuration;
using Npgsql;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;
using WarehouseSql.Programs;

namespace Etl;

/// <summary>Looks at all that loads need: each node of the warehouse, each source, each extract's SELECT.</summary>
internal sealed class Doctor(IConfiguration configuration, Project project, Findings findings)
{
    // Times of both sides are compared in days and hours, and noted in milliseconds.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(2);
    private const double LeastFree = 0.1;

    /// <summary>Looks at everything that is configured.</summary>
    public async Task ExamineAsync(IReadOnlyList<ExtractDefinition> extracts, CancellationToken token)
    {
        var options = WarehouseOptions.Read(configuration);
        foreach (var (number, url) in options.Nodes.Index())
        {
            var of = $"warehouse {url.Authority}";
            await findings.LookAsync(of, t => NodeAsync(of, options, number + 1, url, t), token);
        }

        foreach (var source in extracts.GroupBy(e => e.Source))
        {
            var of = $"source {source.Key}";
            if (configuration.GetConnectionString(source.Key) is not { Length: > 0 } connection)
            {
                findings.Add(of, Verdict.Fine, $"left out: ConnectionStrings__{source.Key} isn't set");
                continue;
            }

            await findings.LookAsync(of, t => SourceAsync(of, connection, [.. source], t), token);
        }
    }

    private async Task NodeAsync(string of, WarehouseOptions options, int number, Uri url, CancellationToken token)
    {
        using var node = new ClickHouseClient(options, url);
        using var server = node.WithDatabase("");
        var began = DateTimeOffset.UtcNow;
        var answer = (await server.QueryAsync("SELECT version(), toUnixTimestamp64Milli(now64(3))", token)).Rows[0];
        Clock(of, began, DateTimeOffset.FromUnixTimeMilliseconds(answer[1].GetInt64()));
        findings.Add(of, Verdict.Fine, $"ClickHouse {answer[0].GetString()} answers");
        if (!url.IsLoopback && url.Scheme == "http")
        {
            findings.Add(of, Verdict.Doubtful, "the line isn't encrypted, and the password goes over it: https:// in Warehouse__Url");
        }

        var pending = await new Migrator(node, project, TableEngines.Read(configuration)).PendingAsync(token);
        if (pending.Count > 0)
        {
            findings.Add(of, Verdict.Wrong, $"lacks the migrations {string.Join(", ", pending)}; run `make migrate`");
            return;
        }

        foreach (var old in number == 1 ? await OldRows.FindAsync([node], project, TableEngines.Read(configuration), token) : [])
        {
            findings.Add(of, Verdict.Doubtful, old.Said);
        }

        await WarehouseNodes.CheckAsync(node, number, options.Nodes.Count, project, token);
        findings.Add(of, Verdict.Fine, $"node {number} of {options.Nodes.Count}, up to date");
        await DiskAsync(of, node, token);
        await RightsAsync(of, node, token);
    }

    private void Clock(string of, DateTimeOffset began, DateTimeOffset theirs)
    {
        var ours = began + ((DateTimeOffset.UtcNow - began) / 2);
        if ((theirs - ours).Duration() is var skew && skew > ClockSkew)
        {
            findings.Add(
                of,
                Verdict.Doubtful,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"its clock is {skew.TotalSeconds:0.0} s {(theirs > ours ? "ahead of" : "behind")} this machine's; set both by NTP"
                )
            );
        }
    }

    private async Task DiskAsync(string of, ClickHouseClient node, CancellationToken token)
    {
        var disks = await node.QueryAsync("SELECT name, free_space, total_space FROM system.disks WHERE total_space > 0", token);
        foreach (var disk in disks.Rows)
        {
            var (free, total) = ((double)disk[1].GetUInt64(), (double)disk[2].GetUInt64());
            var says = $"disk {disk[0].GetString()}: {ProgressLine.Bytes((long)free)} of {ProgressLine.Bytes((long)total)} free";
            findings.Add(
                of,
                free < total * LeastFree ? Verdict.Doubtful : Verdict.Fine,
                says + (free < total * LeastFree ? "; a backfill needs room for the partitions that it replaces" : "")
            );
        }
    }

    private async Task RightsAsync(string of, ClickHouseClient node, CancellationToken token)
    {
        var lacks = new List<string>();
        foreach (var right in (string[])["SELECT", "INSERT", "CREATE TABLE", "CREATE VIEW", "DROP TABLE", "DROP VIEW", "ALTER"])
        {
            if (!await node.MayAsync($"{right} ON {node.Database}.*", token))
            {
                lacks.Add(right);
            }
        }

        findings.Add(
            of,
            lacks.Count == 0 ? Verdict.Fine : Verdict.Wrong,
            lacks.Count == 0
                ? "the account may do what loads need"
                : $"the account may not {string.Join(", ", lacks)} in {node.Database}; GRANT ALL ON {node.Database}.* to it"
        );
        if (await node.MayAsync("ACCESS MANAGEMENT ON *.*", token))
        {
            findings.Add(
                of,
                Verdict.Doubtful,
                "the account may also manage accounts; give loads one of their own (docs: users and grants)"
            );
        }
    }

    private async Task SourceAsync(string of, string connectionString, IReadOnlyList<ExtractDefinition> extracts, CancellationToken token)
    {
        var source = extracts[0].Source;
        await using var connection = await SourceConnection.OpenAsync(source, SourceOptions.Read(source, connectionString), token);
        var began = DateTimeOffset.UtcNow;
        var server = await AskAsync(
            connection,
            """
            SELECT current_setting('server_version'), pg_is_in_recovery(), clock_timestamp(), rolsuper,
              current_setting('hot_standby_feedback') = 'on', current_setting('max_standby_streaming_delay'),
              coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)
            FROM pg_roles WHERE rolname = current_user
            """,
            token
        );
        Clock(of, began, new DateTimeOffset((DateTime)server[2], TimeSpan.Zero));
        var isReplica = (bool)server[1];
        findings.Add(
            of,
            isReplica ? Verdict.Fine : Verdict.Doubtful,
            $"PostgreSQL {server[0]} answers{(isReplica ? ", a replica" : "; it is no replica, so long reads hold up the collector (Etl__AllowPrimary=true takes it all the same)")}"
        );
        if (isReplica && !(bool)server[4] && server[5] is not "-1")
        {
            findings.Add(
                of,
                Verdict.Doubtful,
                $"it cancels reads that are in the way of its replay for over {server[5]}, and loads begin again with smaller ranges; `hot_standby_feedback = on` there avoids it"
            );
        }

        if ((bool)server[3])
        {
            findings.Add(
                of,
                Verdict.Doubtful,
                "the account is a superuser; SELECT on the extracts' tables is enough (docs: users and grants)"
            );
        }

        if (!(bool)server[6] && connection.Host is { } host && host is not ("localhost" or "127.0.0.1" or "::1") && host[0] != '/')
        {
            findings.Add(of, Verdict.Doubtful, "the line isn't encrypted: `SSL Mode=VerifyFull` in the connection string");
        }

        foreach (var extract in extracts)
        {
            await SelectAsync(connection, extract, token);
        }
    }

    private async Task SelectAsync(NpgsqlConnection connection, ExtractDefinition extract, CancellationToken token)
    {
        try
        {
            await using var command = new NpgsqlCommand($"SELECT * FROM (\n{extract.Select}\n) AS x LIMIT 0", connection);
            await command.ExecuteNonQueryAsync(token);
            findings.Add($"extract {extract.Name}", Verdict.Fine, "its SELECT runs");
        }
        catch (PostgresException e)
        {
            var remedy = e.SqlState switch
            {
                "42501" => $" — GRANT SELECT on it to {connection.UserName}",
                "42P01" => " — is it the right database, and its search path?",
                _ => "",
            };
            findings.Add($"extract {extract.Name}", Verdict.Wrong, $"{Project.Relative(extract.Path)}: {e.MessageText}{remedy}");
        }
    }

    private static async Task<object[]> AskAsync(NpgsqlConnection connection, string sql, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(token);
        await reader.ReadAsync(token);
        var values = new object[reader.FieldCount];
        reader.GetValues(values);
        return values;
    }
}
