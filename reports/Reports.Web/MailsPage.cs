using System.Globalization;
using System.Text;
using Reports.Definitions;
using Reports.Mail;
using Reports.Mail.Delivery;
using Reports.Rendering;
using Reports.Values;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Runs;

namespace Reports.Web;

/// <summary>The digests and when they are due, and what the ledger tells of the mails of the last month.</summary>
internal sealed class MailsPage(IEnumerable<DigestDefinition> digests, MailLedger ledger, Templates templates, TimeProvider time)
{
    private const int MostShown = 200;

    /// <summary>Writes the page.</summary>
    /// <exception cref="WarehouseException">The ledger can't be read.</exception>
    public async Task WriteAsync(HttpContext context)
    {
        var log = await ledger.ReadAsync(null, context.RequestAborted);
        var all = log.Listed().ToList();
        var unclear = all.Count(s => s.State == Standing.Unclear);
        var cut = all.Count > MostShown ? string.Create(CultureInfo.InvariantCulture, $", the last {MostShown} of them") : "";
        await context.WriteAsync(
            Encoding.UTF8.GetBytes(
                templates.Render(
                    "mails",
                    new MailsModel(
                        new WebPart(Assets.Links),
                        CellText.Instant(time.GetUtcNow()),
                        [.. digests.Where(d => d.IsMailed).Select(Digest)],
                        [.. all.Take(MostShown).Select(Mail)],
                        CellText.Count(all.Count, "mail") + cut,
                        unclear > 0 ? CellText.Count(unclear, "mail") : null
                    )
                )
            )
        );
    }

    private ListedDigest Digest(DigestDefinition digest)
    {
        var zone = digest.Zone;
        var next = digest.Schedule.Next(time.GetUtcNow()) is { } at
            ? TimeZoneInfo.ConvertTime(at, zone).ToString("ddd yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)
            : "never";
        return new ListedDigest(
            digest.Name,
            digest.Title,
            digest.Schedule.Cron,
            zone.Id,
            next,
            CellText.Count(digest.To.Count, "reader"),
            [.. digest.Reports.Select(r => r.Report)]
        );
    }

    private static ListedMail Mail(MailStanding mail) =>
        new(
            mail.Key.Id,
            $"{mail.Key.Kind.Name()} {mail.Key.Name}",
            mail.Key.Occurrence.Text,
            mail.Key.Recipient,
            mail.State.Name(),
            mail.State is Standing.Unclear or Standing.Refused,
            CellText.Instant(new DateTimeOffset(mail.Since, TimeSpan.Zero)),
            mail.Last?.Detail ?? ""
        );
}

/// <summary>What the template <c>mails</c> can name.</summary>
/// <param name="Count">How many mails there are, in words.</param>
/// <param name="Unclear">How many are unclear, in words; null: none.</param>
internal sealed record MailsModel(
    WebPart Web,
    string MadeAt,
    IReadOnlyList<ListedDigest> Digests,
    IReadOnlyList<ListedMail> Mails,
    string Count,
    string? Unclear
);

/// <summary>A digest as the page lists it.</summary>
/// <param name="Next">When it is due next, in its zone.</param>
/// <param name="Readers">How many readers it has, in words.</param>
/// <param name="Reports">The names of its reports.</param>
internal sealed record ListedDigest(
    string Name,
    string Title,
    string Schedule,
    string TimeZone,
    string Next,
    string Readers,
    IReadOnlyList<string> Reports
);

/// <summary>A mail as the page lists it.</summary>
/// <param name="What">Its kind and name.</param>
/// <param name="Occurrence">The scheduled time that it is of.</param>
/// <param name="IsBad">Whether somebody has to look at it.</param>
/// <param name="Detail">What the server answered; empty: nothing.</param>
internal sealed record ListedMail(
    string Id,
    string What,
    string Occurrence,
    string Recipient,
    string State,
    bool IsBad,
    string Since,
    string Detail
);
