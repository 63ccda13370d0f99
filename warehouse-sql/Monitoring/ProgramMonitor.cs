using System.Collections;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using WarehouseSql.Programs;

namespace Monitoring;

/// <summary>
/// A program seen from outside: health and metrics at a port of its own (<c>&lt;Section&gt;__Health__Port</c>: /health/live,
/// /health/ready, /metrics), and metrics and traces to a collector (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>).
/// </summary>
public sealed class ProgramMonitor : IAsyncDisposable
{
    private readonly IHost? host;

    private ProgramMonitor(IHost? host) => this.host = host;

    /// <summary>Begins, where one of both is configured.</summary>
    /// <param name="configuration">The program's.</param>
    /// <param name="section">Etl, Reports or Web.</param>
    /// <param name="checks">Adds what /health/ready looks at.</param>
    /// <param name="token">Cancels the beginning.</param>
    /// <exception cref="UserException">The port is none, or is taken.</exception>
    public static async Task<ProgramMonitor> StartAsync(
        IConfiguration configuration,
        string section,
        Action<IHealthChecksBuilder> checks,
        CancellationToken token
    )
    {
        var port = Settings.Value(configuration, $"{section}:Health:Port", -1);
        var address = Settings.Value(configuration, $"{section}:Health:Host", "127.0.0.1");
        // The exporter reads the variable itself, as every program does that speaks OTLP.
        var exports = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT"));
        if (port < 0 && !exports)
        {
            return new ProgramMonitor(null);
        }

        var host = port < 0 ? WithoutServer(section) : Server(section, address, port, exports, checks);
        try
        {
            await host.StartAsync(token);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            host.Dispose();
            throw new UserException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{section}__Health__Port: can't listen at {address}:{port}: {e.GetBaseException().Message} — choose another port"
                ),
                e
            );
        }

        return new ProgramMonitor(host);
    }

    /// <summary>Sends what was not sent yet, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        if (host is not null)
        {
            await host.StopAsync(CancellationToken.None);
            await ((IAsyncDisposable)host).DisposeAsync();
        }
    }

    /// <summary>The answer of /health/ready: the whole's state, each check's, and what it found.</summary>
    /// <param name="context">Who asks.</param>
    /// <param name="report">What was found.</param>
    /// <param name="tells">Whether he may know what was found.</param>
    public static Task WriteAsync(HttpContext context, HealthReport report, bool tells) =>
        context.Response.WriteAsJsonAsync(
            new
            {
                status = report.Status.ToString(),
                checks = report.Entries.ToDictionary(
                    e => e.Key,
                    e => new { status = e.Value.Status.ToString(), found = tells ? e.Value.Description ?? "" : "" }
                ),
            },
            JsonSerializerOptions.Web,
            "application/json",
            context.RequestAborted
        );

    private static IHost WithoutServer(string section)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        Measure(builder, section, exports: true, scraped: false);
        return builder.Build();
    }

    private static WebApplication Server(string section, string address, int port, bool exports, Action<IHealthChecksBuilder> checks)
    {
        if (!IPAddress.TryParse(address, out var ip))
        {
            throw new UserException($"{section}__Health__Host: expected an address such as 127.0.0.1 or ::; found '{address}'");
        }

        if (port > IPEndPoint.MaxPort)
        {
            throw new UserException($"{section}__Health__Port: expected a port up to {IPEndPoint.MaxPort}; found {port}");
        }

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(ip, port));
        builder.Services.AddRoutingCore();
        checks(builder.Services.AddHealthChecks());
        Measure(builder, section, exports, scraped: true);
        var app = builder.Build();
        app.UseRouting();
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = (c, r) => WriteAsync(c, r, tells: true) });
        app.MapPrometheusScrapingEndpoint();
        return app;
    }

    private static void Measure(IHostApplicationBuilder builder, string section, bool exports, bool scraped)
    {
        // What OpenTelemetry knows itself, and nothing else that the environment may say to a server.
        builder.Configuration.AddInMemoryCollection(
            Environment
                .GetEnvironmentVariables()
                .Cast<DictionaryEntry>()
                .Select(v => KeyValuePair.Create((string)v.Key, (string?)v.Value))
                .Where(v => v.Key.StartsWith("OTEL_", StringComparison.Ordinal))
        );
        builder
            .Services.AddOpenTelemetry()
            .ConfigureResource(r => r.AddService($"warehouse-{section.ToLowerInvariant()}"))
            .WithMetrics(m =>
            {
                m.AddMeter(Telemetry.Name);
                _ = scraped ? m.AddPrometheusExporter() : m;
                _ = exports ? m.AddOtlpExporter() : m;
            })
            .WithTracing(t =>
            {
                // Npgsql's and Quartz's own spans stand among ours.
                t.AddSource(Telemetry.Name, "Npgsql", "Quartz");
                _ = exports ? t.AddOtlpExporter() : t;
            });
    }
}
