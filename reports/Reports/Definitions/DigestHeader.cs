using WarehouseSql.Definitions;

namespace Reports.Definitions;

/// <summary>A digest's file as it stands in YAML; <see cref="DigestDefinition"/> is what it means.</summary>
internal sealed record DigestHeader
{
    private const string None = "none";

    public string Title { get; init; } = "";

    public string Subject { get; init; } = "{{title}} · {{date}}";

    public string Intro { get; init; } = "";

    public IReadOnlyList<string> To { get; init; } = [];

    public string? From { get; init; }

    public string Schedule { get; init; } = "";

    public string TimeZone { get; init; } = "UTC";

    public string Wait { get; init; } = "2h";

    public string IfLate { get; init; } = "send";

    public string Corrections { get; init; } = "1d";

    public int AttachKb { get; init; } = 500;

    public List<DigestReport> Reports { get; init; } = [];

    // Without readers and times it is a page alone.
    private bool IsMailed => To is { Count: > 0 } || Schedule.Length > 0;

    /// <summary>What it means; asked of a header without faults.</summary>
    public DigestDefinition Meant(string name, string path) =>
        new()
        {
            Name = name,
            Path = path,
            Title = Title,
            Subject = Subject,
            Intro = Intro,
            To = [.. To.Select(Addresses.WithoutName)],
            From = From,
            Schedule = new Schedule(
                IsMailed ? Schedule : WarehouseSql.Definitions.Schedule.Never.Cron,
                WarehouseSql.Definitions.Schedule.ZoneOf(TimeZone)!
            ),
            Wait = Durations.Parse(Wait)!.Value,
            IsHeld = IfLate == "hold",
            Corrections = Durations.Parse(Corrections),
            AttachKb = AttachKb,
            Reports = Reports,
        };

    /// <summary>Everything that is wrong with it; its reports are looked up in the folder <paramref name="reports"/>.</summary>
    public IEnumerable<DefinitionException> Faults(string path, string text, string reports) =>
        [.. OwnFaults(path, text), .. DeliveryFaults(path, text), .. ReportFaults(path, text, reports)];

    private IEnumerable<DefinitionException> OwnFaults(string path, string text)
    {
        DefinitionException Fault(string key, string what) => new(path, LineOf(text, key + ":"), what);

        if (Title.Length == 0)
        {
            yield return Fault("title", "expected `title:`; found nothing");
        }

        if (To is not { Count: > 0 } && IsMailed)
        {
            yield return Fault(
                "to",
                "expected `to: [address, …]` with `schedule:`; found none (without both, it is a page of the web site alone)"
            );
        }

        foreach (var (address, what) in Addresses.FaultsOf(From is null ? To ?? [] : [.. To ?? [], From]))
        {
            yield return new DefinitionException(path, LineOf(text, address), what);
        }

        if (IsMailed && WarehouseSql.Definitions.Schedule.FaultOf(Schedule) is { } fault)
        {
            yield return Fault("schedule", fault);
        }

        foreach (
            var twice in (To ?? []).GroupBy(a => Addresses.WithoutName(a ?? ""), StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1)
        )
        {
            yield return new DefinitionException(path, LineOf(text, twice.Key), $"the address {twice.Key} stands there twice");
        }

        if (WarehouseSql.Definitions.Schedule.ZoneOf(TimeZone) is null)
        {
            yield return Fault("time_zone", $"expected an IANA time zone such as Europe/Berlin; found '{TimeZone}'");
        }

        if (Reports is not { Count: > 0 })
        {
            yield return Fault("reports", "expected `reports: [{report: system/name}, …]`; found none");
        }
    }

    private IEnumerable<DefinitionException> DeliveryFaults(string path, string text)
    {
        DefinitionException Fault(string key, string what) => new(path, LineOf(text, key + ":"), what);

        if (Durations.FaultOf("wait", Wait) is { } wait)
        {
            yield return Fault("wait", wait);
        }

        if (IfLate is not ("send" or "hold"))
        {
            yield return Fault("if_late", $"expected `if_late: send` (with a banner) or `hold`; found '{IfLate}'");
        }

        if (Corrections != None && Durations.FaultOf("corrections", Corrections) is { } corrections)
        {
            yield return Fault("corrections", corrections + ", or none");
        }

        if (AttachKb is < 0 or > 5_000)
        {
            yield return Fault("attach_kb", $"expected `attach_kb:` from 0 (no files) to 5000; found {AttachKb}");
        }
    }

    private IEnumerable<DefinitionException> ReportFaults(string path, string text, string folder)
    {
        foreach (var item in Reports ?? [])
        {
            var line = LineOf(text, item.Report);
            if (item.Rows is < 1 or > 100)
            {
                yield return new DefinitionException(path, line, $"{item.Report}: expected `rows:` from 1 to 100; found {item.Rows}");
            }

            if (FaultOf(item, folder) is { } fault)
            {
                yield return new DefinitionException(path, line, fault);
            }
        }
    }

    // A report's own faults are its file's, and are told where the reports are read.
    private static string? FaultOf(DigestReport item, string folder)
    {
        try
        {
            ReportDefinition.Read(item.Report, folder).Resolve(item.Params, TimeProvider.System);
            return null;
        }
        catch (ReportException e)
        {
            return e.Message;
        }
        catch (DefinitionException)
        {
            return null;
        }
    }

    private static int LineOf(string text, string what)
    {
        var lines = text.Split('\n');
        return what.Length == 0 ? 1 : Math.Max(0, Array.FindIndex(lines, l => l.Contains(what, StringComparison.Ordinal))) + 1;
    }
}
