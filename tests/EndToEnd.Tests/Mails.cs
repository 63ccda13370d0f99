using System.Text;
using MimeKit.Utils;

namespace EndToEnd.Tests;

/// <summary>What stands in mails that arrived.</summary>
internal static class Mails
{
    /// <summary>The plain text.</summary>
    public static string TextOf(string mail) => PartOf(mail, "text/plain");

    /// <summary>The HTML.</summary>
    public static string HtmlOf(string mail) => PartOf(mail, "text/html");

    /// <summary>A header, decoded and unfolded; empty where there is none.</summary>
    public static string Header(string mail, string name)
    {
        var head = mail[..mail.IndexOf("\r\n\r\n", StringComparison.Ordinal)];
        head = head.Replace("\r\n ", " ", StringComparison.Ordinal).Replace("\r\n\t", " ", StringComparison.Ordinal);
        var value =
            head.Split("\r\n")
                .FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
                ?[(name.Length + 1)..].Trim()
            ?? "";
        return Rfc2047.DecodeText(Encoding.UTF8.GetBytes(value));
    }

    private static string PartOf(string mail, string type)
    {
        var part = mail[mail.IndexOf("Content-Type: " + type, StringComparison.OrdinalIgnoreCase)..];
        part = part[part.IndexOf("\r\n\r\n", StringComparison.Ordinal)..];
        return Encoding
            .UTF8.GetString(Convert.FromBase64String(part[..part.IndexOf("\r\n--", StringComparison.Ordinal)]))
            .ReplaceLineEndings("\n");
    }
}
