using System.Globalization;
using System.Net.Mail;
using Microsoft.Extensions.Configuration;

namespace Reports.Mail;

/// <summary>The mail server: the section <c>Smtp</c> of the configuration.</summary>
internal sealed record SmtpOptions
{
    /// <summary>Its name; empty: mails become files.</summary>
    public string Host { get; init; } = "";

    /// <summary>Its port.</summary>
    public int Port { get; init; } = 587;

    /// <summary>Whether the line is encrypted by STARTTLS before anything is said.</summary>
    public bool StartTls { get; init; } = true;

    /// <summary>The account; empty: none.</summary>
    public string User { get; init; } = "";

    /// <summary>Its password.</summary>
    public string Password { get; init; } = "";

    /// <summary>Whom mails come from where the digest doesn't say.</summary>
    public string From { get; init; } = "reports@localhost";

    /// <summary>Seconds for everything up to a message's end; its answer may take ten times as long (RFC 5321, 4.5.3.2.6, asks for ten minutes).</summary>
    public int TimeoutSeconds { get; init; } = 60;

    /// <summary>Its address, for messages.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    /// <summary>Reads and validates the section.</summary>
    /// <exception cref="InvalidOperationException">Lists every fault at once.</exception>
    public static SmtpOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("Smtp").Get<SmtpOptions>() ?? new SmtpOptions();
        var faults = new List<string>();
        if (!MailAddress.TryCreate(options.From, out _))
        {
            faults.Add($"Smtp__From: expected an address such as reports@example.org; found '{options.From}'");
        }

        if (options.Port is < 1 or > 65_535)
        {
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"Smtp__Port: expected a port; found {options.Port}"));
        }

        if (options.TimeoutSeconds is < 1 or > 60)
        {
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"Smtp__TimeoutSeconds: expected 1 to 60; found {options.TimeoutSeconds}"));
        }

        return faults.Count == 0 ? options : throw new InvalidOperationException(string.Join(Environment.NewLine, faults));
    }
}
