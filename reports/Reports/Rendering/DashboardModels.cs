using Reports.Values;

namespace Reports.Rendering;

/// <summary>What the template <c>dashboard</c> can name.</summary>
/// <param name="Web">Its form, and what every served page has.</param>
/// <param name="IsWall">Whether it is for a screen on a wall, where nobody fills in forms.</param>
/// <param name="WallLink">The address of the same for a wall.</param>
/// <param name="Schedule">When it is sent, and to how many; empty: it isn't.</param>
internal sealed record DashboardModel(
    string Title,
    string Name,
    string Intro,
    FormPart Web,
    bool IsWall,
    string WallLink,
    string Schedule,
    IReadOnlyList<DashboardSection> Parts,
    string MadeAt
);

/// <summary>A report on a dashboard.</summary>
internal sealed record DashboardSection(string Title, string Asks, string Link)
{
    /// <summary>Why there are no figures; null: there are, or they are on their way.</summary>
    public string? Failure { get; init; }

    /// <summary>Whether its figures are on their way.</summary>
    public bool IsWaiting { get; init; }

    /// <summary>The days that it looks at; null: it has no such.</summary>
    public string? Period { get; init; }

    /// <summary>How old its data is.</summary>
    public Age? Data { get; init; }

    /// <summary>What readers have to know; null: nothing.</summary>
    public string? Note { get; init; }

    /// <summary>Its chart, if it has one.</summary>
    public IReadOnlyList<ChartModel> Charts { get; init; } = [];

    /// <summary>The values of an only row.</summary>
    public IReadOnlyList<Figure> Figures { get; init; } = [];

    /// <summary>Its columns; none where figures say it all.</summary>
    public IReadOnlyList<ShownColumn> Columns { get; init; } = [];

    /// <summary>Its first rows.</summary>
    public IReadOnlyList<ShownRow> Rows { get; init; } = [];

    /// <summary>How many rows there are besides, in words; null: none.</summary>
    public string? More { get; init; }
}

/// <summary>A dashboard as the list of reports has it.</summary>
/// <param name="Count">How many reports it has.</param>
internal sealed record DashboardCard(string Link, string Title, string Intro, int Count);
