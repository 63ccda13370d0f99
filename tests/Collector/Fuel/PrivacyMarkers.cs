namespace Collector.Fuel;

/// <summary>
/// What every invented person in user_information contains and nothing else does. A test looks for these in the warehouse; none may be
/// found.
/// </summary>
public static class PrivacyMarkers
{
    /// <summary>Every name begins so.</summary>
    public const string Name = "Testperson ";

    /// <summary>Every e-mail address ends so.</summary>
    public const string EmailDomain = "@example.org";

    /// <summary>Every company begins so.</summary>
    public const string Company = "Fictional ";

    /// <summary>Every telephone number begins so.</summary>
    public const string Phone = "+1-202-555-01";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Name, EmailDomain, Company, Phone];
}
