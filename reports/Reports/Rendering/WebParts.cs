namespace Reports.Rendering;

/// <summary>The addresses of the files that served pages fetch; null: there is no such file, and pages do without.</summary>
internal sealed record WebLinks(string? Style, string? Charts, string? Echarts);

/// <summary>What every page has that is served.</summary>
internal record WebPart(WebLinks Links);

/// <summary>What a served index has besides.</summary>
/// <param name="Words">The words that were searched for.</param>
/// <param name="IsAnalyst">Whether its reader may see the catalogue, the loads and the mails.</param>
/// <param name="IsSignedIn">Whether its reader can sign out.</param>
internal sealed record IndexPart(WebLinks Links, string Words, bool IsAnalyst, bool IsSignedIn) : WebPart(Links)
{
    /// <summary>The dashboards that its reader may see.</summary>
    public IReadOnlyList<DashboardCard> Dashboards { get; init; } = [];
}

/// <summary>What a report's served page has besides: the form of its parameters.</summary>
/// <param name="Fields">The form's fields; none: there is no form.</param>
/// <param name="Fault">What of the form can't be taken; empty: nothing.</param>
internal sealed record FormPart(WebLinks Links, IReadOnlyList<FormField> Fields, string Fault) : WebPart(Links)
{
    /// <summary>Where the form leads.</summary>
    public string Action { get; init; } = "";

    /// <summary>Periods and comparisons in words, as links.</summary>
    public IReadOnlyList<ChoiceRow> Choices { get; init; } = [];
}

/// <summary>A row of links of which one is taken.</summary>
internal sealed record ChoiceRow(string Title, IReadOnlyList<Choice> Choices);

/// <summary>A link that changes a value of the page.</summary>
/// <param name="IsTaken">Whether the page shows it now.</param>
internal sealed record Choice(string Title, string Link, bool IsTaken);

/// <summary>A parameter's field in a form.</summary>
/// <param name="Is">What the parameter means.</param>
/// <param name="Value">What stands in the field.</param>
/// <param name="Type">The field's type in HTML.</param>
/// <param name="IsChoice">Whether it is a choice of yes and no.</param>
/// <param name="IsTrue">Whether yes is chosen.</param>
/// <param name="Step">The field's step in HTML; null: whole numbers.</param>
/// <param name="IsRequired">Whether an empty field is none.</param>
/// <param name="Fault">What would be taken in place of what was given; null: it can be taken.</param>
/// <param name="Values">The values that are suggested.</param>
internal sealed record FormField(
    string Name,
    string Is,
    string Value,
    string Type,
    bool IsChoice,
    bool IsTrue,
    string? Step,
    bool IsRequired,
    string? Fault,
    IReadOnlyList<string> Values
);
