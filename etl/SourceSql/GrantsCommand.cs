using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Npgsql;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace SourceSql;

/// <summary>The command <c>grants</c> of both programs: the SQL that gives an account what its SELECTs read at the sources.</summary>
internal static class GrantsCommand
{
    /// <summary>Makes it.</summary>
    /// <param name="role">The account's usual name.</param>
    /// <param name="selects">The SELECTs: of which source, from which file.</param>
    public static Command Create(string role, Func<IEnumerable<(string Source, string Path, string Select)>> selects)
    {
        var given = new Option<string>("--role") { Description = "The account", DefaultValueFactory = _ => role };
        var apply = new Option<bool>("--apply") { Description = "Run it on the primaries (Primaries__<source>) as well" };
        var command = new Command("grants", "Write the SQL that gives an account what is read at the sources, and nothing more")
        {
            given,
            apply,
        };
        command.SetAction(
            (parsed, token) => RunAsync(Settings.Read(), parsed.GetRequiredValue(given), parsed.GetValue(apply), selects(), token)
        );
        return command;
    }

    private static async Task<int> RunAsync(
        IConfiguration configuration,
        string role,
        bool applies,
        IEnumerable<(string Source, string Path, string Select)> selects,
        CancellationToken token
    )
    {
        var (faults, isAll) = (0, true);
        var databases = new Dictionary<string, (NpgsqlConnectionStringBuilder Primary, List<string> Sources, List<ReadColumn> Columns)>();
        foreach (var source in selects.GroupBy(s => s.Source).OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            if (configuration[$"Primaries:{source.Key}"] is not { Length: > 0 } connectionString)
            {
                await Console.Error.WriteLineAsync(
                    $"{source.Key}: left out, so nothing is taken from {role} either; set Primaries__{source.Key} to the connection string of an account that owns the tables, on the primary"
                );
                isAll = false;
                continue;
            }

            try
            {
                var primary = SourceOptions.Read(source.Key, connectionString);
                await using var connection = await SourceConnection.OpenAsync(source.Key, primary, token);
                var read = await SourceGrants.ReadAsync(connection, role, source.Select(s => (Project.Relative(s.Path), s.Select)), token);
                var of = $"{primary.Host}:{primary.Port}/{connection.Database}";
                databases.TryAdd(of, (primary, [], []));
                databases[of].Sources.Add(source.Key);
                databases[of].Columns.AddRange(read);
            }
            catch (SourceException e)
            {
                await Console.Error.WriteLineAsync($"error: {source.Key}: {CleanText.Line(e.Message)}");
                faults++;
            }
        }

        // A database of which a part isn't known is left as it is: what is missing would be taken away.
        foreach (var (of, (primary, sources, columns)) in faults == 0 ? databases : [])
        {
            var grants = SourceGrants.For(role, columns, isAll);
            Console.WriteLine($"-- {of}: {string.Join(", ", sources)}\nBEGIN;\n{string.Join(";\n", grants)};\nCOMMIT;\n");
            if (applies)
            {
                await using var connection = await SourceConnection.OpenAsync(sources[0], primary, token);
                await SourceGrants.ApplyAsync(connection, grants, token);
                await Console.Error.WriteLineAsync($"{of}: done");
            }
        }

        return faults == 0 ? 0 : 1;
    }
}
