using Microsoft.Extensions.Configuration;

namespace WarehouseSql.Programs;

/// <summary>
/// The programs' configuration: <c>appsettings.json</c> beside the program, then in the working directory, then environment variables.
/// </summary>
public static class Settings
{
    /// <summary>Reads it now.</summary>
    public static IConfiguration Read() =>
        new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
            .AddJsonFile(Path.Combine(Environment.CurrentDirectory, "appsettings.json"), optional: true)
            .AddEnvironmentVariables()
            .Build();

    /// <summary>A section of the configuration as a <typeparamref name="T"/>.</summary>
    /// <exception cref="UserException">A value isn't of its type.</exception>
    public static T Section<T>(IConfiguration configuration, string name)
        where T : class, new() => Read($"section {name}", () => configuration.GetSection(name).Get<T>() ?? new T());

    /// <summary>A value of the configuration; <paramref name="otherwise"/> where there is none.</summary>
    /// <exception cref="UserException">It isn't of its type.</exception>
    public static T Value<T>(IConfiguration configuration, string name, T otherwise) =>
        Read(name, () => configuration.GetValue(name, otherwise)!);

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
