using Microsoft.Extensions.Configuration;
using Reports.Catalogs;
using Reports.Definitions;
using Reports.Dumps;
using Reports.Mail;
using Reports.Mail.Delivery;
using Reports.Rendering;
using Reports.Running;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace Reports.Cli.Hosting;

/// <summary>What the commands work with, made of the configuration.</summary>
internal sealed class Services : IDisposable
{
    private readonly ClickHouseClient client;
    private readonly ClickHouseClient whole;

    private Services(IConfiguration configuration)
    {
        Configuration = configuration;
        var options = WarehouseOptions.Read(configuration);
        client = new ClickHouseClient(options);
        whole = client.WithDatabase(options.WholeDatabase);
        Runner = new ReportRunner(Project, whole, Time);
        Templates = Templates.Of(configuration, Project);
        Pages = new ReportPages(Templates, Time);
        Catalog = new CatalogPage(Templates, Time);
    }

    public IConfiguration Configuration { get; }

    /// <summary>The files that commands work on.</summary>
    public Project Project { get; } = Project.Here;

    public TimeProvider Time { get; } = TimeProvider.System;

    public ReportRunner Runner { get; }

    /// <summary>Runs reports whose whole result is streamed: that takes as long as its reader does, and the server counts it all.</summary>
    public ReportRunner Streaming => new(Project, whole, Time, TimeSpan.FromMinutes(30));

    public Templates Templates { get; }

    public ReportPages Pages { get; }

    public CatalogPage Catalog { get; }

    /// <summary>Prints pages to PDF.</summary>
    /// <exception cref="ReportException">There is no Chromium.</exception>
    public PdfPrinter Printer => PdfPrinter.Find(Configuration["Reports:Chromium"]);

    /// <summary>Sends mails; where no server is configured, they become files in <paramref name="folder"/>.</summary>
    public MailServices Mails(string folder) =>
        new(client, Runner, Templates, new SmtpSender(SmtpOptions.Read(Configuration), folder), Time, BaseUrl());

    /// <summary>Whom alerts go to whose header names nobody.</summary>
    /// <exception cref="ReportException">One of them isn't an address.</exception>
    public IReadOnlyList<string> AlertsTo()
    {
        var addresses = (Configuration["Reports:AlertsTo"] ?? "").Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
        return Addresses.FaultsOf(addresses).FirstOrDefault() is { Fault: { } fault }
            ? throw new ReportException($"Reports__AlertsTo: {fault} (blanks between several)")
            : addresses;
    }

    /// <summary>The ledger of mails.</summary>
    public MailLedger Ledger => new(client);

    /// <summary>Writes dumps into folders of <paramref name="folder"/>.</summary>
    public DumpWriter Dumps(string folder) => new(new ReportRunner(Project, whole, Time, DumpWriter.TimeLimit), Time, folder);

    public static Services Create() => new(Settings.Read());

    public void Dispose()
    {
        whole.Dispose();
        client.Dispose();
    }

    // Where readers find the pages, for the links in mails.
    private Uri? BaseUrl() =>
        Configuration["Reports:BaseUrl"] switch
        {
            null or "" => null,
            var text when Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var url) && url.Scheme is "http" or "https" => url,
            var text => throw new ReportException($"Reports__BaseUrl: expected http://… or https://…; found '{text}'"),
        };
}
