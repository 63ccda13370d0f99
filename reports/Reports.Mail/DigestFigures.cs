using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Reports.Rendering;

namespace Reports.Mail;

/// <summary>What a mail showed of one report, as its readers saw it.</summary>
/// <param name="Report">The report.</param>
/// <param name="Params">The values of its parameters, relative days made absolute.</param>
/// <param name="Sql">The SHA-256 of its statement: another question's figures can't be compared.</param>
/// <param name="IsClosed">Whether its period had ended: only then are other figures a correction, and not news.</param>
/// <param name="Most">How many rows the mail had room for.</param>
/// <param name="Columns">The columns' titles.</param>
/// <param name="Numbers">Which of them hold numbers; the others tell a row from the next.</param>
/// <param name="Rows">The cells' texts.</param>
internal sealed record ShownFigures(
    string Report,
    IReadOnlyDictionary<string, string> Params,
    string Sql,
    bool IsClosed,
    int Most,
    IReadOnlyList<string> Columns,
    IReadOnlyList<bool> Numbers,
    IReadOnlyList<IReadOnlyList<string>> Rows
)
{
    /// <summary>Of a report's result as a mail shows it.</summary>
    public static ShownFigures Of(DigestPart part, DigestTable table, int most, DateTimeOffset scheduled) =>
        new(
            part.Item.Report,
            part.Run!.Parameters.ToDictionary(p => p.Parameter.Name, p => p.Value),
            DigestFigures.Checksum(part.Run.Report.Sql),
            Sentences.EndOf(part.Run) is { } end && end <= scheduled,
            most,
            [.. table.Columns.Select(c => c.Title)],
            [.. table.Columns.Select(c => c.IsNumber)],
            [.. table.Rows.Select(r => (IReadOnlyList<string>)[.. r.Cells.Select(c => c.Text)])]
        );

    /// <summary>Whether these are of the same question as <paramref name="other"/>, over all of its days.</summary>
    public bool Covers(ShownFigures other) =>
        Sql == other.Sql
        && Report == other.Report
        && Params.All(p =>
            p.Key switch
            {
                "from" => string.CompareOrdinal(p.Value, other.Params.GetValueOrDefault(p.Key)) <= 0,
                "to" => string.CompareOrdinal(p.Value, other.Params.GetValueOrDefault(p.Key)) >= 0,
                _ => p.Value == other.Params.GetValueOrDefault(p.Key),
            }
        );
}

/// <summary>What a mail showed, for the ledger and for corrections.</summary>
internal static class DigestFigures
{
    // Kept readable: people will look at it in the ledger.
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>As JSON, the same text for the same figures.</summary>
    public static string Write(IEnumerable<ShownFigures> figures) => JsonSerializer.Serialize(figures, Json);

    /// <summary>What <see cref="Write"/> wrote.</summary>
    public static IReadOnlyList<ShownFigures> Read(string json) => JsonSerializer.Deserialize<List<ShownFigures>>(json, Json)!;

    /// <summary>A text's SHA-256, in small hexadecimal digits.</summary>
    public static string Checksum(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
