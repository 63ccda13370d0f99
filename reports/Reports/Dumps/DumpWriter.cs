using System.Security.Cryptography;
using Reports.Definitions;
using Reports.Rendering;
using Reports.Running;
using WarehouseSql.Programs;

namespace Reports.Dumps;

/// <summary>Writes dumps: a CSV file a table, streamed from the warehouse in flat memory, and a manifest.</summary>
/// <remarks>
/// A dump appears whole or not at all, and one that is there stays until the next is whole: it is written beside its place and moved there.
/// </remarks>
internal sealed class DumpWriter(ReportRunner runner, TimeProvider time, string folder)
{
    /// <summary>How long one table may take.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromHours(2);

    /// <summary>Where a system's dump is.</summary>
    public string FolderOf(string system) => Path.Combine(folder, system);

    /// <summary>Writes a dump with those values; returns its manifest.</summary>
    /// <exception cref="ReportException">
    /// A value is unknown, a table failed, or the folder can't be written; what was there before is still there.
    /// </exception>
    public async Task<DumpManifest> WriteAsync(
        DumpSet set,
        IReadOnlyDictionary<string, string> given,
        Action<DumpFile> progress,
        CancellationToken token
    )
    {
        var values = set.Resolve(given, time);
        await runner.CheckValuesAsync(values, token);
        var unfinished = Path.Combine(folder, $".{set.System}-{Guid.NewGuid():N}.part");
        try
        {
            PrivateFiles.CreateFolder(unfinished);
            var manifest = await WriteAsync(set, values, unfinished, progress, token);
            await using (var text = PrivateFiles.Open(Path.Combine(unfinished, "manifest.json"), FileMode.CreateNew, FileAccess.Write))
            {
                await text.WriteAsync(System.Text.Encoding.UTF8.GetBytes(manifest.ToJson()), token);
            }

            Publish(unfinished, FolderOf(set.System));
            return manifest;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ReportException(
                $"can't write the dump into {FolderOf(set.System)}: {e.Message} — choose another folder (--out), or make room in it",
                e
            );
        }
        finally
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }
        }
    }

    private async Task<DumpManifest> WriteAsync(
        DumpSet set,
        IReadOnlyList<(ReportParameter Parameter, string Value)> values,
        string target,
        Action<DumpFile> progress,
        CancellationToken token
    )
    {
        var begun = time.GetUtcNow();
        var before = await runner.LoadsAsync(token);
        var files = new List<DumpFile>();
        foreach (var table in set.Tables)
        {
            var given = values
                .Where(v => table.Parameters.Any(p => p.Name == v.Parameter.Name))
                .ToDictionary(v => v.Parameter.Name, v => v.Value);
            files.Add(await WriteAsync(runner.Prepare(table, given, before), target, token));
            progress(files[^1]);
        }

        var after = await runner.LoadsAsync(token);
        var facts = set.Tables.SelectMany(t => before.Of(t.Sql).Facts).Distinct().Order(StringComparer.Ordinal);
        var (period, filters) = DumpManifest.Group(values);
        return new DumpManifest
        {
            System = set.System,
            Period = period,
            Filters = filters,
            DumpedAt = begun,
            LoadedAt = files.Min(f => f.LoadedAt),
            LoadedMeanwhile = [.. facts.Where(f => before.Of(f).At != after.Of(f).At)],
            Files = files,
        };
    }

    private async Task<DumpFile> WriteAsync(ReportRun run, string target, CancellationToken token)
    {
        var name = Path.GetFileNameWithoutExtension(run.Report.Path) + ".csv";
        await using (var file = PrivateFiles.Open(Path.Combine(target, name), FileMode.CreateNew, FileAccess.ReadWrite))
        {
            var outcome = await runner.RunAsync(run, ReportRunner.AllRows, [new CsvSink(file)], token);
            file.Position = 0;
            var sum = await SHA256.HashDataAsync(file, token);
            return new DumpFile(name, run.Report.Title, outcome.Rows, file.Length, Convert.ToHexStringLower(sum), run.Freshness.At);
        }
    }

    // A folder can't be put in the place of a full one in one step: for a moment there is none, never half a one.
    private static void Publish(string unfinished, string place)
    {
        var old = unfinished + ".old";
        if (Directory.Exists(place))
        {
            Directory.Move(place, old);
        }

        Directory.Move(unfinished, place);
        if (Directory.Exists(old))
        {
            Directory.Delete(old, recursive: true);
        }
    }
}
