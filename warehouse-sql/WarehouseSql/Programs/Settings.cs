using Microsoft.Extensions.Configuration;

namespace WarehouseSql.Programs;

/// <summary>The programs' configuration: <c>appsettings.json</c> beside the program, then in the working directory, then environment variables.</summary>
public static class Settings
{
    /// <summary>Reads it now.</summary>
    public static IConfiguration Read() => new ConfigurationBuilder()
        .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
        .AddJsonFile(Path.Combine(Environment.CurrentDirectory, "appsettings.json"), optional: true)
        .AddEnvironmentVariables()
        .Build();
}
