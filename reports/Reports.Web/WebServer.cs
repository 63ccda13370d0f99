using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Reports.Catalogs;
using Reports.Definitions;
using Reports.Mail.Delivery;
using Reports.Rendering;
using Reports.Running;
using SourceSql;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace Reports.Web;

/// <summary>The server: who asks and how often, what browsers may do with its pages, and what answers which address.</summary>
internal sealed partial class WebServer(ReportRunner runner, Templates templates, MailLedger mails, TimeProvider time, WebOptions options)
    : IDisposable
{
    private const int MostConnections = 5_000;

    // A fifth: so many people may share an address, and one address doesn't shut the others out.
    private const int MostOfAnAddress = MostConnections / 5;

    private const int AttemptsPerMinute = 10;
    private const int MostSessions = 10_000;

    private readonly List<DefinitionException> leftOut = [];
    private readonly Answers answers = new(runner, options);
    private readonly Jobs jobs = new(time);
    private readonly WarehouseState state = new(runner, time);

    /// <summary>The faults of files that it serves no page of; known when it listens.</summary>
    public IReadOnlyList<DefinitionException> LeftOut => leftOut;

    // A proxy brings everybody's.
    private readonly PartitionedRateLimiter<IPAddress> connections = PartitionedRateLimiter.Create<IPAddress, IPAddress>(address =>
        options.Proxies.Contains(address)
            ? RateLimitPartition.GetNoLimiter(address)
            : RateLimitPartition.GetConcurrencyLimiter(address, _ => new ConcurrencyLimiterOptions { PermitLimit = MostOfAnAddress })
    );

    /// <summary>Serves until <paramref name="stop"/> is cancelled.</summary>
    /// <param name="listening">Gets the address when it is open.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(Func<string, Task> listening, CancellationToken stop)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [], ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        // What is built serves files as what is published does: they don't change, and are kept by readers.
        builder.Configuration.AddInMemoryCollection([
            new("EnableStaticAssetsDevelopmentCaching", "true"),
            new("ReloadStaticAssetsAtRuntime", "false"),
        ]);
        ProgramLog
            .AddTo(builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Error), options.LogFormat)
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(Listen);
        Add(builder.Services);
        var health = new Health(state, new(() => runner.Project.Extracts()), options, time);
        health.Add(builder.Services);
        await using (var app = builder.Build())
        {
            Wire(app);
            health.Map(app);
            try
            {
                await app.StartAsync(stop);
            }
            // Only a port in use is an IOException; one that needs rights, or another machine's address, isn't.
            catch (Exception e) when (e is IOException or SocketException)
            {
                throw new ReportException(
                    $"can't listen at {options.Host}:{options.Port.ToString(CultureInfo.InvariantCulture)}: {e.GetBaseException().Message} — choose another port (PORT=, --port), or another address (Web__Host)",
                    e
                );
            }

            await listening(app.Urls.First());
            await Task.Delay(Timeout.InfiniteTimeSpan, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Whoever waits for a report gets no answer any more: their statements end on the server.
            await answers.StopAsync();
            await app.StopAsync(CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        connections.Dispose();
        jobs.Dispose();
        answers.Dispose();
    }

    private void Add(IServiceCollection to)
    {
        to.AddSingleton(options).AddSingleton(time).AddSingleton(templates).AddSingleton<Faults>();
        to.AddSingleton(answers)
            .AddSingleton(_ => new Questions(runner.Project.Reports(), runner, state))
            .AddSingleton(_ => new Lazy<Catalog>(() => Catalog.Read(runner.Project)));
        // Without sessions: each request says who asks, and any server may answer it.
        to.AddMcpServer().WithHttpTransport(o => o.Stateless = true).WithTools<Assistant>();
        // With a token in a header, never with the cookie of who is signed in.
        to.AddCors(o =>
            o.AddDefaultPolicy(p =>
                p.WithOrigins([.. options.AllowedOrigins])
                    .WithMethods("GET", "HEAD", "DELETE")
                    .WithHeaders("Authorization", "Accept", "Prefer", "If-None-Match")
                    .WithExposedHeaders("ETag", "Location", "Retry-After", "Content-Disposition")
                    .SetPreflightMaxAge(TimeSpan.FromHours(1))
            )
        );
        to.AddRouting()
            .AddRateLimiter(Limit)
            .ConfigureHttpJsonOptions(o => o.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
        to.AddMemoryCache(o => o.SizeLimit = MostSessions).AddAuthenticationCore(o => o.DefaultScheme = nameof(Access)).AddWebEncoders();
        new AuthenticationBuilder(to).AddScheme<AuthenticationSchemeOptions, Access>(nameof(Access), null);
        to.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build())
            .AddPolicy(nameof(Role.Analyst), p => p.RequireRole(nameof(Role.Analyst)));
    }

    private void Listen(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestLineSize = Questions.MostQuery + 4096;
        kestrel.Limits.MaxRequestBodySize = 16 << 10;
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Listen(
            IPAddress.Parse(options.Host),
            options.Port,
            endpoint =>
            {
                endpoint.Use(next => connection => AdmitAsync(connection, next));
                if (options.Certificate.Length > 0)
                {
                    var certificate = new WatchedFiles<SslStreamCertificateContext>(
                        [options.Certificate, options.Key],
                        ReadCertificate,
                        "the files of Web__Certificate and Web__Key"
                    );
                    endpoint.UseHttps(
                        new TlsHandshakeCallbackOptions
                        {
                            OnConnection = _ =>
                                new(
                                    new SslServerAuthenticationOptions
                                    {
                                        ServerCertificateContext = certificate.Current,
                                        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                                    }
                                ),
                        }
                    );
                }
            }
        );
    }

    // Clients that know the root only need those between it and the certificate; they stand in the same file.
    private SslStreamCertificateContext ReadCertificate()
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(options.Certificate);
            return SslStreamCertificateContext.Create(
                X509Certificate2.CreateFromPemFile(options.Certificate, options.Key),
                chain,
                offline: true
            );
        }
        catch (CryptographicException e)
        {
            throw new ReportException(
                $"Web__Certificate and Web__Key can't be used: {e.Message} — both are PEM files, and the key belongs to the certificate",
                e
            );
        }
    }

    // One that is refused is closed without an answer.
    private async Task AdmitAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var address = Plain((connection.RemoteEndPoint as IPEndPoint)?.Address);
        connection.Items[Access.Peer] = address;
        using var lease = connections.AttemptAcquire(address);
        if (lease.IsAcquired)
        {
            await next(connection);
        }
    }

    private void Wire(WebApplication app)
    {
        var faults = app.Services.GetRequiredService<Faults>();
        var policy = Policy();
        if (options.Proxies.Count > 0)
        {
            app.UseForwardedHeaders(Forwarded());
        }

        var log = new AccessLog(
            options.AccessLog.Length > 0 ? options.AccessLog
                : options.IsOpen ? "off"
                : "stderr",
            time
        );
        if (log.IsOn)
        {
            app.Use(log.HandleAsync);
        }

        app.Use(
            (HttpContext context, RequestDelegate next) =>
            {
                Secure(context.Response, policy, context.Request.IsHttps);
                return faults.HandleAsync(context, next);
            }
        );
        app.UseRouting();
        if (options.AllowedOrigins.Count > 0)
        {
            app.UseWhen(c => c.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal), api => api.UseCors());
        }

        app.UseAuthentication();
        if (!options.IsOpen)
        {
            // Before it is asked who may: those who are refused are counted too, so that nobody tries tokens without end.
            app.UseRateLimiter();
        }

        app.UseAuthorization();
        var (questions, catalog) = (app.Services.GetRequiredService<Questions>(), app.Services.GetRequiredService<Lazy<Catalog>>());
        // A page less is no reason to show none.
        var digests = runner.Project.Digests(leftOut);
        app.MapStaticAssets().AllowAnonymous();
        new SignIn(options, templates).Map(app);
        var (pages, forms) = (new ReportPages(templates, time), new Forms(state, time));
        new Site(
            catalog,
            questions,
            answers,
            state,
            pages,
            new CatalogPage(templates, time),
            templates,
            new MailsPage(digests.Values, mails, templates, time),
            forms,
            new Dashboards(digests, questions, answers, pages, templates, forms, options, time),
            options,
            time
        ).Map(app);
        app.MapMcp("/mcp");
        new Api(questions, answers, jobs, new OpenApi(questions, runner, state), options, time).Map(app);
    }

    // The address that a trusted proxy adds last, and whether it was asked by HTTPS.
    private ForwardedHeadersOptions Forwarded()
    {
        const ForwardedHeaders taken = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = taken };
        forwarded.KnownIPNetworks.Clear();
        forwarded.KnownProxies.Clear();
        options.Proxies.ToList().ForEach(forwarded.KnownProxies.Add);
        return forwarded;
    }

    private void Limit(RateLimiterOptions limits)
    {
        limits.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(c =>
            PerMinute(options.RequestsPerMinute, c.ReaderOrNull()?.Name ?? AddressOf(c))
        );
        limits.AddPolicy(SignIn.Attempts, c => PerMinute(AttemptsPerMinute, AddressOf(c)));
        limits.OnRejected = (context, _) =>
        {
            var wait = context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after)
                ? (int)Math.Max(1, Math.Ceiling(after.TotalSeconds))
                : 1;
            var most = $"more than {options.RequestsPerMinute} requests a minute, or {AttemptsPerMinute} attempts to sign in";
            var fault = new WebFault(429, "Too many requests", $"{most}; ask again in {wait} s") { RetryAfter = wait };
            return new(context.HttpContext.RequestServices.GetRequiredService<Faults>().AnswerAsync(context.HttpContext, fault));
        };
    }

    private static RateLimitPartition<string> PerMinute(int count, string of) =>
        RateLimitPartition.GetTokenBucketLimiter(
            of,
            _ =>
                new()
                {
                    TokenLimit = count,
                    TokensPerPeriod = 1,
                    ReplenishmentPeriod = TimeSpan.FromMinutes(1.0 / count),
                }
        );

    private static string AddressOf(HttpContext context) => $"address {Plain(context.Connection.RemoteIpAddress)}";

    /// <summary>An address in one form, whichever it came in; none is one like any other.</summary>
    public static IPAddress Plain(IPAddress? address) =>
        address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address ?? IPAddress.None;

    private static void Secure(HttpResponse response, string policy, bool isHttps)
    {
        var headers = response.Headers;
        headers.ContentSecurityPolicy = policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (isHttps)
        {
            headers.StrictTransportSecurity = "max-age=31536000";
        }

        response.OnStarting(() =>
        {
            headers.CacheControl = headers.CacheControl.Count == 0 ? "private, no-cache" : headers.CacheControl;
            return Task.CompletedTask;
        });
    }

    // The styles that templates hold are allowed by their hashes, those of a user's own templates too; no other, and no script but the
    // files'.
    private string Policy()
    {
        var styles = templates
            .Sources()
            .SelectMany(t => Style().Matches(t).Select(m => m.Groups[1].Value))
            .Distinct()
            .Select(s => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(s)))}'");
        return $"default-src 'none'; script-src 'self'; style-src 'self' {string.Join(' ', styles)}; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    }

    [GeneratedRegex("<style>(.*?)</style>", RegexOptions.Singleline)]
    private static partial Regex Style();
}
