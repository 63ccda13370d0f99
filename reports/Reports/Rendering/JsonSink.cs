using System.Text.Encodings.Web;
using System.Text.Json;
using Reports.Running;
using WarehouseSql.ClickHouse;

namespace Reports.Rendering;

/// <summary>JSON: what was asked, the columns, the rows as objects, how old the data is, and whether a limit cut it off.</summary>
internal sealed class JsonSink : IRowSink, IAsyncDisposable
{
    private readonly Stream target;
    private readonly Utf8JsonWriter json;
    private readonly ReportRun run;
    private JsonEncodedText[] names = [];

    public JsonSink(Stream target, ReportRun run)
    {
        this.target = target;
        this.run = run;
        // It is a file of its own, never a part of a page, so that letters may stay letters.
        json = new Utf8JsonWriter(target, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    public void Begin(IReadOnlyList<ResultColumn> columns)
    {
        names = [.. columns.Select(c => JsonEncodedText.Encode(c.Name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping))];
        json.WriteStartObject();
        json.WriteString("report", run.Report.Name);
        json.WriteString("title", run.Report.Title);
        json.WriteString("asks", run.Report.Asks);
        json.WriteStartObject("parameters");
        foreach (var (parameter, value) in run.Parameters)
        {
            json.WriteString(parameter.Name, value);
        }

        json.WriteEndObject();
        json.WriteStartArray("columns");
        foreach (var column in columns)
        {
            json.WriteStartObject();
            json.WriteString("name", column.Name);
            json.WriteString("type", column.Type);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("rows");
    }

    public void Row(ReadOnlySpan<byte> row)
    {
        var values = new Utf8JsonReader(row);
        values.Read();
        json.WriteStartObject();
        foreach (var name in names)
        {
            values.Read();
            var start = (int)values.TokenStartIndex;
            values.Skip();
            json.WritePropertyName(name);
            // As the server wrote it: a 64-bit number keeps its last digit.
            json.WriteRawValue(row[start..(int)values.BytesConsumed], skipInputValidation: true);
        }

        json.WriteEndObject();
    }

    public async ValueTask FlushAsync(CancellationToken token) => await json.FlushAsync(token);

    public async ValueTask EndAsync(long? cutAfter, CancellationToken token)
    {
        json.WriteEndArray();
        if (run.Freshness.At is { } at)
        {
            json.WriteString("loadedAt", at);
        }
        else
        {
            json.WriteNull("loadedAt");
        }

        json.WriteBoolean("truncated", cutAfter is not null);
        if (run.Note is { } note)
        {
            json.WriteString("note", note);
        }

        json.WriteEndObject();
        await json.FlushAsync(token);
        await target.WriteAsync("\n"u8.ToArray(), token);
        await target.FlushAsync(token);
    }

    public ValueTask DisposeAsync()
    {
        // A whole result is written by now. What a failure left is dropped, so that a response that hasn't begun can still say what failed.
        json.Reset(Stream.Null);
        return json.DisposeAsync();
    }
}
