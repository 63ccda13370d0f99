namespace Reports.Delivery;

/// <summary>A line for the person at the keyboard, or the log.</summary>
/// <param name="Text">What happened.</param>
/// <param name="IsFault">Whether somebody has to do something about it.</param>
internal sealed record Told(string Text, bool IsFault = false);
