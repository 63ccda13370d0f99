using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Monitoring;
using Reports.Cli.Hosting;
using Reports.Web;

namespace Reports.Cli.Commands;

/// <summary><c>reports serve</c>: the reports as a web site and an API, until stopped.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var port = new Option<int?>("--port") { Description = "The port (default: Web__Port, 8080); 0: any that is free" };
        var command = new Command("serve", "Serve the reports as pages and as an API, until stopped") { port };
        command.SetAction(
            async (parsed, token) =>
            {
                using var services = Services.Create();
                var options = WebOptions.Read(services.Configuration, parsed.GetValue(port));
                services.Runner.SkipsDownNodes = options.SkipDownNodes;
                using var server = new WebServer(services.Runner, services.Templates, services.Ledger, services.Time, options);
                await using var monitor = await ProgramMonitor.StartAsync(
                    services.Configuration,
                    "Web",
                    checks => checks.AddLook("warehouse", (CancellationToken t) => (Task)services.Runner.LoadsAsync(t)),
                    token
                );
                await server.RunAsync(
                    async url =>
                    {
                        await Console.Error.WriteLineAsync(
                            $"serving at {url}{(options.IsOpen ? ", for this machine only (README: Web__Tokens)" : "")}"
                        );
                        foreach (var fault in server.LeftOut)
                        {
                            await Console.Error.WriteLineAsync($"left out: {fault.Message}");
                        }
                    },
                    token
                );
            }
        );
        return command;
    }
}
