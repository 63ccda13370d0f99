using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Reports.Commands;
using Reports.Definitions;

namespace Reports.Web;

/// <summary>The server: who asks and how often, what browsers may do with its pages, and what answers which address.</summary>
internal sealed partial class WebServer(Services services, WebOptions options) : IDisposable
{
    private const int MostConnections = 5_000;

    private readonly Answers answers = new(services.Runner, options);
    private readonly Jobs jobs = new(services.Time);
    private readonly Access access = new(options);

    /// <summary>Serves until <paramref name="stop"/> is cancelled.</summary>
    /// <param name="listening">Gets the address when it is open.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(Func<string, Task> listening, CancellationToken stop)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders().AddFilter("Microsoft", LogLevel.Error).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None).AddConsole(o => o.LogToStandardErrorThreshold = LogLevel.Trace).AddSimpleConsole(o => o.SingleLine = true);
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(Listen);
        builder.Services.AddRouting();
        builder.Services.ConfigureHttpJsonOptions(o => o.SerializerOptions.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
        var app = builder.Build();
        await using (app.ConfigureAwait(false))
        {
            Wire(app);
            try
            {
                await app.StartAsync(stop).ConfigureAwait(false);
            }
            // Only a port in use is an IOException; one that needs rights, or another machine's address, isn't.
            catch (Exception e) when (e is IOException or SocketException)
            {
                throw new ReportException($"can't listen at {options.Host}:{options.Port.ToString(CultureInfo.InvariantCulture)}: {e.GetBaseException().Message} — choose another port (PORT=, --port), or another address (Web__Host)", e);
            }

            await listening(app.Urls.First()).ConfigureAwait(false);
            await Task.Delay(Timeout.InfiniteTimeSpan, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Whoever waits for a report gets no answer any more: their statements end on the server.
            await answers.StopAsync().ConfigureAwait(false);
            await app.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        jobs.Dispose();
        answers.Dispose();
    }

    private void Listen(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestLineSize = Questions.MostQuery + 4096;
        kestrel.Limits.MaxRequestBodySize = 16 << 10;
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        kestrel.Listen(IPAddress.Parse(options.Host), options.Port, endpoint =>
        {
            if (options.Certificate.Length > 0)
            {
                try
                {
                    // Clients that know the root only need those between it and the certificate; they stand in the same file.
                    var chain = new X509Certificate2Collection();
                    chain.ImportFromPemFile(options.Certificate);
                    endpoint.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificate = X509Certificate2.CreateFromPemFile(options.Certificate, options.Key), ServerCertificateChain = chain });
                }
                catch (CryptographicException e)
                {
                    throw new ReportException($"Web__Certificate and Web__Key can't be used: {e.Message} — both are PEM files, and the key belongs to the certificate", e);
                }
            }
        });
    }

    private void Wire(WebApplication app)
    {
        var faults = new Faults(services.Templates, app.Services.GetRequiredService<ILogger<Faults>>());
        var limiter = options.IsOpen ? null : Limiter();
        var policy = Policy();
        app.Use((HttpContext context, RequestDelegate next) =>
        {
            Secure(context.Response.Headers, policy, context.Request.IsHttps);
            return faults.HandleAsync(context, () => AdmitAsync(context, limiter, next));
        });
        app.UseRouting();
        var ledger = new Ledger(services.Runner, services.Time);
        var questions = new Questions(ReportDefinition.ReadAll(), services.Runner, ledger);
        Assets.Map(app);
        new SignIn(access, services.Templates).Map(app);
        new Site(questions, answers, ledger, services.Pages, services.Catalog, services.Templates, new MailsPage(services.Ledger, services.Templates, services.Time), options, services.Time).Map(app);
        new Api(questions, answers, jobs, new OpenApi(questions, services.Runner, ledger), options, services.Time).Map(app);
    }

    private async Task AdmitAsync(HttpContext context, PartitionedRateLimiter<string>? limiter, RequestDelegate next)
    {
        WebFault? refused = null;
        try
        {
            context.Items[typeof(Reader)] = access.Of(context.Request);
        }
        catch (WebFault e)
        {
            refused = e;
        }

        // Those who are refused are counted too, so that nobody tries tokens without end.
        if (limiter is not null)
        {
            using var lease = limiter.AttemptAcquire(context.ReaderOrNull()?.Name ?? $"address {access.AddressOf(context.Request)}");
            if (!lease.IsAcquired)
            {
                var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? (int)Math.Ceiling(after.TotalSeconds) : 1;
                throw new WebFault(429, "Too many requests", $"more than {options.RequestsPerMinute} requests a minute; ask again in {Math.Max(1, wait)} s") { RetryAfter = Math.Max(1, wait) };
            }
        }

        if (refused is not null && !IsForAnyone(context.Request.Path))
        {
            throw refused;
        }

        await next(context).ConfigureAwait(false);
    }

    private static bool IsForAnyone(PathString path) => path == "/sign-in" || path.StartsWithSegments("/assets", StringComparison.Ordinal);

    private PartitionedRateLimiter<string> Limiter() => PartitionedRateLimiter.Create<string, string>(reader => RateLimitPartition.GetTokenBucketLimiter(reader, _ => new TokenBucketRateLimiterOptions
    {
        TokenLimit = options.RequestsPerMinute,
        TokensPerPeriod = 1,
        ReplenishmentPeriod = TimeSpan.FromSeconds(60.0 / options.RequestsPerMinute),
        QueueLimit = 0,
    }));

    private static void Secure(IHeaderDictionary headers, string policy, bool isHttps)
    {
        headers.ContentSecurityPolicy = policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "private, no-cache";
        if (isHttps)
        {
            headers.StrictTransportSecurity = "max-age=31536000";
        }
    }

    // The styles that templates hold are allowed by their hashes, those of a user's own templates too; no other, and no script but the files'.
    private string Policy()
    {
        var styles = services.Templates.Sources().SelectMany(t => Style().Matches(t).Select(m => m.Groups[1].Value)).Distinct()
            .Select(s => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(s)))}'");
        return $"default-src 'none'; script-src 'self'; style-src 'self' {string.Join(' ', styles)}; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    }

    [GeneratedRegex("<style>(.*?)</style>", RegexOptions.Singleline)]
    private static partial Regex Style();
}
