using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Collector.Fuel;

/// <summary>Writes the JSON document of an action log. Not for several threads at once.</summary>
internal sealed class ActionLogDocument(long seed)
{
    private static readonly string[] s_notObjects = ["[]", "null", "\"accepted\"", "17", "[{\"action_name\":\"deploy\"}]"];

    private static readonly string[] s_notDates =
    [
        "not recorded",
        "2026-13-45T10:00:00",
        "",
        "0000-00-00T00:00:00",
        "2026-02-30T25:61:00.000000",
        "None",
    ];

    private readonly Rng _rng = new(0, 0, 0);
    private readonly Utf8JsonWriter _escaping = JsonText.Writer(isPlain: false);
    private readonly Utf8JsonWriter _plain = JsonText.Writer(isPlain: true);
    private readonly ArrayBufferWriter<byte> _scratch = new(8 * 1024);
    private Utf8JsonWriter _json = null!;

    /// <summary>Appends the document of this operation.</summary>
    public void Write(in ActionPlan action, InstallationPlan installation, IBufferWriter<byte> output)
    {
        _rng.Reseed((ulong)seed, installation.Index, Streams.Document(action.ExternalId));
        switch (action.Fault)
        {
            case Fault.Empty:
                break;
            case Fault.NotAnObject:
                output.Write(Encoding.UTF8.GetBytes(_rng.Pick(s_notObjects)));
                break;
            case Fault.Truncated:
                _scratch.ResetWrittenCount();
                WriteReadable(action, installation, _scratch);
                output.Write(Cut(_scratch.WrittenSpan, _rng.Between(1, _scratch.WrittenCount - 1)));
                break;
            default:
                WriteReadable(action, installation, output);
                break;
        }
    }

    // Between letters, not within one: PostgreSQL takes no text that isn't valid UTF-8.
    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> text, int length)
    {
        while ((text[length] & 0xC0) == 0x80)
        {
            length--;
        }
        return text[..length];
    }

    private void WriteReadable(in ActionPlan action, InstallationPlan installation, IBufferWriter<byte> output)
    {
        var release = installation.ReleaseAt(action.StartAt);
        _json = Releases.IsNew(release) ? _plain : _escaping;
        _json.Reset(output);
        _json.WriteStartObject();
        WriteHead(action, release);
        if (!Releases.IsOld(release))
        {
            _json.WriteBoolean("is_sent"u8, _rng.Chance(0.1));
        }
        _json.WriteOrNull("cluster_id"u8, action.Environment);
        WriteTaskUuid(action, release);
        _json.WriteStartObject("additional_info"u8);
        if (action.Operation == Operation.Ostf)
        {
            HealthCheckDocument.Write(_json, _rng, action);
        }
        else if (action.Operation.IsTask())
        {
            WriteTask(action, release);
        }
        else
        {
            SettingsDocument.Write(_json, _rng, action);
        }
        _json.WriteEndObject();
        if (Releases.IsNew(release))
        {
            _json.WriteNumber("schema_version"u8, 3);
            _json.WriteString("origin"u8, _rng.Chance(0.7) ? "web" : "cli");
        }
        _json.WriteEndObject();
        _json.Flush();
    }

    private void WriteHead(in ActionPlan action, int release)
    {
        _json.WriteNumber("id"u8, action.ExternalId);
        if (release == 1 && _rng.Chance(0.5))
        {
            // Some builds of 6.1 didn't send the actor at all.
        }
        else if (_rng.Chance(0.15))
        {
            _json.WriteNull("actor_id"u8);
        }
        else
        {
            var actor = Rng.Mix(((ulong)seed << 32) ^ (ulong)((action.Installation * 4L) + _rng.Below(3)));
            _json.WriteHex("actor_id"u8, actor, Rng.Mix(actor), 32);
        }
        if (release > 0)
        {
            _json.WriteString("action_group"u8, action.Operation.Group());
        }
        _json.WriteString("action_name"u8, action.Operation.Name());
        _json.WriteString("action_type"u8, action.Operation.Type());
        if (action.Fault == Fault.NotADate)
        {
            _json.WriteString("start_timestamp"u8, _rng.Pick(s_notDates));
        }
        else
        {
            _json.WriteInstant("start_timestamp"u8, action.StartAt);
        }
        if (action.EndAt < 0)
        {
            _json.WriteNull("end_timestamp"u8);
        }
        else
        {
            _json.WriteInstant("end_timestamp"u8, action.EndAt);
        }
    }

    private void WriteTaskUuid(in ActionPlan action, int release)
    {
        if (Releases.IsOld(release))
        {
            return;
        }
        if (action.Task == 0)
        {
            _json.WriteNull("task_uuid"u8);
            return;
        }
        var bits = Rng.Mix((ulong)seed ^ Rng.Mix(((ulong)action.Installation << 32) | (uint)action.Task));
        _json.WriteString("task_uuid"u8, Rng.Uuid(bits, Rng.Mix(bits + (ulong)Streams.Tasks)));
    }

    private void WriteTask(in ActionPlan action, int release)
    {
        _json.WriteOrNull("parent_task_id"u8, action.ParentTask);
        _json.WriteStartArray("subtasks_ids"u8);
        for (var i = 1; i <= action.Subtasks; i++)
        {
            _json.WriteNumberValue(action.Task + i);
        }
        _json.WriteEndArray();
        _json.WriteString("operation"u8, action.Operation.Name());
        var nodes = TaskMessages.NodesOf(action.Operation, action.Nodes, _rng);
        _json.WriteStartArray("nodes_from_resp"u8);
        for (var node = 1; node <= nodes; node++)
        {
            _json.WriteNumberValue(node);
        }
        _json.WriteEndArray();
        _json.WriteString(
            "ended_with_status"u8,
            action.Outcome switch
            {
                Outcome.Ready => "ready",
                Outcome.Error => "error",
                _ => "running",
            }
        );
        _json.WriteString("message"u8, TaskMessages.Of(action, _rng));
        if (!Releases.IsOld(release))
        {
            WriteOutput(action, Math.Min(nodes, 12));
        }
    }

    private void WriteOutput(in ActionPlan action, int nodes)
    {
        _json.WriteStartObject("output"u8);
        if (action.Operation is Operation.Deployment or Operation.Provision && action.EndAt >= 0)
        {
            var failed = action.Outcome == Outcome.Error ? _rng.Between(1, Math.Max(1, nodes)) : 0;
            _json.WriteStartArray("nodes"u8);
            for (var node = 1; node <= nodes; node++)
            {
                _json.WriteStartObject();
                _json.WriteNumber("uid"u8, node);
                _json.WriteString("status"u8, node == failed ? "error" : "ready");
                _json.WriteEndObject();
            }
            _json.WriteEndArray();
        }
        _json.WriteEndObject();
    }
}
