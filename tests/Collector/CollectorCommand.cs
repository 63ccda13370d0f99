using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Collector.Fuel;
using Npgsql;

namespace Collector;

/// <summary>The command line of the program `collector`.</summary>
internal static class CollectorCommand
{
    public static RootCommand Create()
    {
        var connection = new Option<string?>("--connection")
        {
            Description = "Npgsql connection string of the primary; by default database collector at 127.0.0.1:$PRIMARY_PORT",
        };
        return new RootCommand("A telemetry collector's database: its tables, and believable rows for them")
        {
            Schema(connection),
            Fill(connection),
        };
    }

    private static Command Schema(Option<string?> connection)
    {
        var command = new Command("schema", "Create the schemas and tables that are missing") { connection };
        command.SetAction(
            (result, token) =>
                RunAsync(async () =>
                {
                    await CollectorSchema.CreateAsync(ConnectionString(result.GetValue(connection)), token);
                    await Console.Error.WriteLineAsync($"schemas and tables are there: {string.Join(", ", CollectorSchema.Systems)}");
                })
        );
        return command;
    }

    private static Command Fill(Option<string?> connection)
    {
        var scale = new Option<double>("--scale") { Description = "Times 2,000 installations", DefaultValueFactory = _ => 1 };
        var seed = new Option<long>("--seed") { Description = "Another seed gives other installations", DefaultValueFactory = _ => 1 };
        var installations = new Option<int?>("--installations") { Description = "How many installations, instead of by --scale" };
        var days = new Option<int>("--days") { Description = "Days of received reports", DefaultValueFactory = _ => 90 };
        var end = new Option<string>("--end")
        {
            Description = "The day after the last one: a date, or today",
            DefaultValueFactory = _ => "2026-10-01",
        };
        var append = new Option<bool>("--append")
        {
            Description = "Add to fuel's action logs and structures, and leave all else as it is; needs another seed",
        };
        var command = new Command("fill", "Generate rows for every system and load them")
        {
            connection,
            scale,
            seed,
            installations,
            days,
            end,
            append,
        };
        command.SetAction(
            (result, token) =>
                RunAsync(() =>
                    FillAsync(
                        ConnectionString(result.GetValue(connection)),
                        new FuelOptions
                        {
                            Installations = result.GetValue(installations) ?? (int)Math.Round(2_000 * result.GetValue(scale)),
                            Days = result.GetValue(days),
                            End = Day(result.GetValue(end)!, TimeProvider.System),
                            Seed = result.GetValue(seed),
                        },
                        result.GetValue(append),
                        token
                    )
                )
        );
        return command;
    }

    private static async Task FillAsync(string connectionString, FuelOptions options, bool append, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var results = await WholeCollector.FillAsync(connectionString, options, new FillReport(Console.Error), append, cancellationToken);
        foreach (var result in results)
        {
            await Console.Error.WriteLineAsync(FillReport.Line(result));
        }
        await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"filled in {watch.Elapsed.TotalSeconds:0.0} s"));
        if (Environment.GetEnvironmentVariable("STEPS_FILE") is { Length: > 0 } path)
        {
            await File.AppendAllLinesAsync(path, results.Select(FillReport.Step), cancellationToken);
        }
    }

    private static string ConnectionString(string? given)
    {
        if (!string.IsNullOrWhiteSpace(given))
        {
            return given;
        }
        var port = Environment.GetEnvironmentVariable("PRIMARY_PORT");
        return string.IsNullOrEmpty(port)
            ? throw new ArgumentException(
                "no --connection given and PRIMARY_PORT is not set; start the engines with `make up` and source .run/env"
            )
            : $"Host=127.0.0.1;Port={port};Username=postgres;Database=collector";
    }

    private static DateOnly Day(string text, TimeProvider time)
    {
        if (text == "today")
        {
            return DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        }
        return DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
            : throw new ArgumentException($"--end: expected a date like 2026-10-01 or today, found '{text}'");
    }

    private static async Task<int> RunAsync(Func<Task> action)
    {
        try
        {
            await action();
            return 0;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("collector: stopped; nothing of an unfinished table remains");
            return 130;
        }
        catch (Exception e) when (e is CollectorException or NpgsqlException or ArgumentException or IOException)
        {
            var hint = e.InnerException is SocketException ? "; start it with `make up`, or say where it is with --connection" : "";
            await Console.Error.WriteLineAsync($"collector: {e.Message.ReplaceLineEndings(" ")}{hint}");
            return 1;
        }
    }
}
