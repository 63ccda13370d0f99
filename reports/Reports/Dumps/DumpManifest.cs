using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Reports.Definitions;

namespace Reports.Dumps;

/// <summary>One file of a dump.</summary>
/// <param name="File">Its name.</param>
/// <param name="Title">What it holds.</param>
/// <param name="Rows">Its rows, without the one of the columns' names.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">The checksum of its bytes.</param>
/// <param name="LoadedAt">When what it was made of was last loaded; null: never.</param>
internal sealed record DumpFile(string File, string Title, long Rows, long Bytes, string Sha256, DateTimeOffset? LoadedAt);

/// <summary>What a dump is: <c>manifest.json</c> beside its files.</summary>
internal sealed record DumpManifest
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The system.</summary>
    public required string System { get; init; }

    /// <summary>The days from which and before which it reaches, where it has such parameters.</summary>
    public required IReadOnlyDictionary<string, string> Period { get; init; }

    /// <summary>The other parameters; an empty value didn't narrow it.</summary>
    public required IReadOnlyDictionary<string, string> Filters { get; init; }

    /// <summary>When it was begun.</summary>
    public required DateTimeOffset DumpedAt { get; init; }

    /// <summary>When the file that is oldest was last loaded; null: none ever was.</summary>
    public required DateTimeOffset? LoadedAt { get; init; }

    /// <summary>The facts that were loaded while it was written: files may differ by that load.</summary>
    public required IReadOnlyList<string> LoadedMeanwhile { get; init; }

    /// <summary>Its files.</summary>
    public required IReadOnlyList<DumpFile> Files { get; init; }

    /// <summary>All rows.</summary>
    [JsonIgnore]
    public long Rows => Files.Sum(f => f.Rows);

    /// <summary>The values as a manifest groups them.</summary>
    public static (IReadOnlyDictionary<string, string> Period, IReadOnlyDictionary<string, string> Filters) Group(
        IReadOnlyList<(ReportParameter Parameter, string Value)> values
    )
    {
        static bool IsPeriod(ReportParameter p) => p.Type == "Date" && p.Name is "from" or "to";
        return (
            values.Where(v => IsPeriod(v.Parameter)).ToDictionary(v => v.Parameter.Name, v => v.Value),
            values.Where(v => !IsPeriod(v.Parameter)).ToDictionary(v => v.Parameter.Name, v => v.Value)
        );
    }

    /// <summary>The file's text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Form) + "\n";
}
