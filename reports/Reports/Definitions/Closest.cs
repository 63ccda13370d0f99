namespace Reports.Definitions;

/// <summary>What a person may have meant who wrote a name that doesn't exist.</summary>
internal static class Closest
{
    private const int MostListed = 20;

    /// <summary>"; did you mean a or b?", or else all the names there are, for the end of a message.</summary>
    public static string Of(string name, IEnumerable<string> known, string kind)
    {
        var all = known.Order(StringComparer.Ordinal).ToList();
        var close = all.Select(k => (Name: k, Distance: DistanceOf(name, k)))
            .Where(k => k.Distance <= Math.Max(2, name.Length / 4) || Last(k.Name) == Last(name))
            .OrderBy(k => k.Distance)
            .Take(3)
            .Select(k => k.Name)
            .ToList();
        return all.Count == 0 ? $"; there are no {kind} yet"
            : close.Count > 0 ? $"; did you mean {string.Join(" or ", close)}?"
            : all.Count > MostListed ? $"; there are {all.Count}, the closest are {string.Join(", ", Nearest(name, all))}"
            : $"; there are {string.Join(", ", all)}";
    }

    // What the name is a part of comes first; else by the share of signs that differ, so that short names aren't close to everything.
    private static IEnumerable<string> Nearest(string name, List<string> all) =>
        all.OrderByDescending(k => k.Contains(name, StringComparison.OrdinalIgnoreCase))
            .ThenBy(k => (double)DistanceOf(name.ToLowerInvariant(), k.ToLowerInvariant()) / Math.Max(name.Length, k.Length))
            .Take(3);

    private static string Last(string name) => name[(name.LastIndexOf('/') + 1)..];

    // Levenshtein's distance, row by row.
    private static int DistanceOf(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j - 1], above) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
