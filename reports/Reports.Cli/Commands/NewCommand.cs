using System.CommandLine;
using System.Text.RegularExpressions;
using Reports.Definitions;
using WarehouseSql.Definitions;

namespace Reports.Cli.Commands;

/// <summary><c>reports new</c>: a definition and a test to start from, which run as they are.</summary>
internal static partial class NewCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("report") { Description = "The new report: system/name" };
        var command = new Command("new", "Write a report's definition and test to start from") { name };
        command.SetAction(
            async (parsed, token) =>
            {
                foreach (var file in await WriteAsync(Project.Here, parsed.GetRequiredValue(name), token))
                {
                    await Console.Error.WriteLineAsync($"wrote {Project.Relative(file)}");
                }

                await Console.Error.WriteLineAsync($"run it: make report REPORT={parsed.GetValue(name)}");
            }
        );
        return command;
    }

    /// <summary>Writes both files; returns their paths.</summary>
    /// <exception cref="ReportException">The name isn't one, the system has no facts, or the report exists.</exception>
    public static async Task<IReadOnlyList<string>> WriteAsync(Project project, string name, CancellationToken token, string? folder = null)
    {
        if (!Name().IsMatch(name))
        {
            throw new ReportException(
                $"expected a report's name as system/name, of small letters, digits and '-', such as fuel/my-question; found '{name}'"
            );
        }

        var (system, report) = (
            name[..name.IndexOf('/', StringComparison.Ordinal)],
            name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..]
        );
        var facts = project.Facts();
        var fact =
            Fact(system, facts.Values)
            ?? throw new ReportException(
                $"there is no system '{system}': no fact in warehouse-sql/facts begins with {system}_; there are {string.Join(", ", facts.Keys.Select(SystemOf).Distinct().Order(StringComparer.Ordinal))}"
            );
        var root = Path.Combine(folder ?? project.ReportsFolder(), system);
        string[] paths = [Path.Combine(root, report + ".sql"), Path.Combine(root, report + ".test.yaml")];
        if (paths.FirstOrDefault(File.Exists) is { } there)
        {
            throw new ReportException($"{Project.Relative(there)} exists already; choose another name, or edit it");
        }

        Directory.CreateDirectory(root);
        await File.WriteAllTextAsync(paths[0], Definition(project, report, fact), token);
        await File.WriteAllTextAsync(paths[1], Test(fact), token);
        return paths;
    }

    // The fact of the system with the shortest key: its test needs the fewest columns.
    private static FactDefinition? Fact(string system, IEnumerable<FactDefinition> facts) =>
        facts
            .Where(f => SystemOf(f.Name) == system)
            .OrderBy(f => f.Key.Count)
            .ThenBy(f => f.Columns.ContainsKey("release") ? 0 : 1)
            .ThenBy(f => f.Name, StringComparer.Ordinal)
            .FirstOrDefault();

    private static string SystemOf(string fact) => fact.Split('_')[0];

    private static string Definition(Project project, string report, FactDefinition fact)
    {
        var (group, site) = (GroupOf(fact), SiteOf(fact));
        return $$"""
            /*---
            title: {{char.ToUpperInvariant(report[0])}}{{report[1..].Replace('-', ' ')}}
            asks: How many sites does each {{group.Replace('_', ' ')}} have?
            params:
              {{group}}: {type: String, default: '', is: "a {{group.Replace('_', ' ')}}; empty means all"}
            chart: {type: bar, x: {{group}}, y: sites}
            columns:
              {{group}}: {is: the {{group.Replace('_', ' ')}}}
              sites: {format: integer, is: sites that have reported it}
            ---*/
            SELECT
              {{group}},
              uniqExact({{site}}) AS sites
            FROM {{Source(project, fact)}}
            WHERE {{{group}}:String} = '' OR {{group}} = {{{group}}:String}
            GROUP BY {{group}}
            ORDER BY sites DESC, {{group}}

            """;
    }

    // The view of present, counted rows where the system has one: a report that starts from it leaves out what counts nowhere.
    private static string Source(Project project, FactDefinition fact) =>
        File.Exists(project.PathOf("warehouse-sql", "views", fact.Name + "_current.sql")) ? fact.Name + "_current" : fact.Name;

    private static string Test(FactDefinition fact)
    {
        var group = GroupOf(fact);
        return $$"""
            - case: nothing was reported
              expect: []

            - case: a site counts once
              given:
                {{fact.Name}}:
                  - {{{Row(fact, "a", 1)}}, {{group}}: one}
                  - {{{Row(fact, "a", 2)}}, {{group}}: one}
                  - {{{Row(fact, "b", 1)}}, {{group}}: two}
              expect:
                - {{{group}}: one, sites: 1}
                - {{{group}}: two, sites: 1}

            - case: one of them alone
              given:
                {{fact.Name}}:
                  - {{{Row(fact, "a", 1)}}, {{group}}: one}
                  - {{{Row(fact, "b", 1)}}, {{group}}: two}
              params: {{{group}}: two}
              expect:
                - {{{group}}: two, sites: 1}

            """;
    }

    // Every column of the key has a value: rows that agree in it are one row.
    private static string Row(FactDefinition fact, string site, int number) =>
        string.Join(
            ", ",
            fact.Key.Select(k =>
                k == SiteOf(fact) ? $"{k}: {site}"
                : k.EndsWith("_at", StringComparison.Ordinal) ? $"{k}: '2026-01-0{number} 00:00:00'"
                : $"{k}: {number}"
            )
        );

    // What a fact counts: the sites that it tells of, or else whatever its key begins with.
    private static string SiteOf(FactDefinition fact) => fact.Columns.FirstOrDefault(c => c.Value.Identifies == "site").Key ?? fact.Key[0];

    private static string GroupOf(FactDefinition fact) =>
        fact.Columns.ContainsKey("release")
            ? "release"
            : fact.Columns.Keys.FirstOrDefault(c => c.EndsWith("_name", StringComparison.Ordinal) || c is "status" or "name")
                ?? fact.Columns.Keys.First(c => !fact.Key.Contains(c));

    [GeneratedRegex("^[a-z][a-z0-9]*/[a-z0-9][a-z0-9-]*$")]
    private static partial Regex Name();
}
