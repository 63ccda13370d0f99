using Reports.Definitions;
using Reports.Rendering;
using Reports.Running;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace Reports.Mail;

/// <summary>Runs a digest's reports, composes its mail and has it delivered. A report that fails says so in the mail; the others still go.</summary>
internal sealed class Digester(ReportRunner runner, DigestMail composer, Postman postman)
{
    /// <summary>Does all of it; returns the mail and where it went.</summary>
    /// <exception cref="WarehouseException">The warehouse isn't reached: no mail is better than one that says nothing.</exception>
    /// <exception cref="ReportException">The mail can't be made or delivered.</exception>
    public async Task<(ComposedMail Mail, string Where, long Rows)> SendAsync(DigestDefinition digest, CancellationToken token)
    {
        var loads = await runner.LoadsAsync(token).ConfigureAwait(false);
        var parts = new List<DigestPart>();
        foreach (var item in digest.Reports)
        {
            parts.Add(await RunAsync(item, loads, token).ConfigureAwait(false));
        }

        var mail = composer.Compose(digest, parts);
        return (mail, await postman.DeliverAsync(mail, token).ConfigureAwait(false), parts.Sum(p => p.Outcome?.Rows ?? 0));
    }

    private async Task<DigestPart> RunAsync(DigestReport item, FactLoads loads, CancellationToken token)
    {
        ReportDefinition? report = null;
        try
        {
            report = ReportDefinition.Read(item.Report);
            var run = runner.Prepare(report, item.Params, loads);
            var rows = new TableSink(ReportPages.ShownRows);
            var outcome = await runner.RunAsync(run, ReportPages.ShownRows, [rows], token).ConfigureAwait(false);
            return new DigestPart(item, report, run, outcome, rows, null);
        }
        catch (Exception e) when (e is ReportException or WarehouseException or DefinitionException)
        {
            return new DigestPart(item, report, null, null, null, e.Message);
        }
    }
}
