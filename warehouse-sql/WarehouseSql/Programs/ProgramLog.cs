using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace WarehouseSql.Programs;

/// <summary>
/// How programs that run for long log: lines for people, or JSON for programs (<c>Logs__Format=json</c>), on stderr, in UTC.
/// </summary>
public static class ProgramLog
{
    /// <summary>text or json, as configured.</summary>
    /// <exception cref="UserException">It is neither.</exception>
    public static string FormatOf(IConfiguration configuration)
    {
        var format = Settings.Value(configuration, "Logs:Format", "text");
        return format is "text" or "json" ? format : throw new UserException($"Logs__Format: expected text or json; found '{format}'");
    }

    /// <summary>Adds it.</summary>
    public static ILoggingBuilder AddTo(ILoggingBuilder logging, string format)
    {
        logging
            .AddFilter("Quartz", LogLevel.Warning)
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddConsole(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        return format == "json"
            ? logging.AddJsonConsole(o =>
            {
                o.UseUtcTimestamp = true;
                o.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
            })
            : logging.AddSimpleConsole(o =>
            {
                o.SingleLine = true;
                o.UseUtcTimestamp = true;
                o.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss'Z' ";
            });
    }
}
