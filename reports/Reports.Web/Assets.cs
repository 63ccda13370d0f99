using System.Text.Json;
using Reports.Rendering;

namespace Reports.Web;

/// <summary>The files that pages fetch: scripts and a style. The build packs them; their addresses change with their contents.</summary>
internal static class Assets
{
    private static readonly Dictionary<string, string> Routes = Read();

    /// <summary>The addresses of the files, as templates name them.</summary>
    public static WebLinks Links { get; } = new(LinkOf("web.css"), LinkOf("charts.js"), LinkOf("echarts.js"));

    private static string? LinkOf(string file) => Routes.GetValueOrDefault($"assets/{file}");

    // What the build has written for MapStaticAssets: several addresses a file; the one that its contents are in is for ever.
    private static Dictionary<string, string> Read()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "reports.staticwebassets.endpoints.json");
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(path));
        return manifest
            .RootElement.GetProperty("Endpoints")
            .EnumerateArray()
            .Select(e =>
                (
                    Route: "/" + e.GetProperty("Route").GetString(),
                    Label: e.GetProperty("EndpointProperties")
                        .EnumerateArray()
                        .FirstOrDefault(p => p.GetProperty("Name").ValueEquals("label"))
                )
            )
            .Where(e => e.Label.ValueKind == JsonValueKind.Object)
            .DistinctBy(e => e.Label.GetProperty("Value").GetString())
            .ToDictionary(e => e.Label.GetProperty("Value").GetString()!, e => e.Route);
    }
}
