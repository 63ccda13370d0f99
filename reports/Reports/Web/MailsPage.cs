using System.Globalization;
using System.Text;
using Reports.Definitions;
using Reports.Delivery;
using Reports.Rendering;
using WarehouseSql.ClickHouse;

namespace Reports.Web;

/// <summary>The digests and when they are due, and what the ledger tells of the mails of the last month.</summary>
internal sealed class MailsPage(DeliveryLedger ledger, Templates templates, TimeProvider time)
{
    private const int MostShown = 200;

    /// <summary>Writes the page.</summary>
    /// <exception cref="WarehouseException">The ledger can't be read.</exception>
    public async Task WriteAsync(HttpContext context)
    {
        var log = await ledger.ReadAsync(null, context.RequestAborted).ConfigureAwait(false);
        var all = log.Listed().ToList();
        await context.WriteAsync(Encoding.UTF8.GetBytes(templates.Render("mails", new
        {
            Web = new { Assets.Links },
            MadeAt = CellText.Instant(time.GetUtcNow()),
            Digests = DigestDefinition.ReadAll().Values.Select(Digest).ToList(),
            Mails = all.Take(MostShown).Select(Mail).ToList(),
            Count = CellText.Count(all.Count, "mail") + (all.Count > MostShown ? string.Create(CultureInfo.InvariantCulture, $", the last {MostShown} of them") : ""),
            Unclear = all.Count(s => s.State == Standing.Unclear) is > 0 and var unclear ? CellText.Count(unclear, "mail") : null,
        }))).ConfigureAwait(false);
    }

    private object Digest(DigestDefinition digest)
    {
        var zone = Schedules.Zone(digest.TimeZone)!;
        return new
        {
            digest.Name,
            digest.Title,
            digest.Schedule,
            digest.TimeZone,
            Next = Schedules.Next(digest.Schedule, zone, time.GetUtcNow()) is { } next ? TimeZoneInfo.ConvertTime(next, zone).ToString("ddd yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : "never",
            Readers = CellText.Count(digest.To.Count, "reader"),
            Reports = digest.Reports.Select(r => new { Name = r.Report }).ToList(),
        };
    }

    private static object Mail(DeliveryStanding mail) => new
    {
        mail.Key.Id,
        What = $"{mail.Key.Kind} {mail.Key.Name}",
        mail.Key.Occurrence,
        mail.Key.Recipient,
        State = mail.State.ToString().ToLowerInvariant(),
        IsBad = mail.State is Standing.Unclear or Standing.Refused,
        Since = CellText.Instant(new DateTimeOffset(mail.Since, TimeSpan.Zero)),
        Detail = mail.Last?.Detail ?? "",
    };
}
