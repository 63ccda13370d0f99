using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using MimeKit;

namespace Reports.Definitions;

/// <summary>Mail addresses, as headers, digests and the configuration hold them: one each, with a name before it or without.</summary>
internal static partial class Addresses
{
    // RFC 5321, 4.5.3.1: what lies before the @, and all of it but the brackets.
    private const int MostLocal = 64;
    private const int MostAll = 254;

    /// <summary>What is wrong with those of <paramref name="addresses"/> that no mail can go to, by address.</summary>
    public static IEnumerable<(string Address, string Fault)> FaultsOf(IEnumerable<string?> addresses) =>
        addresses.Where(a => Read(a) is null).Select(a => (a ?? "", Fault(a)));

    /// <summary>The address as a message takes it.</summary>
    /// <exception cref="FormatException">No mail can go there; says what is expected.</exception>
    public static MailboxAddress Parse(string text) => Read(text) ?? throw new FormatException(Fault(text));

    /// <summary>The address alone, as it was written, of one without a fault: the same reader, whatever he is called.</summary>
    public static string WithoutName(string text) => text[(text.LastIndexOf('<') + 1)..].TrimEnd('>');

    /// <summary>Its domain as DNS writes it.</summary>
    public static string DomainOf(MailboxAddress address) => address.GetAddress(idnEncode: true)[(address.LocalPart.Length + 1)..];

    /// <summary>Whether only servers with SMTPUTF8 (RFC 6531) take it.</summary>
    public static bool NeedsUtf8(MailboxAddress address) => !Ascii.IsValid(address.LocalPart);

    private static MailboxAddress? Read(string? text)
    {
        var form = Form().Match(text ?? "");
        if (!form.Success || Encoding.UTF8.GetByteCount(form.Groups["local"].Value) > MostLocal)
        {
            return null;
        }

        try
        {
            var (local, domain) = (form.Groups["local"].Value, form.Groups["domain"].Value);
            var ofDns = Ascii.IsValid(domain) ? domain : new IdnMapping().GetAscii(domain);
            var length = Encoding.UTF8.GetByteCount(local) + 1 + ofDns.Length;
            return length <= MostAll ? new MailboxAddress(form.Groups["name"].Value, $"{local}@{domain}") : null;
        }
        catch (ArgumentException)
        {
            // The domain can't be one of DNS.
            return null;
        }
    }

    private static string Fault(string? text)
    {
        var shown = string.Concat((text ?? "").Select(c => char.IsControl(c) ? '?' : c));
        return "expected an address such as team@example.org or \"Doe, Jane\" <jane@example.org>, one only; found "
            + (shown.Length <= 100 ? $"'{shown}'" : $"'{shown[..100]}…'");
    }

    // Neither quotes nor comments nor groups: what is read in one way here could be read in another elsewhere.
    [GeneratedRegex(
        """
            ^(?:(?:"(?<name>[^"\\\p{Cc}]*)"|(?<name>[^"\\()<>\[\],;:@\p{Cc}]*?))[ ]*(?<open><))?
            (?<local>[^\s\p{C}"\\()<>\[\],;:@.]+(?:\.[^\s\p{C}"\\()<>\[\],;:@.]+)*)@
            (?<domain>[\p{L}\p{M}\p{N}_-]{1,63}(?:\.[\p{L}\p{M}\p{N}_-]{1,63})*|\[(?:IPv6:)?[0-9A-Fa-f:.]+\])
            (?(open)>)\z
            """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant
    )]
    private static partial Regex Form();
}
