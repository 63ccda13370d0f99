using System.Buffers;
using System.Runtime.InteropServices;

namespace Collector.Fuel;

/// <summary>
/// Rows of the system fuel as a collector would hold them. The same options give exactly the same rows, on any machine,
/// in any culture; rows of an installation don't depend on how many others there are.
/// </summary>
public sealed class FuelGenerator
{
    private readonly FuelOptions _options;
    private readonly InstallationPlan[] _installations;
    private readonly List<ActionPlan> _actions;

    /// <summary>Plans every row; documents are written as rows are asked for.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public FuelGenerator(FuelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _installations = new InstallationPlan[options.Installations];
        for (var i = 0; i < _installations.Length; i++)
        {
            _installations[i] = InstallationPlan.Create(options, i);
        }
        _actions = PlanActions();
        var structures = Array.FindAll(_installations, installation => !installation.HasNoStructure);
        Array.Sort(structures, static (a, b) => (a.StartAt, a.Index).CompareTo((b.StartAt, b.Index)));
        Structures = structures;
    }

    /// <summary>How many rows <see cref="ActionLogs"/> gives.</summary>
    public int ActionLogCount => _actions.Count;

    /// <summary>How many rows <see cref="InstallationStructures"/> gives.</summary>
    public int InstallationStructureCount => Structures.Count;

    internal IReadOnlyList<InstallationPlan> Structures { get; }

    internal ReadOnlySpan<ActionPlan> Actions => CollectionsMarshal.AsSpan(_actions);

    /// <summary>The action logs in the order in which the collector received them.</summary>
    public IEnumerable<ActionLog> ActionLogs()
    {
        var document = new ActionLogDocument(_options.Seed);
        var buffer = new ArrayBufferWriter<byte>(8 * 1024);
        for (var i = 0; i < _actions.Count; i++)
        {
            var action = _actions[i];
            buffer.ResetWrittenCount();
            document.Write(action, InstallationOf(action), buffer);
            var isNamed = IsNamed(action);
            yield return new ActionLog(
                InstallationOf(action).Uid,
                action.ExternalId,
                buffer.WrittenSpan.ToArray(),
                isNamed ? action.Operation.Type() : null,
                isNamed ? action.Operation.Name() : null
            );
        }
    }

    /// <summary>The structures in the order in which the collector first heard of the installations.</summary>
    public IEnumerable<InstallationStructure> InstallationStructures()
    {
        var document = new StructureDocument(_options);
        var buffer = new ArrayBufferWriter<byte>(64 * 1024);
        foreach (var installation in Structures)
        {
            buffer.ResetWrittenCount();
            document.Write(installation, buffer);
            var dates = StructureDates(installation);
            yield return new InstallationStructure(
                installation.Uid,
                buffer.WrittenSpan.ToArray(),
                Clock.ToDateTime(dates.Created),
                dates.Modified is { } modified ? Clock.ToDateTime(modified) : null,
                installation.IsFiltered,
                ReleaseColumn(installation)
            );
        }
    }

    internal InstallationPlan InstallationOf(in ActionPlan action) => _installations[action.Installation];

    /// <summary>The collector fills action_type and action_name since a quarter of the period.</summary>
    internal bool IsNamed(in ActionPlan action) => action.ReceivedAt >= Clock.StartOf(_options.End) - (_options.Days * Clock.Day * 3 / 4);

    internal (long Created, long? Modified) StructureDates(InstallationPlan installation)
    {
        var rng = new Rng((ulong)_options.Seed, installation.Index, Streams.StructureDates);
        var end = Math.Min(installation.LeftAt, Clock.StartOf(_options.End));
        var created = installation.StartAt + rng.Below(Math.Min(Clock.Hour, end - installation.StartAt));
        var modified = Math.Max(created + 1, end - 1 - rng.Below(installation.ReportEvery));
        return (created, rng.Chance(0.06) || modified >= end ? null : modified);
    }

    internal string? ReleaseColumn(InstallationPlan installation)
    {
        var end = Math.Min(installation.LeftAt, Clock.StartOf(_options.End));
        var release = installation.ReleaseAt(end - 1);
        return Releases.IsOld(release) && installation.Index % 3 == 0 ? null : Releases.Names[release];
    }

    private List<ActionPlan> PlanActions()
    {
        List<ActionPlan> received = [];
        var simulation = new ActionSimulation(_options);
        var delivery = new Delivery(_options);
        var end = Clock.StartOf(_options.End);
        var begin = end - (_options.Days * Clock.Day);
        foreach (var installation in _installations)
        {
            var actions = simulation.Run(installation);
            delivery.Deliver(installation, actions);
            foreach (ref readonly var action in CollectionsMarshal.AsSpan(actions))
            {
                if (action.ReceivedAt >= begin && action.ReceivedAt < end)
                {
                    received.Add(action);
                }
            }
        }
        CollectionsMarshal
            .AsSpan(received)
            .Sort(static (a, b) => (a.ReceivedAt, a.Installation, a.ExternalId).CompareTo((b.ReceivedAt, b.Installation, b.ExternalId)));
        return received;
    }
}
