using Reports.Definitions;
using WarehouseSql.Definitions;

namespace Reports.Dumps;

/// <summary>
/// What a dump of one system writes: <c>reports/dumps/&lt;system&gt;/&lt;table&gt;.sql</c>, each with a header as a report's, and a CSV
/// file each.
/// </summary>
/// <param name="System">The system.</param>
/// <param name="Tables">The tables in the order of their names.</param>
internal sealed record DumpSet(string System, IReadOnlyList<ReportDefinition> Tables)
{
    /// <summary>The parameters of all tables.</summary>
    public IReadOnlyList<ReportParameter> Parameters => [.. Tables.SelectMany(t => t.Parameters).DistinctBy(p => p.Name)];

    /// <summary>All systems' dumps by system.</summary>
    /// <exception cref="DefinitionException">Lists every fault of every file.</exception>
    public static IReadOnlyDictionary<string, DumpSet> ReadAll(Project project) => ReadAll(project.PathOf("reports", "dumps"));

    /// <summary>As <see cref="ReadAll(Project)"/>, of a folder.</summary>
    /// <exception cref="DefinitionException">Lists every fault of every file.</exception>
    public static IReadOnlyDictionary<string, DumpSet> ReadAll(string folder)
    {
        var sets = ReportDefinition
            .ReadAll(folder)
            .Values.GroupBy(t => t.System)
            .Select(g => new DumpSet(g.Key, [.. g]))
            .ToDictionary(s => s.System);
        return DefinitionException.Of([.. sets.Values.SelectMany(s => s.Faults())]) is { } fault ? throw fault : sets;
    }

    /// <summary>The dump of that system.</summary>
    /// <exception cref="ReportException">There is none; the message names the closest ones.</exception>
    /// <exception cref="DefinitionException">Lists every fault of every file.</exception>
    public static DumpSet Read(Project project, string system)
    {
        var all = ReadAll(project);
        return all.GetValueOrDefault(system)
            ?? throw new ReportException($"there is no dump of '{system}'{Closest.Of(system, all.Keys, "dumps")}");
    }

    /// <summary>The parameters' values: those given, else the defaults.</summary>
    /// <exception cref="ReportException">One is unknown or not of its type, or <c>to</c> isn't after <c>from</c>.</exception>
    public IReadOnlyList<(ReportParameter Parameter, string Value)> Resolve(IReadOnlyDictionary<string, string> given, TimeProvider time)
    {
        if (given.Keys.FirstOrDefault(k => Parameters.All(p => p.Name != k)) is { } unknown)
        {
            throw new ReportException(ParameterFault.Unknown($"the dump of {System}", unknown, Parameters).Message);
        }

        var values = Parameters
            .Select(p =>
                (
                    p,
                    p.Resolve(given.GetValueOrDefault(p.Name, p.Default), time)
                        ?? throw new ReportException($"the dump of {System}: parameter {ParameterFault.Of(p, given[p.Name]).Message}")
                )
            )
            .ToList();
        var days = values.Where(v => v.p.Type == "Date").ToDictionary(v => v.p.Name, v => v.Item2);
        return days.TryGetValue("from", out var from) && days.TryGetValue("to", out var to) && string.CompareOrdinal(to, from) <= 0
            ? throw new ReportException($"the dump of {System}: expected `to` after `from`; found {from} to {to}, which holds no day")
            : values;
    }

    // A value means the same to each table, or the files wouldn't fit each other.
    private IEnumerable<DefinitionException> Faults() =>
        from table in Tables
        from parameter in table.Parameters
        let first = Parameters.First(p => p.Name == parameter.Name)
        where (parameter.Type, parameter.Default, parameter.Values) != (first.Type, first.Default, first.Values)
        select new DefinitionException(
            table.Path,
            table.File.LineOfKey(parameter.Name),
            $"parameter '{parameter.Name}': expected the type, default and values that it has in the system's other tables; found others"
        );
}
