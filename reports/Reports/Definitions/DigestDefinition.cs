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

/// <summary>Several reports on one page and, where it has readers, in an e-mail: <c>reports/digests/&lt;name&gt;.yaml</c>.</summary>
public sealed record DigestDefinition
{
    /// <summary>Its name, which is the file's.</summary>
    public required string Name { get; init; }

    /// <summary>Where it came from.</summary>
    public required string Path { get; init; }

    /// <summary>Its title.</summary>
    public required string Title { get; init; }

    /// <summary>The mail's subject, a template: {{title}}, {{date}} (of the sending, in <see cref="Zone"/>), {{week}} (ISO 8601).</summary>
    public required string Subject { get; init; }

    /// <summary>What stands before the reports; may be empty.</summary>
    public string Intro { get; init; } = "";

    /// <summary>Whom it goes to: bare addresses; none: it is a page of the web site alone.</summary>
    public required IReadOnlyList<string> To { get; init; }

    /// <summary>Whether it is sent to anybody.</summary>
    public bool IsMailed => To.Count > 0;

    /// <summary>Whom it comes from; null: the configuration's <c>Smtp__From</c>.</summary>
    public string? From { get; init; }

    /// <summary>When it is sent.</summary>
    public Schedule Schedule { get; init; } = Schedule.Never;

    /// <summary>The zone that the schedule is meant in, and whose days its reports count.</summary>
    internal TimeZoneInfo Zone => Schedule.Zone;

    /// <summary>How long it waits for the data that its period needs.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>
    /// What happens where the data isn't there after <see cref="Wait"/>: true: it is held until it is there; false: it is sent, with a
    /// banner that says how far the data reaches.
    /// </summary>
    public bool IsHeld { get; init; }

    /// <summary>How long changes to figures that were sent are collected before readers get a correction; null: they get none.</summary>
    public TimeSpan? Corrections { get; init; }

    /// <summary>Each report's CSV goes with the mail up to so many kB (of 1000 bytes); 0: none does.</summary>
    public int AttachKb { get; init; }

    /// <summary>The reports in the mail's order.</summary>
    public required IReadOnlyList<DigestReport> Reports { get; init; }

    /// <summary>All digests of a folder by name.</summary>
    /// <exception cref="DefinitionException">Lists every fault of every file.</exception>
    public static IReadOnlyDictionary<string, DigestDefinition> ReadAll(string folder, string reports)
    {
        var faults = new List<DefinitionException>();
        var all = ReadAll(folder, reports, faults);
        return DefinitionException.Of(faults) is { } fault ? throw fault : all;
    }

    /// <summary>As the other; adds the faults to <paramref name="faults"/>, and leaves faulty files out.</summary>
    public static IReadOnlyDictionary<string, DigestDefinition> ReadAll(
        string folder,
        string reports,
        ICollection<DefinitionException> faults
    ) =>
        new SortedDictionary<string, DigestDefinition>(
            DefinitionFiles.ReadAll(Files(folder), p => ReadFile(p, reports), faults).ToDictionary(d => d.Name),
            StringComparer.Ordinal
        );

    /// <summary>The digest of that name.</summary>
    /// <exception cref="ReportException">There is none; the message names the closest ones.</exception>
    /// <exception cref="DefinitionException">Lists every fault of its file.</exception>
    public static DigestDefinition Read(string name, string folder, string reports)
    {
        var files = Files(folder).ToList();
        return files.Find(f => NameOf(f) == name) is { } path
            ? ReadFile(path, reports)
            : throw new ReportException($"there is no digest '{name}'{Closest.Of(name, files.Select(NameOf), "digests")}");
    }

    /// <summary>A mail that no file of its own describes: an alert's, which stands in a report's header.</summary>
    internal static DigestDefinition Of(
        string name,
        string path,
        string title,
        string intro,
        IReadOnlyList<string> to,
        IReadOnlyList<DigestReport> reports
    ) =>
        new()
        {
            Name = name,
            Path = path,
            Title = title,
            Subject = "{{title}}",
            Intro = intro,
            To = to,
            Reports = reports,
        };

    /// <summary>Reads and validates one file; its reports are looked up in the folder <paramref name="reports"/>.</summary>
    /// <exception cref="DefinitionException">Lists every fault of the file.</exception>
    public static DigestDefinition ReadFile(string path, string reports)
    {
        var text = File.ReadAllText(path);
        var header = YamlReader.Read<DigestHeader>(path, text);
        return DefinitionException.Of([.. header.Faults(path, text, reports)]) is { } fault
            ? throw fault
            : header.Meant(NameOf(path), path);
    }

    private static string NameOf(string path) => IOPath.GetFileNameWithoutExtension(path);

    private static IEnumerable<string> Files(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal) : [];
}
