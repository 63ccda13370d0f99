using System.Text;
using MimeKit;
using Reports.Definitions;
using WarehouseSql.Runs;

namespace Reports.Mail;

/// <summary>Mails as MIME.</summary>
internal static class MailMessages
{
    // Of what a file's name may be long, with room for its ending.
    private const int MostName = 200;

    /// <summary>What kind of multipart a mail is: alternative, or mixed where files go with it.</summary>
    public static string Subtype(ComposedMail mail) => mail.Files.Count == 0 ? "alternative" : "mixed";

    /// <summary>The mail to one reader.</summary>
    /// <param name="body">An empty multipart of <see cref="Subtype"/>; plain text comes first, as clients expect, and files last.</param>
    public static MimeMessage Of(ComposedMail mail, MailKey key, string from, Multipart body)
    {
        var message = new MimeMessage { Body = body };
        var sender = Addresses.Parse(mail.From ?? from);
        sender.Name = sender.Name is { Length: > 0 } name ? name : "Reports";
        message.From.Add(sender);
        message.To.Add(Addresses.Parse(key.Recipient));
        var domain = Addresses.DomainOf(sender);
        // A line break would begin another header.
        message.Subject = string.Concat(mail.Subject.Select(c => char.IsControl(c) ? ' ' : c));
        message.Headers.Replace("Message-ID", key.MessageId(domain));
        message.Headers.Add("Auto-Submitted", "auto-generated");
        if (mail.About is { } about)
        {
            var id = (key with { Kind = about.Kind, Occurrence = about.Occurrence }).MessageId(domain);
            message.Headers.Add("In-Reply-To", id);
            message.Headers.Add("References", id);
        }

        MimePart[] texts = [Text("plain", mail.Text), Text("html", mail.Html)];
        MimeEntity[] parts = mail.Files.Count == 0 ? texts : [new MultipartAlternative(texts), .. mail.Files.Select(Attachment)];
        foreach (var part in parts)
        {
            body.Add(part);
        }

        return message;
    }

    /// <summary>How a message is written, be it to a server or into a file.</summary>
    public static FormatOptions Format(MimeMessage message)
    {
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        format.EnsureNewLine = true;
        format.International = message.From.Mailboxes.Concat(message.To.Mailboxes).Any(Addresses.NeedsUtf8);
        return format;
    }

    /// <summary>The name of a mail's file. Of what an address may hold, it may not hold all.</summary>
    public static string FileName(MailKey key)
    {
        var whole = $"{key.Name}-{key.Occurrence}-{key.Recipient}";
        var name = string.Concat(whole.Select(c => char.IsAsciiLetterOrDigit(c) || "-_@.+".Contains(c) ? c : '_'));
        name = name.Length <= MostName ? name : $"{name[..MostName]}-{key.Id}";
        return name + (key.Kind == MailKind.Digest ? "" : $".{key.Kind.Name()}") + ".eml";
    }

    private static TextPart Text(string subtype, string text)
    {
        var part = new TextPart(subtype) { ContentTransferEncoding = ContentEncoding.Base64 };
        part.SetText(Encoding.UTF8, text.ReplaceLineEndings("\r\n"));
        return part;
    }

    private static MimePart Attachment(MailFile file)
    {
        var part = new MimePart("text", "csv")
        {
            Content = new MimeContent(new MemoryStream(file.Bytes, writable: false)),
            ContentTransferEncoding = ContentEncoding.Base64,
            FileName = file.Name,
        };
        part.ContentType.Charset = "utf-8";
        part.ContentType.Name = file.Name;
        return part;
    }
}
