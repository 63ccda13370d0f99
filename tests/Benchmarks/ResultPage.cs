using System.Globalization;
using System.Text;

namespace Benchmarks;

/// <summary>The results as Markdown.</summary>
/// <param name="folder">Where the page is kept, under the processor's name; null: nowhere.</param>
/// <param name="prefix">What its name begins with.</param>
internal sealed class ResultPage(string? folder, string prefix = "")
{
    private readonly StringBuilder text = new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"# Measured by `make bench`\n\n{Machine.Text}; {DateTime.UtcNow:yyyy-MM-dd}. All engines ran on this machine, beside each other.\n"
        )
    );

    /// <summary>Begins a part.</summary>
    public void Section(string title, string about) => text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n{about}\n");

    /// <summary>A line of its own.</summary>
    public void Line(FormattableString line) => text.Append('\n').Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    /// <summary>A table; the first row is its head, and all columns but the first hold numbers.</summary>
    public void Table(string[] head, IEnumerable<string[]> rows)
    {
        text.Append('\n').Append("| ").AppendJoin(" | ", head).Append(" |\n|---|");
        text.Append(string.Concat(Enumerable.Repeat("---:|", head.Length - 1))).Append('\n');
        foreach (var row in rows)
        {
            text.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        }
    }

    /// <summary>A picture beside the page, where that is kept.</summary>
    public void Picture(string name, string svg)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n![{name}]({name}.svg)\n");
        if (folder is not null)
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, name + ".svg"), svg);
        }
    }

    /// <summary>Keeps what there is by now.</summary>
    public void Save()
    {
        if (folder is not null)
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, prefix + Machine.FileName), ToString());
        }
    }

    /// <inheritdoc/>
    public override string ToString() => text.ToString();
}
