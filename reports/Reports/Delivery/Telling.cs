namespace Reports.Delivery;

/// <summary>What became of an attempt, as a line.</summary>
internal static class Telling
{
    /// <summary>A line on a result of <paramref name="what"/>.</summary>
    public static Told Of(DeliveryResult result, string what) => result.State switch
    {
        Standing.Sent => new Told($"{what} → {result.Key.Recipient} ({result.Detail})"),
        Standing.Deferred => new Told($"{what} to {result.Key.Recipient}: not yet: {result.Detail}", true),
        Standing.Unclear => new Told($"{what} to {result.Key.Recipient}: unclear: {result.Detail}; nothing is sent again by itself — `make deliveries` shows how to settle that", true),
        Standing.Refused => new Told($"{what} to {result.Key.Recipient}: refused: {result.Detail}", true),
        _ => new Told($"{what} to {result.Key.Recipient}: {result.Detail}"),
    };
}
