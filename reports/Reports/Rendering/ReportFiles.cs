using Reports.Definitions;
using Reports.Running;
using Reports.Values;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace Reports.Rendering;

/// <summary>Writes reports into a folder: a page, a CSV, a JSON and an Excel file each, all of one result, and an index of all.</summary>
/// <remarks>A file appears whole or not at all: it is written beside its place and moved there at the end.</remarks>
internal sealed class ReportFiles(ReportRunner runner, ReportPages pages, string folder)
{
    /// <summary>The name of the catalogue's page.</summary>
    public const string CatalogFile = "catalog.html";

    private const string Unfinished = ".part";
    private static readonly (string Ending, string Name)[] Downloads = [(".csv", "CSV"), (".json", "JSON"), (".xlsx", "Excel")];
    private static readonly string[] Endings = [.. Downloads.Select(d => d.Ending), ".html"];

    /// <summary>The index.</summary>
    public string IndexPath => Path.Combine(folder, "index.html");

    /// <summary>The catalogue.</summary>
    public string CatalogPath => Path.Combine(folder, CatalogFile);

    /// <summary>Where a report's page is.</summary>
    public string PageOf(ReportDefinition report) => Path.Combine(folder, report.Name + ".html");

    /// <summary>Fails at once, before anything runs, where the folder can't be written.</summary>
    /// <exception cref="ReportException">It can't.</exception>
    public void CheckWritable()
    {
        try
        {
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, $".writable-{Guid.NewGuid():N}");
            File.Create(probe, 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ReportException($"can't write into {folder}: {e.Message} — choose another folder (--out), or make it writable", e);
        }
    }

    /// <summary>Runs a report with its defaults and writes its files; a failure is the entry's, and leaves the older files.</summary>
    public async Task<IndexEntry> WriteAsync(ReportDefinition report, FactLoads loads, CancellationToken token)
    {
        var path = Path.Combine(folder, report.Name);
        var rows = new TableSink(ReportPages.ShownRows, report);
        try
        {
            var run = runner.Prepare(report, new Dictionary<string, string>(), loads);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var outcome = await WriteRowsAsync(run, path, rows, token);
            await File.WriteAllBytesAsync(
                path + ".html" + Unfinished,
                pages.Report(run, outcome, rows, [.. Downloads.Select(d => new ReportLink(Path.GetFileName(path) + d.Ending, d.Name))]),
                token
            );
            Publish(path);
            return new IndexEntry(
                report,
                outcome.Rows,
                ReportPages.SmallChart(report, rows),
                new TableModel(report, rows).Figures,
                run.Freshness,
                null,
                outcome.Took
            );
        }
#pragma warning disable CA1031 // Whatever it is, the other reports are written.
        catch (Exception e) when (!token.IsCancellationRequested)
#pragma warning restore CA1031
        {
            Discard(path);
            return new IndexEntry(report, 0, null, [], loads.Of(report.Sql), e.Message, TimeSpan.Zero);
        }
        catch
        {
            Discard(path);
            throw;
        }
    }

    /// <summary>Writes the index.</summary>
    public void WriteIndex(IReadOnlyList<IndexEntry> entries) => Write(IndexPath, pages.Index(entries));

    /// <summary>Writes the catalogue.</summary>
    public void WriteCatalog(byte[] page) => Write(CatalogPath, page);

    private async Task<ReportOutcome> WriteRowsAsync(ReportRun run, string path, TableSink rows, CancellationToken token)
    {
        await using var csv = File.Create(path + ".csv" + Unfinished);
        await using var json = File.Create(path + ".json" + Unfinished);
        await using var xlsx = File.Create(path + ".xlsx" + Unfinished);
        await using var jsonSink = new JsonSink(json, run);
        return await runner.RunAsync(run, ReportPages.FileRows, [rows, new CsvSink(csv), jsonSink, new XlsxSink(xlsx, run)], token);
    }

    private static void Write(string path, byte[] page)
    {
        File.WriteAllBytes(path + Unfinished, page);
        File.Move(path + Unfinished, path, overwrite: true);
    }

    private static void Publish(string path)
    {
        foreach (var ending in Endings)
        {
            File.Move(path + ending + Unfinished, path + ending, overwrite: true);
        }
    }

    private static void Discard(string path)
    {
        foreach (var ending in Endings)
        {
            File.Delete(path + ending + Unfinished);
        }
    }
}
