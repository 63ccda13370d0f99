using WarehouseSql.Definitions;
using IOPath = System.IO.Path;

namespace Reports.Definitions;

/// <summary>One report of a digest.</summary>
public sealed record DigestReport
{
    /// <summary>"system/report".</summary>
    public string Report { get; init; } = "";

    /// <summary>Values of its parameters; the others have their defaults.</summary>
    public Dictionary<string, string> Params { get; init; } = [];

    /// <summary>How many rows the mail shows.</summary>
    public int Rows { get; init; } = 10;
}

/// <summary>An e-mail of several reports: <c>reports/digests/&lt;name&gt;.yaml</c>.</summary>
public sealed record DigestDefinition
{
    /// <summary>Its name, which is the file's.</summary>
    public string Name { get; private init; } = "";

    /// <summary>Its title.</summary>
    public string Title { get; init; } = "";

    /// <summary>The mail's subject, a template: {{title}}, {{date}} (of the sending, in <see cref="TimeZone"/>), {{week}} (ISO 8601).</summary>
    public string Subject { get; init; } = "{{title}} · {{date}}";

    /// <summary>What stands before the reports; may be empty.</summary>
    public string Intro { get; init; } = "";

    /// <summary>Whom it goes to.</summary>
    public IReadOnlyList<string> To { get; init; } = [];

    /// <summary>Whom it comes from; null: the configuration's <c>Smtp__From</c>.</summary>
    public string? From { get; init; }

    /// <summary>When it is sent: a Quartz cron expression in <see cref="TimeZone"/>.</summary>
    public string Schedule { get; init; } = "";

    /// <summary>The IANA name of the zone that the schedule is meant in.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>That zone.</summary>
    internal TimeZoneInfo Zone => Schedules.Zone(TimeZone)!;

    /// <summary>How long it waits for the data that its period needs, such as 2h.</summary>
    public string Wait { get; init; } = "2h";

    /// <summary>What happens where the data isn't there after <see cref="Wait"/>: "send", with a banner that says how far it reaches, or "hold", until it is there.</summary>
    public string IfLate { get; init; } = "send";

    /// <summary>How long changes to figures that were sent are collected before readers get a correction, such as 1d; "none": they get none.</summary>
    public string Corrections { get; init; } = "1d";

    /// <summary>Each report's CSV goes with the mail up to so many kB (of 1000 bytes); 0: none does.</summary>
    public int AttachKb { get; init; } = 500;

    /// <summary>The reports in the mail's order.</summary>
    public List<DigestReport> Reports { get; init; } = [];

    /// <summary>Where it came from.</summary>
    public string Path { get; private init; } = "";

    /// <summary>The folder of all digests.</summary>
    public static string Folder => ProjectFolder.Combine("reports", "digests");

    /// <summary>All digests by name.</summary>
    /// <exception cref="DefinitionException">Lists every fault of every file.</exception>
    public static IReadOnlyDictionary<string, DigestDefinition> ReadAll(string? folder = null, string? reports = null)
    {
        return new SortedDictionary<string, DigestDefinition>(DefinitionFiles.ReadAll(Files(folder), p => ReadFile(p, reports)).ToDictionary(d => d.Name), StringComparer.Ordinal);
    }

    /// <summary>The digest of that name.</summary>
    /// <exception cref="ReportException">There is none; the message names the closest ones.</exception>
    /// <exception cref="DefinitionException">Lists every fault of its file.</exception>
    public static DigestDefinition Read(string name, string? folder = null, string? reports = null)
    {
        var files = Files(folder).ToList();
        return files.Find(f => NameOf(f) == name) is { } path
            ? ReadFile(path, reports)
            : throw new ReportException($"there is no digest '{name}'{Closest.Of(name, files.Select(NameOf), "digests")}");
    }

    /// <summary>A mail that no file of its own describes: an alert's, which stands in a report's header.</summary>
    internal static DigestDefinition Of(string name, string path, string title, string intro, IReadOnlyList<string> to, List<DigestReport> reports) =>
        new() { Name = name, Path = path, Title = title, Subject = "{{title}}", Intro = intro, To = to, Reports = reports, AttachKb = 0 };

    /// <summary>Reads and validates one file; its reports are looked up in the folder <paramref name="reports"/>.</summary>
    /// <exception cref="DefinitionException">Lists every fault of the file.</exception>
    public static DigestDefinition ReadFile(string path, string? reports = null)
    {
        var text = File.ReadAllText(path);
        var digest = YamlReader.Read<DigestDefinition>(path, text) with { Name = NameOf(path), Path = path };
        return DefinitionException.Of([.. digest.Faults(text), .. digest.DeliveryFaults(text), .. digest.ReportFaults(text, reports)]) is { } fault ? throw fault
            : digest with { To = [.. digest.To.Select(Addresses.WithoutName)] };
    }

    private IEnumerable<DefinitionException> Faults(string text)
    {
        DefinitionException Fault(string key, string what) => new(Path, LineOf(text, key + ":"), what);

        if (Title.Length == 0)
        {
            yield return Fault("title", "expected `title:`; found nothing");
        }

        if (To is not { Count: > 0 })
        {
            yield return Fault("to", "expected `to: [address, …]`; found none");
        }

        foreach (var (address, what) in Addresses.FaultsOf(From is null ? To ?? [] : [.. To ?? [], From]))
        {
            yield return new DefinitionException(Path, LineOf(text, address), what);
        }

        if (Schedules.FaultOf(Schedule) is { } fault)
        {
            yield return Fault("schedule", fault);
        }

        foreach (var twice in (To ?? []).GroupBy(a => Addresses.WithoutName(a ?? ""), StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
        {
            yield return new DefinitionException(Path, LineOf(text, twice.Key), $"the address {twice.Key} stands there twice");
        }

        if (Schedules.Zone(TimeZone) is null)
        {
            yield return Fault("time_zone", $"expected an IANA time zone such as Europe/Berlin; found '{TimeZone}'");
        }

        if (Reports is not { Count: > 0 })
        {
            yield return Fault("reports", "expected `reports: [{report: system/name}, …]`; found none");
        }
    }

    private IEnumerable<DefinitionException> DeliveryFaults(string text)
    {
        DefinitionException Fault(string key, string what) => new(Path, LineOf(text, key + ":"), what);

        if (Durations.FaultOf("wait", Wait) is { } wait)
        {
            yield return Fault("wait", wait);
        }

        if (IfLate is not ("send" or "hold"))
        {
            yield return Fault("if_late", $"expected `if_late: send` (with a banner) or `hold`; found '{IfLate}'");
        }

        if (Corrections != "none" && Durations.FaultOf("corrections", Corrections) is { } corrections)
        {
            yield return Fault("corrections", corrections + ", or none");
        }

        if (AttachKb is < 0 or > 5_000)
        {
            yield return Fault("attach_kb", $"expected `attach_kb:` from 0 (no files) to 5000; found {AttachKb}");
        }
    }

    private IEnumerable<DefinitionException> ReportFaults(string text, string? folder)
    {
        foreach (var item in Reports ?? [])
        {
            var line = LineOf(text, item.Report);
            if (item.Rows is < 1 or > 100)
            {
                yield return new DefinitionException(Path, line, $"{item.Report}: expected `rows:` from 1 to 100; found {item.Rows}");
            }

            if (FaultOf(item, folder) is { } fault)
            {
                yield return new DefinitionException(Path, line, fault);
            }
        }
    }

    // A report's own faults are its file's, and are told where the reports are read.
    private static string? FaultOf(DigestReport item, string? folder)
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

    private static string NameOf(string path) => IOPath.GetFileNameWithoutExtension(path);

    private static IEnumerable<string> Files(string? folder) =>
        Directory.Exists(folder ?? Folder) ? Directory.EnumerateFiles(folder ?? Folder, "*.yaml").Order(StringComparer.Ordinal) : [];
}
