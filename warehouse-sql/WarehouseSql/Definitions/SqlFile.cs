namespace WarehouseSql.Definitions;

/// <summary>A file of SQL whose first comment, <c>/*---</c> … <c>---*/</c>, is a YAML header.</summary>
/// <param name="Path">Full path.</param>
/// <param name="Header">The YAML between the marks.</param>
/// <param name="HeaderLine">The 1-based line of the file that the header's first line is.</param>
/// <param name="Body">
/// The SQL after the header, without the white space around it and without the semicolon and the comments that follow it.
/// </param>
/// <param name="BodyLine">The 1-based line of the file that the body's first line is.</param>
public sealed record SqlFile(string Path, string Header, int HeaderLine, string Body, int BodyLine)
{
    private const string Opening = "/*---";
    private const string Closing = "---*/";

    /// <summary>The file's name without its ending.</summary>
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>Reads a file with a header.</summary>
    /// <exception cref="DefinitionException">There is no header, it isn't closed, or no SQL follows it.</exception>
    public static SqlFile Read(string path) => Parse(path, File.ReadAllText(path));

    /// <summary>As <see cref="Read"/>, of a text that is at hand; <paramref name="path"/> is for messages.</summary>
    public static SqlFile Parse(string path, string text)
    {
        var open = text.IndexOf(Opening, StringComparison.Ordinal);
        if (open < 0 || text.AsSpan(0, open).Trim().Length > 0)
        {
            throw new DefinitionException(
                path,
                1,
                $"expected the file to begin with a YAML header between {Opening} and {Closing}; found none"
            );
        }

        var close = text.IndexOf(Closing, open + Opening.Length, StringComparison.Ordinal);
        if (close < 0)
        {
            throw new DefinitionException(path, LineOf(text, open), $"expected {Closing} after the header; found the end of the file");
        }

        var header = text[(open + Opening.Length)..close];
        var rest = text[(close + Closing.Length)..];
        // Without what follows the statement: a comment there would swallow what is put behind it.
        var code = SqlText.Code(rest).TrimEnd([';', ' ', '\t', '\r', '\n']);
        var body = rest[..code.Length].TrimStart();
        if (code.AsSpan().Trim().Length == 0)
        {
            throw new DefinitionException(path, LineOf(text, close), "expected SQL after the header; found nothing");
        }

        if (code.IndexOf(';', StringComparison.Ordinal) is var second and >= 0)
        {
            throw new DefinitionException(
                path,
                LineOf(text, close + Closing.Length + second),
                "expected one statement; found another one behind the semicolon"
            );
        }

        var bodyStart = close + Closing.Length + (rest.Length - rest.TrimStart().Length);
        return new SqlFile(path, header, LineOf(text, open), body, LineOf(text, bodyStart));
    }

    /// <summary>The header as a <typeparamref name="T"/>; its keys are the properties' names in snake_case.</summary>
    /// <exception cref="DefinitionException">The header isn't YAML, has an unknown key, or a value of a wrong type.</exception>
    public T ReadHeader<T>()
        where T : class => YamlReader.Read<T>(Path, Header, HeaderLine);

    /// <summary>
    /// The 1-based line of this file that holds the header's key, for messages about its value; the header's own line where it has no such
    /// key.
    /// </summary>
    public int LineOfKey(string key)
    {
        var lines = Header.Split('\n');
        var index = Array.FindIndex(lines, l => l.TrimStart().StartsWith(key + ":", StringComparison.Ordinal));
        return index < 0 ? HeaderLine : HeaderLine + index;
    }

    private static int LineOf(string text, int offset) => text.AsSpan(0, offset).Count('\n') + 1;
}
