using Microsoft.Extensions.Configuration;

namespace WarehouseSql.Programs;

/// <summary>
/// The programs' configuration: <c>appsettings.json</c> beside the program, then in the working directory, then environment variables, then
/// the credentials that systemd hands to a service, a file each. Any value may also be in a file of its own: <c>&lt;name&gt;__File</c>
/// says which.
/// </summary>
public static class Settings
{
    private const string InFile = ":File";

    /// <summary>Reads it now.</summary>
    /// <exception cref="UserException">A file that holds a value can't be read.</exception>
    public static IConfiguration Read() =>
        Read(
            new ConfigurationBuilder()
                .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
                .AddJsonFile(Path.Combine(Environment.CurrentDirectory, "appsettings.json"), optional: true)
                .AddEnvironmentVariables(),
            Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY")
        );

    /// <summary>As <see cref="Read()"/>, of these sources and this folder of credentials.</summary>
    internal static IConfiguration Read(IConfigurationBuilder sources, string? credentials)
    {
        if (Directory.Exists(credentials))
        {
            sources.AddKeyPerFile(credentials, optional: true);
        }

        var named = sources.Build().AsEnumerable().Where(v => v.Value is not null && v.Key.EndsWith(InFile, StringComparison.Ordinal));
        return sources.AddInMemoryCollection([.. named.Select(Kept)]).Build();
    }

    /// <summary>A section of the configuration as a <typeparamref name="T"/>.</summary>
    /// <exception cref="UserException">A value isn't of its type.</exception>
    public static T Section<T>(IConfiguration configuration, string name)
        where T : class, new() => Read($"section {name}", () => configuration.GetSection(name).Get<T>() ?? new T());

    /// <summary>A value of the configuration; <paramref name="otherwise"/> where there is none.</summary>
    /// <exception cref="UserException">It isn't of its type.</exception>
    public static T Value<T>(IConfiguration configuration, string name, T otherwise) =>
        Read(name, () => configuration.GetValue(name, otherwise)!);

    private static KeyValuePair<string, string?> Kept(KeyValuePair<string, string?> named)
    {
        var name = named.Key[..^InFile.Length];
        try
        {
            return KeyValuePair.Create(name, (string?)File.ReadAllText(named.Value ?? "").TrimEnd('\r', '\n'));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UserException($"{name.Replace(":", "__", StringComparison.Ordinal)}__File can't be read: {e.Message}", e);
        }
    }

    private static T Read<T>(string what, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException e)
        {
            throw new UserException($"the configuration's {what} can't be read: {CleanText.Line(e.Message)}", e);
        }
    }
}
