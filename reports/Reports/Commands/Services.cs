using Microsoft.Extensions.Configuration;
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
    }

    public IConfiguration Configuration { get; }

    public TimeProvider Time { get; } = TimeProvider.System;

    public ReportRunner Runner { get; }

    public Templates Templates { get; }

    public ReportPages Pages { get; }

    public static Services Create() => new(Settings.Read());

    public void Dispose() => client.Dispose();
}
