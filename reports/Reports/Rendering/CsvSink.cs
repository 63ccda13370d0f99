using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Reports.Running;
using WarehouseSql.ClickHouse;

namespace Reports.Rendering;

/// <summary>CSV of RFC 4180 in UTF-8: instants with their zone, NULL empty, no text that a spreadsheet would run as a formula.</summary>
internal sealed class CsvSink(Stream target) : IRowSink
{
    private static readonly SearchValues<byte> Special = SearchValues.Create(",\"\r\n"u8);
    private readonly ArrayBufferWriter<byte> buffer = new(64 << 10);
    private bool[] isNumber = [];
    private byte[] scratch = new byte[256];

    public void Begin(IReadOnlyList<ResultColumn> columns)
    {
        isNumber = [.. columns.Select(c => IsNumber(c.Type))];
        for (var i = 0; i < columns.Count; i++)
        {
            Separate(i);
            Text(Encoding.UTF8.GetBytes(columns[i].Name), guard: true);
        }

        buffer.Write("\r\n"u8);
    }

    public void Row(ReadOnlySpan<byte> row)
    {
        var json = new Utf8JsonReader(row);
        json.Read();
        for (var i = 0; i < isNumber.Length; i++)
        {
            json.Read();
            Separate(i);
            Value(ref json, row, isNumber[i]);
        }

        buffer.Write("\r\n"u8);
    }

    public async ValueTask FlushAsync(CancellationToken token)
    {
        await target.WriteAsync(buffer.WrittenMemory, token);
        buffer.Clear();
    }

    public async ValueTask EndAsync(long? cutAfter, CancellationToken token)
    {
        if (cutAfter is { } rows)
        {
            // A record like any other, so that readers that count fields still read the file.
            Text(
                Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"# cut off: only the first {rows:N0} rows are here")),
                guard: false
            );
            buffer.Write(Encoding.ASCII.GetBytes(new string(',', Math.Max(0, isNumber.Length - 1)) + "\r\n"));
        }

        await FlushAsync(token);
        await target.FlushAsync(token);
    }

    private void Value(ref Utf8JsonReader json, ReadOnlySpan<byte> row, bool number)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.Null:
                // A line of nothing is no row to readers of CSV.
                Text([], guard: false);
                break;
            case JsonTokenType.String:
                if (scratch.Length < json.ValueSpan.Length)
                {
                    scratch = new byte[json.ValueSpan.Length * 2];
                }

                Text(scratch.AsSpan(0, json.CopyString(scratch)), guard: !number);
                break;
            case JsonTokenType.StartArray or JsonTokenType.StartObject:
                var start = (int)json.TokenStartIndex;
                json.Skip();
                Text(row[start..(int)json.BytesConsumed], guard: true);
                break;
            default:
                buffer.Write(json.ValueSpan);
                break;
        }
    }

    private void Text(ReadOnlySpan<byte> text, bool guard)
    {
        var quoted = text.ContainsAny(Special) || (text.IsEmpty && isNumber.Length == 1);
        if (quoted)
        {
            buffer.Write("\""u8);
        }

        var written = 0;
        for (var formula = guard ? Formulas.Find(text, 0) : -1; formula >= 0; formula = Formulas.Find(text, formula + 1))
        {
            Escaped(text[written..formula]);
            buffer.Write("'"u8);
            written = formula;
        }

        Escaped(text[written..]);
        if (quoted)
        {
            buffer.Write("\""u8);
        }
    }

    private void Escaped(ReadOnlySpan<byte> text)
    {
        int quote;
        while ((quote = text.IndexOf((byte)'"')) >= 0)
        {
            buffer.Write(text[..(quote + 1)]);
            buffer.Write("\""u8);
            text = text[(quote + 1)..];
        }

        buffer.Write(text);
    }

    private void Separate(int column)
    {
        if (column > 0)
        {
            buffer.Write(","u8);
        }
    }

    // Big numbers (Int128 …) come as texts and stay numbers here.
    private static bool IsNumber(string type) => Definitions.ColumnFormat.Infer("", type).IsNumber;
}
