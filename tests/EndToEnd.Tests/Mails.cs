using System.Text;
using System.Text.RegularExpressions;

namespace EndToEnd.Tests;

/// <summary>What stands in mails that arrived.</summary>
internal static partial class Mails
{
    /// <summary>The plain text.</summary>
    public static string TextOf(string mail) => PartOf(mail, "text/plain");

    /// <summary>The HTML.</summary>
    public static string HtmlOf(string mail) => PartOf(mail, "text/html");

    /// <summary>A header, decoded and unfolded; empty where there is none.</summary>
    public static string Header(string mail, string name)
    {
        var head = mail[..mail.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Replace("\r\n ", " ", StringComparison.Ordinal);
        var value = head.Split("\r\n").FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim() ?? "";
        return Encoded().Replace(value, m => Encoding.UTF8.GetString(Convert.FromBase64String(m.Groups[1].Value)));
    }

    private static string PartOf(string mail, string type)
    {
        var part = mail[mail.IndexOf("Content-Type: " + type, StringComparison.OrdinalIgnoreCase)..];
        part = part[part.IndexOf("\r\n\r\n", StringComparison.Ordinal)..];
        return Encoding.UTF8.GetString(Convert.FromBase64String(part[..part.IndexOf("\r\n--", StringComparison.Ordinal)])).ReplaceLineEndings("\n");
    }

    [GeneratedRegex(@"=\?utf-8\?B\?([^?]*)\?=\s*", RegexOptions.IgnoreCase)]
    private static partial Regex Encoded();
}
