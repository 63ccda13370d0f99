using System.CommandLine;
using Reports.Catalogs;
using Reports.Cli.Hosting;
using Reports.Definitions;
using WarehouseSql.Definitions;

namespace Reports.Cli.Commands;

/// <summary>Says what a column is made of and what is made of it; or who reads a table.</summary>
internal static class LineageCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("column")
        {
            Description =
                "A column, such as fuel_action.duration_s, fuel/deployment-time.avg_s or fuel/action_logs.body; or a fact or view",
        };
        var command = new Command("lineage", "Say what a column is made of, from the source to reports, and what is made of it") { name };
        command.SetAction(
            async (parsed, token) =>
            {
                using var services = Services.Create();
                var lineage = await Lineage.ReadAsync(
                    services.Project,
                    async (sql, bound) =>
                        (
                            await services.Runner.AskAsync(
                                $"EXPLAIN QUERY TREE run_passes = 1\n{SharedSql.ToClickHouse(sql)}",
                                token,
                                bound
                            )
                        ).Texts,
                    services.Time
                );
                Write(services.Project, lineage, parsed.GetRequiredValue(name).Trim());
            }
        );
        return command;
    }

    private static void Write(Project project, Lineage lineage, string name)
    {
        var columns = lineage.Columns.ToDictionary(c => c.ToString());
        if (columns.TryGetValue(name, out var column))
        {
            Console.WriteLine(name);
            Tree("is made of", column, lineage.MadeOf);
            Tree("makes up", column, lineage.MakesUp);
            var choosing = lineage.ChosenBy(column).ToList();
            List("chooses, joins or groups in", choosing);
            Digests(project, lineage.AllOf(column).Select(c => c.Table).Concat(choosing));
            return;
        }

        if (columns.Values.All(c => c.Table != name))
        {
            var tables = columns.Values.Select(c => c.Table).Distinct();
            throw new ReportException(
                $"there is no column or table '{name}'{Closest.Of(name, columns.Keys.Concat(tables), "columns and tables")}"
            );
        }

        Console.WriteLine(name);
        var readers = lineage.ReadersOf(name).ToList();
        List("is read by", readers);
        Digests(project, readers);
    }

    private static void Tree(string title, ColumnName column, Func<ColumnName, IEnumerable<ColumnName>> next)
    {
        var first = next(column).ToList();
        Console.WriteLine();
        Console.WriteLine(first.Count == 0 ? $"{title} nothing else" : title);
        var seen = new HashSet<ColumnName>();
        first.ForEach(c => Show(c, 1));

        void Show(ColumnName one, int depth)
        {
            var isNew = seen.Add(one);
            Console.WriteLine($"{new string(' ', 2 * depth)}{one}{(isNew || !next(one).Any() ? "" : " (as above)")}");
            if (isNew)
            {
                next(one).ToList().ForEach(c => Show(c, depth + 1));
            }
        }
    }

    private static void Digests(Project project, IEnumerable<string> reports)
    {
        var all = reports.ToHashSet();
        List(
            "and so is in",
            project.Digests().Values.Where(d => d.Reports.Any(r => all.Contains(r.Report))).Select(d => $"digest {d.Name}")
        );
    }

    private static void List(string title, IEnumerable<string> lines)
    {
        var all = lines.ToList();
        if (all.Count > 0)
        {
            Console.WriteLine();
            Console.WriteLine(title);
            all.ForEach(l => Console.WriteLine($"  {l}"));
        }
    }
}
