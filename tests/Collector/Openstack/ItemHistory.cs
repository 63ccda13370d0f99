using System.Globalization;

namespace Collector.Openstack;

/// <summary>The lives of items: made, running, stopped, resized, gone; or still there at the end, with an open interval.</summary>
internal sealed class ItemHistory(OpenstackOptions options, Catalog catalog, IReadOnlyList<Project> projects, int people)
{
    private static readonly Shares<long> s_types = new(
        (Catalog.Vm, 60),
        (Catalog.Volume, 22),
        (Catalog.FloatingIp, 12),
        (Catalog.Router, 3),
        (Catalog.Network, 3)
    );

    private readonly DateTime _end = options.End.ToDateTime(TimeOnly.MinValue);
    private readonly List<Item> _items = [];
    private readonly List<ItemLink> _links = [];
    private readonly List<Interval> _intervals = [];

    public IReadOnlyList<Item> Items => _items;

    public IReadOnlyList<ItemLink> Links => _links;

    public IReadOnlyList<Interval> Intervals => _intervals;

    public void Run()
    {
        long? machine = null;
        for (var id = 1L; id <= options.Items; id++)
        {
            var rng = new Rng((ulong)options.Seed, id, 10);
            var item = Make(id, rng);
            _items.Add(item);
            Live(item, rng);
            if (item.ItemTypeId == Catalog.Vm)
            {
                machine = id;
            }
            else if (machine is { } primary && item.ItemTypeId is Catalog.Volume or Catalog.FloatingIp && rng.Chance(0.7))
            {
                _links.Add(new ItemLink(machine.Value, id));
            }
        }
    }

    private Item Make(long id, Rng rng)
    {
        var type = s_types.Pick(rng);
        // Projects are of very different size.
        var project = projects[(int)(rng.Unit() * rng.Unit() * projects.Count)];
        return new Item(
            id,
            project.Id,
            rng.Chance(0.06) ? null : rng.Between(1, people),
            string.Create(CultureInfo.InvariantCulture, $"node-{id}{PrivacyMarkers.Host}"),
            rng.Uuid().ToString(),
            type
        );
    }

    // An interval begins where the one before ended, or a little later.
    private void Live(Item item, Rng rng)
    {
        var flavours = catalog.Of(item.ItemTypeId);
        var flavour = rng.Pick(flavours);
        var at = Instant(_end.AddDays(-options.Days * rng.Unit() * 1.1), rng);
        var dies = at.AddDays(rng.Exponential(options.Days / 3.0) + 0.01);
        for (var isActive = item.ItemTypeId != Catalog.Vm; at < _end; isActive = !isActive)
        {
            var state =
                isActive ? "ACTIVE"
                : _intervals.Count == 0 || _intervals[^1].ItemId != item.Id ? "BUILD"
                : rng.Chance(0.1) ? "ERROR"
                : "SHUTOFF";
            var days =
                state == "BUILD" ? 0.0005 + (rng.Unit() * 0.005) : rng.Exponential(isActive ? options.Days / 6.0 : options.Days / 40.0);
            var until = Instant(Min(at.AddDays(days), dies), rng);
            if (until <= at)
            {
                return;
            }
            _intervals.Add(new Interval(item.Id, flavour.Id, state, at, until < _end ? until : null));
            if (until >= dies)
            {
                return;
            }
            at = rng.Chance(0.1) ? until.AddMinutes(rng.Between(1, 90)) : until;
            flavour = rng.Chance(0.15) ? rng.Pick(flavours) : flavour;
        }
    }

    // To the second in most rows, to the microsecond in some; now and then exactly a month's first instant.
    private static DateTime Instant(DateTime at, Rng rng)
    {
        var kind = rng.Below(40);
        return kind == 0
            ? new DateTime(at.Year, at.Month, 1)
            : new DateTime(at.Ticks - (at.Ticks % (kind < 4 ? TimeSpan.TicksPerMicrosecond : TimeSpan.TicksPerSecond)));
    }

    private static DateTime Min(DateTime a, DateTime b) => a < b ? a : b;
}
