using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Reports.Rendering;

namespace Reports.Web;

/// <summary>The files that pages fetch: the scripts of interactive charts, and a style. Read once, packed once; their addresses change with their contents.</summary>
internal sealed class Assets
{
    private static readonly Dictionary<string, string> Types = new() { ["charts.js"] = "text/javascript", ["echarts.js"] = "text/javascript", ["web.css"] = "text/css" };
    private static readonly Dictionary<string, (byte[] Plain, byte[] Packed, string Version)> Files = Read(Path.Combine(AppContext.BaseDirectory, "web"));

    /// <summary>The addresses of the files, as templates name them.</summary>
    public static WebLinks Links { get; } = new(LinkOf("web.css"), LinkOf("charts.js"), LinkOf("echarts.js"));

    /// <summary>Maps the addresses.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapMethods("/assets/{file}", ["GET", "HEAD"], async (HttpContext context, string file) =>
    {
        if (!Files.TryGetValue(file, out var found))
        {
            throw new WebFault(404, "Nothing here", "there is no such file");
        }

        var isPacked = context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);
        context.Response.ContentType = Types[file] + "; charset=utf-8";
        context.Response.Headers.CacheControl = context.Request.Query["v"] == found.Version ? "public, max-age=31536000, immutable" : "no-cache";
        context.Response.Headers.Vary = "Accept-Encoding";
        if (isPacked)
        {
            context.Response.Headers.ContentEncoding = "gzip";
        }

        var bytes = isPacked ? found.Packed : found.Plain;
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
    });

    private static string? LinkOf(string file) => Files.TryGetValue(file, out var found) ? $"/assets/{file}?v={found.Version}" : null;

    private static Dictionary<string, (byte[], byte[], string)> Read(string folder) => Types.Keys.Where(f => File.Exists(Path.Combine(folder, f))).ToDictionary(f => f, f =>
    {
        var plain = File.ReadAllBytes(Path.Combine(folder, f));
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
        {
            gzip.Write(plain);
        }

        return (plain, packed.ToArray(), Convert.ToHexStringLower(SHA256.HashData(plain).AsSpan(0, 6)));
    });
}
