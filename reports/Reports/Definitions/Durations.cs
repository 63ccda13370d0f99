using System.Globalization;
using System.Text.RegularExpressions;

namespace Reports.Definitions;

/// <summary>Lengths of time as headers and digests hold them: a whole number and a unit, such as 90s, 30m, 2h or 7d.</summary>
internal static partial class Durations
{
    /// <summary>The length; null where the text is none.</summary>
    public static TimeSpan? Parse(string text)
    {
        if (
            Form().Match(text) is not { Success: true } match
            || !int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number > 100_000
        )
        {
            return null;
        }

        return match.Groups[2].Value switch
        {
            "s" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            _ => TimeSpan.FromDays(number),
        };
    }

    /// <summary>What is wrong with a length that is given as <paramref name="text"/>, in words; null where nothing is.</summary>
    public static string? FaultOf(string key, string text) =>
        Parse(text) is null ? $"expected `{key}:` as a length of time such as 90s, 30m, 2h or 7d; found '{text}'" : null;

    [GeneratedRegex(@"\A(\d+)\s*([smhd])\z")]
    private static partial Regex Form();
}
