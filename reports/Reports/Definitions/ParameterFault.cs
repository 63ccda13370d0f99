namespace Reports.Definitions;

/// <summary>A parameter's value that can't be taken, in words that are the same wherever it was given.</summary>
/// <param name="Parameter">The parameter's name as it was written.</param>
/// <param name="Expected">What would be taken.</param>
/// <param name="Message">Both in one line.</param>
public sealed record ParameterFault(string Parameter, string Expected, string Message)
{
    private const int Shown = 80;

    /// <summary>There is none of that name among those of a report or a dump.</summary>
    public static ParameterFault Unknown(string of, string name, IReadOnlyCollection<ReportParameter> known)
    {
        var list = known.Count == 0 ? "none" : string.Join(", ", known.Select(p => $"{p.Name} ({p.Type})"));
        return new ParameterFault(Cut(name), $"one of: {list}", $"{of} has no parameter '{Cut(name)}'; it has {list}");
    }

    /// <summary>The value isn't of the parameter's type.</summary>
    public static ParameterFault Of(ReportParameter parameter, string value) =>
        new(parameter.Name, parameter.Expected, $"'{parameter.Name}': expected {parameter.Expected}; found '{Cut(value)}'");

    /// <summary>The value isn't among those that there are; the message names the closest ones.</summary>
    public static ParameterFault NotAmong(ReportParameter parameter, string value, IEnumerable<string> known) =>
        new(
            parameter.Name,
            "a value that there is",
            $"there is no {parameter.Name} '{Cut(value)}'{Closest.Of(value, known, parameter.Name + "s")}"
        );

    /// <summary>What people gave, as far as it is shown.</summary>
    internal static string Cut(string text) => text.Length <= Shown ? text : string.Concat(text.AsSpan(0, Shown), "…");
}
