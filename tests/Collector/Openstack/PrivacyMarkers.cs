namespace Collector.Openstack;

/// <summary>
/// What the names, addresses and numbers of every invented person contain and nothing else does, and the names of hosts. A test looks
/// for these in the warehouse; none may be found.
/// </summary>
public static class PrivacyMarkers
{
    /// <summary>Every first name begins so.</summary>
    public const string FirstName = "Testname-";

    /// <summary>Every last name begins so.</summary>
    public const string LastName = "Testsurname-";

    /// <summary>Every e-mail address ends so.</summary>
    public const string EmailDomain = "@people.example.org";

    /// <summary>Every telephone number begins so.</summary>
    public const string Phone = "+1-617-555-01";

    /// <summary>Every item's name, which may be that of a host, ends so.</summary>
    public const string Host = ".host.example.org";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [FirstName, LastName, EmailDomain, Phone, Host];
}
