using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Reports.Mail;

/// <summary>
/// Which mail of a digest, a report's alerts or a watch it is. Whoever reads the same <see cref="Text"/> means the same one.
/// </summary>
[JsonConverter(typeof(OccurrenceConverter))]
internal abstract record Occurrence
{
    private const string Instant = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private const string IncidentWord = "incident ";

    private Occurrence() { }

    /// <summary>As the ledger holds it.</summary>
    public abstract string Text { get; }

    /// <summary>What <see cref="Text"/> wrote.</summary>
    public static Occurrence Parse(string text)
    {
        var parts = text.Split('/');
        return parts switch
        {
            [var at] when TryTime(at) is { } time => new Scheduled(time),
            [var at, var number] when TryTime(at) is { } time && TryNumber(number) is { } n => new Correction(new Scheduled(time), n),
            _ when text.StartsWith(IncidentWord, StringComparison.Ordinal) && TryNumber(text[IncidentWord.Length..]) is { } n =>
                new Incident(n),
            _ => new Named(text),
        };
    }

    /// <inheritdoc/>
    public sealed override string ToString() => Text;

    private static DateTimeOffset? TryTime(string text) =>
        DateTimeOffset.TryParseExact(text, Instant, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    private static int? TryNumber(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A digest of a scheduled time.</summary>
    public sealed record Scheduled : Occurrence
    {
        /// <summary>The one of that time, in whole seconds.</summary>
        public Scheduled(DateTimeOffset at) =>
            At = new DateTimeOffset(at.UtcTicks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);

        /// <summary>When it was due (UTC).</summary>
        public DateTimeOffset At { get; }

        /// <inheritdoc/>
        public override string Text => At.ToString(Instant, CultureInfo.InvariantCulture);
    }

    /// <summary>A correction of a digest: the first is number 1.</summary>
    public sealed record Correction(Scheduled Of, int Number) : Occurrence
    {
        /// <inheritdoc/>
        public override string Text => string.Create(CultureInfo.InvariantCulture, $"{Of}/{Number}");
    }

    /// <summary>The time from when a report began to return rows to when it returned none: the first is number 1.</summary>
    public sealed record Incident(int Number) : Occurrence
    {
        /// <inheritdoc/>
        public override string Text => string.Create(CultureInfo.InvariantCulture, $"{IncidentWord}{Number}");
    }

    /// <summary>What has a name and no order: a row that a watch found.</summary>
    public sealed record Named(string Name) : Occurrence
    {
        /// <inheritdoc/>
        public override string Text => Name;
    }

    private sealed class OccurrenceConverter : JsonConverter<Occurrence>
    {
        public override Occurrence Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Parse(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, Occurrence value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Text);
    }
}
