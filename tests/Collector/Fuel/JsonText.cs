using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Collector.Fuel;

/// <summary>What all documents write alike.</summary>
internal static class JsonText
{
    // The documents are made by code that nests correctly; checking it again costs a tenth of the time.
    private static readonly JsonWriterOptions s_escaping = new() { SkipValidation = true };

    private static readonly JsonWriterOptions s_plain = new()
    {
        SkipValidation = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The writer of releases that send letters beyond ASCII as they are, or of those that send \u and four digits.</summary>
    public static Utf8JsonWriter Writer(bool isPlain) => new(new ArrayBufferWriter<byte>(), isPlain ? s_plain : s_escaping);

    /// <summary>ISO 8601 without zone as Python's isoformat writes it: six digits of a second, or none if they are zero.</summary>
    public static void WriteInstant(this Utf8JsonWriter json, ReadOnlySpan<byte> name, long instant)
    {
        Span<byte> text = stackalloc byte[26];
        var format = instant % Clock.Second == 0 ? "yyyy-MM-ddTHH:mm:ss" : "yyyy-MM-ddTHH:mm:ss.ffffff";
        Clock.ToDateTime(instant).TryFormat(text, out var length, format, CultureInfo.InvariantCulture);
        json.WriteString(name, text[..length]);
    }

    public static void WriteOrNull(this Utf8JsonWriter json, ReadOnlySpan<byte> name, int number)
    {
        if (number == 0)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteNumber(name, number);
        }
    }

    /// <summary>Digits of a hash, as sites send them for actors and commits.</summary>
    public static void WriteHex(this Utf8JsonWriter json, ReadOnlySpan<byte> name, ulong high, ulong low, int length)
    {
        Span<byte> text = stackalloc byte[48];
        for (var i = 0; i < text.Length; i++)
        {
            var digit = (int)(
                (
                    i < 16 ? high >> (i * 4)
                    : i < 32 ? low >> (i * 4 & 63)
                    : (high ^ low) >> (i * 4 & 63)
                ) & 15
            );
            text[i] = (byte)(digit < 10 ? '0' + digit : 'a' + digit - 10);
        }
        json.WriteString(name, text[..length]);
    }

    public static void WriteStrings(this Utf8JsonWriter json, ReadOnlySpan<byte> name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }
        json.WriteEndArray();
    }
}
