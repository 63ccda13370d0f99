using WarehouseSql.Programs;

namespace WarehouseSql.Definitions;

/// <summary>A file that people write (a header, a migration, a test, a digest) is faulty.</summary>
/// <remarks>Its message names file, line, what was expected and what was found; a person can mend the file from it alone.</remarks>
public sealed class DefinitionException : UserException
{
    /// <summary>
    /// One fault: <paramref name="path"/> is shown relative to the project's root, <paramref name="line"/> is 1-based (0: the whole file).
    /// </summary>
    public DefinitionException(string path, int line, string what, Exception? inner = null)
        : base(line > 0 ? $"{Project.Relative(path)}:{line}: {what}" : $"{Project.Relative(path)}: {what}", inner) { }

    private DefinitionException(string message)
        : base(message) { }

    /// <summary>All faults of several files at once, each said once, on a line of its own; null when there are none.</summary>
    public static DefinitionException? Of(IReadOnlyList<DefinitionException> faults) =>
        faults.Count switch
        {
            0 => null,
            1 => faults[0],
            _ => new DefinitionException(string.Join(Environment.NewLine, faults.Select(f => f.Message).Distinct())),
        };
}
