using System.Globalization;
using MailKit.Security;
using Microsoft.Extensions.Configuration;
using Reports.Definitions;
using WarehouseSql.Programs;

namespace Reports.Mail;

/// <summary>The mail server: the section <c>Smtp</c> of the configuration.</summary>
internal sealed record SmtpOptions
{
    /// <summary>Its name; empty: mails become files.</summary>
    public string Host { get; init; } = "";

    /// <summary>Its port.</summary>
    public int Port { get; init; } = 587;

    /// <summary>Whether the line is encrypted from the first byte; null: on port 465.</summary>
    public bool? Tls { get; init; }

    /// <summary>Whether the line is encrypted by STARTTLS before anything is said, where it isn't from the first byte.</summary>
    public bool StartTls { get; init; } = true;

    /// <summary>The account; empty: none.</summary>
    public string User { get; init; } = "";

    /// <summary>Its password, or access token.</summary>
    public string Password { get; init; } = "";

    /// <summary>A file that holds the password or token in its place, and is read for each mail; empty: none.</summary>
    public string PasswordFile { get; init; } = "";

    /// <summary>How to log in, as servers name it (PLAIN, XOAUTH2 …); empty: by the strongest way for passwords that it offers.</summary>
    public string Mechanism { get; init; } = "";

    /// <summary>Whether the password may go over a line that isn't encrypted.</summary>
    public bool PasswordInClear { get; init; }

    /// <summary>Whom mails come from where the digest doesn't say.</summary>
    public string From { get; init; } = "reports@localhost";

    /// <summary>Seconds for all up to a message's end; its answer may take ten times that (ten minutes: RFC 5321, 4.5.3.2.6).</summary>
    public int TimeoutSeconds { get; init; } = 60;

    /// <summary>Its address, for messages.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    /// <summary>How the line is encrypted.</summary>
    public SecureSocketOptions Security =>
        Tls ?? Port == 465 ? SecureSocketOptions.SslOnConnect
        : StartTls ? SecureSocketOptions.StartTls
        : SecureSocketOptions.None;

    /// <summary>Reads and validates the section.</summary>
    /// <exception cref="UserException">Lists every fault at once.</exception>
    public static SmtpOptions Read(IConfiguration configuration)
    {
        var options = Settings.Section<SmtpOptions>(configuration, "Smtp");
        string[] faults = [.. options.Faults()];
        return faults.Length == 0 ? options : throw new UserException(string.Join(Environment.NewLine, faults));
    }

    private IEnumerable<string> Faults()
    {
        foreach (var (_, fault) in Addresses.FaultsOf([From]))
        {
            yield return $"Smtp__From: {fault}";
        }

        if (Port is < 1 or > 65_535)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"Smtp__Port: expected a port; found {Port}");
        }

        if (TimeoutSeconds is < 1 or > 60)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"Smtp__TimeoutSeconds: expected 1 to 60; found {TimeoutSeconds}");
        }

        if (Mechanism.Length > 0 && !SaslMechanism.IsSupported(Mechanism))
        {
            yield return $"Smtp__Mechanism: expected PLAIN, LOGIN, CRAM-MD5, XOAUTH2 or the like; found '{Mechanism}'";
        }

        if (User.Length == 0 && (Mechanism.Length > 0 || PasswordFile.Length > 0))
        {
            yield return "Smtp__User: expected the account that Smtp__Mechanism or Smtp__PasswordFile is for; found nothing";
        }

        if (Password.Length > 0 && PasswordFile.Length > 0)
        {
            yield return "Smtp__PasswordFile: expected either this or Smtp__Password; found both";
        }

        if (User.Length > 0 && Security == SecureSocketOptions.None && !PasswordInClear)
        {
            yield return "Smtp__User: its password would go over a line that isn't encrypted; set Smtp__StartTls=true, or Smtp__Tls=true "
                + "(as on port 465), or, where that is meant, Smtp__PasswordInClear=true";
        }
    }
}
