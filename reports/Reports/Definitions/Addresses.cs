using System.Net.Mail;

namespace Reports.Definitions;

/// <summary>Mail addresses, as headers, digests and the configuration hold them.</summary>
internal static class Addresses
{
    /// <summary>What is wrong with those of <paramref name="addresses"/> that are none, by address.</summary>
    public static IEnumerable<(string Address, string Fault)> FaultsOf(IEnumerable<string> addresses) =>
        addresses.Where(a => !MailAddress.TryCreate(a, out _)).Select(a => (a, $"expected an address such as team@example.org; found '{a}'"));
}
