using System.Net.Sockets;
using System.Text.RegularExpressions;
using WarehouseSql.Programs;

namespace WarehouseSql.ClickHouse;

/// <summary>The warehouse refused, failed or wasn't reached.</summary>
public sealed partial class WarehouseException : UserException
{
    private WarehouseException(string message, int code, string name, Exception? inner)
        : base(message, inner)
    {
        Code = code;
        Name = name;
    }

    /// <summary>A fault that this side found (an unmet expectation, a result that makes no sense).</summary>
    public WarehouseException(string message, Exception? inner = null)
        : this(message, 0, "", inner) { }

    /// <summary>ClickHouse's error code; 0 where the fault isn't the server's answer.</summary>
    public int Code { get; }

    /// <summary>
    /// ClickHouse's name of the error, for example <c>UNKNOWN_TABLE</c>; empty where the fault isn't the server's answer.
    /// </summary>
    public string Name { get; }

    /// <summary>
    /// The server's answer <paramref name="text"/> ("Code: 60. DB::Exception: … (UNKNOWN_TABLE) (version …)") as an exception with a hint
    /// what to do.
    /// </summary>
    internal static WarehouseException FromServer(string text)
    {
        var match = Answer().Match(text);
        if (!match.Success)
        {
            return new WarehouseException($"the warehouse answered: {Shorten(text)}");
        }

        var code = int.Parse(match.Groups["code"].Value, System.Globalization.CultureInfo.InvariantCulture);
        var name = match.Groups["name"].Value;
        var message = $"ClickHouse {code} {name}: {Shorten(match.Groups["message"].Value)}";
        return new WarehouseException(Hint(code) is { } hint ? $"{message} — {hint}" : message, code, name, null);
    }

    internal static WarehouseException Unreachable(Uri url, Exception inner)
    {
        var reason = inner switch
        {
            OperationCanceledException => "nobody answers there",
            _ when inner.GetBaseException() is SocketException socket => socket.Message,
            _ => inner.Message,
        };
        return new WarehouseException(
            $"no connection to the warehouse at {url.Scheme}://{url.Authority}: {reason} — start it (`make up`), or set Warehouse__Url",
            inner
        );
    }

    private static string? Hint(int code) =>
        code switch
        {
            60 or 81 => "run `make migrate`",
            241 => "a limit on memory; ask for less, or raise it for this user",
            243 or 74 or 75 => "is the warehouse's disk full?",
            159 or 160 => "it took longer than allowed; ask for less, or raise the limit",
            279 => "a node of the warehouse doesn't answer, and its rows would be missing: start it",
            497 => "grant it to the user named by Warehouse__User (README: users and grants)",
            516 or 192 or 193 or 194 => "check Warehouse__User and Warehouse__Password",
            _ => null,
        };

    // The first line is what a person needs; what follows is a stack or a copy of the query.
    private static string Shorten(string text)
    {
        var line = CleanText.Line(text.Trim().ReplaceLineEndings(" "));
        return line.Length <= 600 ? line : string.Concat(line.AsSpan(0, 600), " …");
    }

    [GeneratedRegex(
        @"^Code: (?<code>\d+)\. DB::\w*Exception: (?<message>.*?)(\. )?\((?<name>[A-Z_0-9]+)\)( \(version [^()]*(\([^()]*\))?\))?\s*$",
        RegexOptions.Singleline
    )]
    private static partial Regex Answer();
}
