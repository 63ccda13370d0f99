namespace Reports.Mail.Delivery;

/// <summary>What became of something that was to be done, as a line for the person at the keyboard or the log.</summary>
/// <param name="Text">What happened.</param>
/// <param name="IsFault">Whether somebody has to do something about it.</param>
internal sealed record Outcome(string Text, bool IsFault = false)
{
    /// <summary>What became of an attempt to send <paramref name="what"/>.</summary>
    public static Outcome Of(MailResult result, string what) =>
        result.State switch
        {
            Standing.Sent => new Outcome($"{what} → {result.Key.Recipient} ({result.Detail})"),
            Standing.Deferred => new Outcome($"{what} to {result.Key.Recipient}: not yet: {result.Detail}", true),
            Standing.Unclear => new Outcome(
                $"{what} to {result.Key.Recipient}: unclear: {result.Detail}; nothing is sent again by itself — `make deliveries` shows how to settle that",
                true
            ),
            Standing.Refused => new Outcome($"{what} to {result.Key.Recipient}: refused: {result.Detail}", true),
            _ => new Outcome($"{what} to {result.Key.Recipient}: {result.Detail}"),
        };
}
