using WarehouseSql.Definitions;

namespace Reports.Definitions;

/// <summary>A project's reports, digests and watches.</summary>
internal static class ProjectReports
{
    /// <summary>The folder of all reports.</summary>
    public static string ReportsFolder(this Project project) => project.PathOf("reports", "definitions");

    /// <summary>All reports by name.</summary>
    /// <exception cref="DefinitionException">Lists every fault of every file.</exception>
    public static IReadOnlyDictionary<string, ReportDefinition> Reports(this Project project) =>
        ReportDefinition.ReadAll(project.ReportsFolder());

    /// <summary>The report of that name; the others' faults don't matter.</summary>
    /// <exception cref="ReportException">There is none; the message names the closest ones.</exception>
    /// <exception cref="DefinitionException">Lists every fault of its file.</exception>
    public static ReportDefinition Report(this Project project, string name) => ReportDefinition.Read(name, project.ReportsFolder());

    /// <summary>All digests by name.</summary>
    /// <exception cref="DefinitionException">Lists every fault of every file.</exception>
    public static IReadOnlyDictionary<string, DigestDefinition> Digests(this Project project) =>
        DigestDefinition.ReadAll(project.DigestsFolder(), project.ReportsFolder());

    /// <summary>Those digests whose files are sound, by name, for who can do without the others: their faults are added to <paramref name="faults"/>.</summary>
    public static IReadOnlyDictionary<string, DigestDefinition> Digests(this Project project, ICollection<DefinitionException> faults) =>
        DigestDefinition.ReadAll(project.DigestsFolder(), project.ReportsFolder(), faults);

    /// <summary>Those digests that are sent to somebody, by name; the others are pages of the web site alone.</summary>
    /// <exception cref="DefinitionException">Lists every fault of every file.</exception>
    public static IReadOnlyDictionary<string, DigestDefinition> MailedDigests(this Project project) =>
        new SortedDictionary<string, DigestDefinition>(
            project.Digests().Values.Where(d => d.IsMailed).ToDictionary(d => d.Name),
            StringComparer.Ordinal
        );

    /// <summary>The digest of that name; the others' faults don't matter.</summary>
    /// <exception cref="ReportException">There is none; the message names the closest ones.</exception>
    /// <exception cref="DefinitionException">Lists every fault of its file.</exception>
    public static DigestDefinition Digest(this Project project, string name) =>
        DigestDefinition.Read(name, project.DigestsFolder(), project.ReportsFolder());

    /// <summary>All watches by name.</summary>
    /// <exception cref="DefinitionException">Lists every fault of every file.</exception>
    public static IReadOnlyDictionary<string, WatchDefinition> Watches(this Project project) =>
        WatchDefinition.ReadAll(project.PathOf("reports", "watches"));

    private static string DigestsFolder(this Project project) => project.PathOf("reports", "digests");
}
