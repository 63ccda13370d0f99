using Microsoft.Extensions.Configuration;
using Reports.Catalogs;
using Reports.Dumps;
using Reports.Mail;
using Reports.Rendering;
using Reports.Running;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace Reports.Commands;

/// <summary>What the commands work with, made of the configuration.</summary>
internal sealed class Services : IDisposable
{
    private readonly ClickHouseClient client;

    private Services(IConfiguration configuration)
    {
        Configuration = configuration;
        client = new ClickHouseClient(WarehouseOptions.Read(configuration));
        Runner = new ReportRunner(client, Time);
        Templates = new Templates(
            configuration["Reports:Templates"] is { Length: > 0 } own
                ? [own, ProjectFolder.Combine("reports", "templates")]
                : [ProjectFolder.Combine("reports", "templates")]);
        Pages = new ReportPages(Templates, Time);
        Catalog = new CatalogPage(Templates, Time);
    }

    public IConfiguration Configuration { get; }

    public TimeProvider Time { get; } = TimeProvider.System;

    public ReportRunner Runner { get; }

    /// <summary>Runs reports whose whole result is streamed: that takes as long as its reader does, and the server counts it all.</summary>
    public ReportRunner Streaming => new(client, Time, TimeSpan.FromMinutes(30));

    public Templates Templates { get; }

    public ReportPages Pages { get; }

    public CatalogPage Catalog { get; }

    /// <summary>Prints pages to PDF.</summary>
    /// <exception cref="ReportException">There is no Chromium.</exception>
    public PdfPrinter Printer => PdfPrinter.Find(Configuration["Reports:Chromium"]);

    /// <summary>Sends digests; those that become files go into <paramref name="folder"/>.</summary>
    public Digester Digester(string folder) =>
        new(Runner, new DigestMail(Templates, Time, BaseUrl()), new Postman(SmtpOptions.Read(Configuration), folder));

    /// <summary>Writes dumps into folders of <paramref name="folder"/>.</summary>
    public DumpWriter Dumps(string folder) => new(new ReportRunner(client, Time, DumpWriter.TimeLimit), Time, folder);

    public static Services Create() => new(Settings.Read());

    public void Dispose() => client.Dispose();

    // Where readers find the pages, for the links in mails.
    private Uri? BaseUrl() => Configuration["Reports:BaseUrl"] switch
    {
        null or "" => null,
        var text when Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var url) && url.Scheme is "http" or "https" => url,
        var text => throw new ReportException($"Reports__BaseUrl: expected http://… or https://…; found '{text}'"),
    };
}
