using System.Globalization;
using Microsoft.Extensions.Configuration;
using Reports.Cli.Hosting;
using Reports.Definitions;
using Reports.Mail;
using Reports.Mail.Delivery;
using Reports.Rendering;
using Reports.Running;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>What sends mails, in this process, with the reader's key and a clock that the test sets.</summary>
internal sealed class Post : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ClickHouseClient _client;

    public Post(ReportsProgram reports, MailServer server, DateTimeOffset now)
        : this(reports.ReadersClient(), server, now) { }

    /// <summary>With that key, which it disposes.</summary>
    public Post(ClickHouseClient client, MailServer server, DateTimeOffset now)
    {
        Clock = new SetClock(now);
        _client = client;
        var smtp = SmtpOptions.Read(
            new ConfigurationBuilder()
                .AddInMemoryCollection(
                    server
                        .Settings()
                        .Select(s => KeyValuePair.Create(s.Name.Replace("__", ":", StringComparison.Ordinal), (string?)s.Value))
                )
                .Build()
        );
        var sender = new SmtpSender(smtp, _folder.Path);
        Ledger = new MailLedger(_client);
        MailSender = new MailSender(Ledger, sender);
        All = new MailServices(
            _client,
            new ReportRunner(Project.Here, _client, Clock),
            new Templates([Project.Here.PathOf("reports", "templates")]),
            sender,
            Clock,
            null
        );
    }

    public SetClock Clock { get; }

    public MailLedger Ledger { get; }

    public MailSender MailSender { get; }

    public MailServices All { get; }

    /// <summary>A mail with that subject and nothing of interest in it.</summary>
    public static ComposedMail Hello(string subject = "hello") =>
        new()
        {
            Subject = subject,
            Html = "<p>hello</p>",
            Text = "hello",
            Figures = "[]",
            Checksum = "0",
        };

    /// <summary>A digest of that name, as a file says it.</summary>
    public DigestDefinition Digest(
        string name,
        IEnumerable<string> to,
        string more = "",
        string reports = "[{report: fuel/deployment-time, params: {from: '2025-01-01'}}]"
    ) =>
        DigestDefinition.ReadFile(
            _folder.Write(
                name + ".yaml",
                $$$"""
                title: {{{name}}}
                to: [{{{string.Join(", ", to)}}}]
                schedule: 0 0 7 ? * MON
                time_zone: Europe/Berlin
                {{{more}}}
                reports: {{{reports}}}
                """
            ),
            Project.Here.ReportsFolder()
        );

    /// <summary>How each mail of a name stands, by recipient.</summary>
    public async Task<Dictionary<string, Standing>> StandingsAsync(string name, MailKind kind = MailKind.Digest) =>
        (await Ledger.ReadAsync(name, TestContext.Current.CancellationToken))
            .All()
            .Where(s => s.Key.Kind == kind)
            .ToDictionary(
                s => s.Key.Recipient + (kind == MailKind.Digest && s.State == Standing.Skipped ? " " + s.Key.Occurrence : ""),
                s => s.State
            );

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }
}

/// <summary>A clock that is set by hand.</summary>
internal sealed class SetClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    /// <summary>Sets it: "2026-11-16 06:00".</summary>
    public void Set(string utc) => Now = DateTimeOffset.Parse(utc, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    public override DateTimeOffset GetUtcNow() => Now;
}
