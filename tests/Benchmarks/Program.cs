using System.CommandLine;
using System.Globalization;
using Benchmarks;
using Engines;

var rows = new Option<int>("--rows")
{
    Description = "Action logs of the load; the large fact has ten times as many",
    DefaultValueFactory = _ => 2_000_000,
};
var runs = new Option<int>("--runs") { Description = "Runs of each, alternating; the figures are medians", DefaultValueFactory = _ => 5 };
var only = new Option<string[]>("--only")
{
    Description = $"Some of {string.Join(", ", Suite.Usual)}; or scale alone, at so many rows, ten and a hundred times as many",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [.. Suite.Usual],
};
var results = new Option<string?>("--out") { Description = "The folder of the result page; by default it is only printed" };
only.AcceptOnlyFromAmong([.. Suite.Parts]);
var command = new RootCommand("Measures loads and reports on real engines") { rows, runs, only, results };
command.SetAction(
    async (parsed, token) =>
    {
        try
        {
            var page = new ResultPage(parsed.GetValue(results), parsed.GetValue(only) is ["scale"] ? "growth-" : "");
            await using (var bench = await Bench.StartAsync(token))
            {
                await new Suite(bench, page, parsed.GetValue(rows), parsed.GetValue(runs)).RunAsync(parsed.GetValue(only)!, token);
            }

            Console.Write(page.ToString());
            return 0;
        }
        catch (Exception e)
            when (e
                    is EngineException
                        or InvalidOperationException
                        or WarehouseSql.Programs.UserException
                        or Npgsql.NpgsqlException
                        or WarehouseSql.ClickHouse.WarehouseException
                        or IOException
            )
        {
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"bench: {e.Message.ReplaceLineEndings(" ")}"));
            return 1;
        }
    }
);
return await command.Parse(args).InvokeAsync();
