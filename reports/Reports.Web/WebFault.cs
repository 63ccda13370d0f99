namespace Reports.Web;

/// <summary>A request that isn't answered as it was meant: its status, and one clear line for whoever sent it.</summary>
internal sealed class WebFault(int status, string title, string detail) : Exception(detail)
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;

    /// <summary>The kind of fault, in a few words.</summary>
    public string Title => title;

    /// <summary>The parameter that is at fault; null: none is.</summary>
    public string? Parameter { get; init; }

    /// <summary>What that parameter takes.</summary>
    public string? Expected { get; init; }

    /// <summary>Seconds after which asking again makes sense; null: never.</summary>
    public int? RetryAfter { get; init; }
}
