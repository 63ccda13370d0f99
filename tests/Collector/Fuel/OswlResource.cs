using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Collector.Fuel;

/// <summary>One virtual machine, volume … inside an environment: its number and what the site sends about it.</summary>
internal sealed class OswlResource(string id, Action<Utf8JsonWriter> write)
{
    public string Id => id;

    /// <summary>Writes the properties after the number; replaced when the resource changes.</summary>
    public Action<Utf8JsonWriter> Write { get; set; } = write;
}

/// <summary>The resources of one kind inside an environment, and what became of them since the report before.</summary>
internal sealed class OswlResources(string kind)
{
    private readonly Utf8JsonWriter _json = JsonText.Writer(isPlain: true);
    private readonly ArrayBufferWriter<byte> _buffer = new(4 * 1024);

    public string Kind => kind;

    public List<OswlResource> Current { get; } = [];

    public List<string> Added { get; } = [];

    public List<string> Removed { get; } = [];

    public List<string> Modified { get; } = [];

    public void Add(OswlResource resource)
    {
        Current.Add(resource);
        Added.Add(resource.Id);
    }

    public void RemoveAt(int index)
    {
        Removed.Add(Current[index].Id);
        Current.RemoveAt(index);
    }

    /// <summary>Begins the next report.</summary>
    public void BeginReport()
    {
        Added.Clear();
        Removed.Clear();
        Modified.Clear();
    }

    /// <summary>resource_data.</summary>
    public string Document(TimeOnly time)
    {
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        _json.WriteStartObject();
        WriteChanges("added"u8, Added, time);
        WriteChanges("removed"u8, Removed, time);
        WriteChanges("modified"u8, Modified, time);
        _json.WriteStartArray("current"u8);
        foreach (var resource in Current)
        {
            _json.WriteStartObject();
            _json.WriteString("id"u8, resource.Id);
            resource.Write(_json);
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Flush();
        return Encoding.UTF8.GetString(_buffer.WrittenSpan);
    }

    private void WriteChanges(ReadOnlySpan<byte> name, List<string> ids, TimeOnly time)
    {
        _json.WriteStartArray(name);
        foreach (var id in ids)
        {
            _json.WriteStartObject();
            _json.WriteString("id"u8, id);
            _json.WriteString("time"u8, time.ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture));
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
    }
}
