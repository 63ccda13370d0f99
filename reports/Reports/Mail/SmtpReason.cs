namespace Reports.Mail;

/// <summary>Why a mail server didn't take a message, as one line.</summary>
internal static class SmtpReason
{
    /// <summary>The server's own words where it said any, else the line's fault.</summary>
    public static string Of(Exception e)
    {
        var inner = e.GetBaseException();
        var text = ReferenceEquals(e, inner) || e.Message.Contains(inner.Message, StringComparison.Ordinal) ? e.Message : $"{e.Message} {inner.Message}";
        return text.ReplaceLineEndings(" ").Trim();
    }
}
