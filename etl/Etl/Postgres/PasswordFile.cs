using System.Globalization;
using System.Text;
using Npgsql;

namespace Etl.Postgres;

/// <summary>PostgreSQL's password file: lines of host:port:database:user:password, of which the first that fits counts.</summary>
/// <remarks>Npgsql reads it too, but keeps its reader to itself.</remarks>
internal static class PasswordFile
{
    private const int Fields = 5;

    /// <summary>The password of that connection: of the connection string, of PGPASSWORD, or of the password file; null where none has one.</summary>
    /// <exception cref="IOException">The file that the connection string or PGPASSFILE names can't be read.</exception>
    public static string? PasswordOf(NpgsqlConnectionStringBuilder options, string host, int port, string database, string user)
    {
        if ((options.Password ?? Environment.GetEnvironmentVariable("PGPASSWORD")) is { } password)
        {
            return password;
        }

        var usual = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".pgpass");
        var file = options.Passfile ?? Environment.GetEnvironmentVariable("PGPASSFILE") ?? (File.Exists(usual) ? usual : null);
        try
        {
            return file is null ? null : Find(File.ReadLines(file), host, port, database, user);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"the password file: {e.Message}", e);
        }
    }

    /// <summary>The password of the first line that fits; null where none does.</summary>
    public static string? Find(IEnumerable<string> lines, string host, int port, string database, string user)
    {
        string[] wanted = [host, port.ToString(CultureInfo.InvariantCulture), database, user];
        return lines.Where(l => !l.StartsWith('#')).Select(Split).FirstOrDefault(f => f.Count == Fields && wanted.Zip(f).All(Fits))?[^1].Value;
    }

    private static bool Fits((string Wanted, (string Value, bool IsAny) Field) pair) => pair.Field.IsAny || pair.Field.Value == pair.Wanted;

    // A backslash takes the character after it as it is: a colon, a backslash, or a star that stands for itself.
    private static List<(string Value, bool IsAny)> Split(string line)
    {
        List<(string, bool)> fields = [];
        var field = new StringBuilder();
        var begin = 0;
        for (var i = 0; i <= line.Length; i++)
        {
            if (i == line.Length || line[i] == ':')
            {
                fields.Add((field.ToString(), line[begin..i] == "*"));
                field.Clear();
                begin = i + 1;
            }
            else
            {
                i += line[i] == '\\' && i + 1 < line.Length ? 1 : 0;
                field.Append(line[i]);
            }
        }

        return fields;
    }
}
