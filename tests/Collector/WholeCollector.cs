using Collector.Foreman;
using Collector.Fuel;
using Collector.Openstack;
using Collector.Pulp;

namespace Collector;

/// <summary>Fills the tables of every system, each as large in proportion as the others.</summary>
public static class WholeCollector
{
    /// <summary>Fills them all; each system's tables get all their rows or none.</summary>
    /// <param name="connectionString">Where the tables are; any search path will do.</param>
    /// <param name="options">What to generate of fuel; seed, end and proportion are the other systems' too.</param>
    /// <param name="progress">Outcome now and then, by any table's task.</param>
    /// <param name="append">Adds to fuel's action logs and structures instead of refusing, and leaves all else as it is.</param>
    /// <param name="cancellationToken">Stops; nothing of an unfinished system remains.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="CollectorException">A table is missing or not empty.</exception>
    /// <exception cref="Npgsql.NpgsqlException">The server refused, or isn't there.</exception>
    public static async Task<IReadOnlyList<FillResult>> FillAsync(
        string connectionString,
        FuelOptions options,
        IProgress<FillProgress>? progress = null,
        bool append = false,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        var results = await CollectorLoader.FillAsync(connectionString, options, progress, append, cancellationToken);
        if (append)
        {
            return results;
        }
        var (seed, end) = (options.Seed, options.End);
        var others = await Task.WhenAll(
            OswlLoader.FillAsync(connectionString, options, progress, cancellationToken),
            TaskHistoryLoader.FillAsync(connectionString, options, progress, cancellationToken),
            PulpLoader.FillAsync(
                connectionString,
                new PulpOptions
                {
                    Systems = Scaled(new PulpOptions().Systems),
                    Seed = seed,
                    End = end,
                },
                progress,
                cancellationToken
            ),
            ForemanLoader.FillAsync(
                connectionString,
                new ForemanOptions
                {
                    Sites = Scaled(new ForemanOptions().Sites),
                    Seed = seed,
                    End = end,
                },
                progress,
                cancellationToken
            ),
            OpenstackLoader.FillAsync(
                connectionString,
                new OpenstackOptions
                {
                    Items = Scaled(new OpenstackOptions().Items),
                    Seed = seed,
                    End = end,
                },
                progress,
                cancellationToken
            )
        );
        return [.. results, .. others.SelectMany(o => o)];

        int Scaled(int whole) => Math.Max(10, (int)((double)whole * options.Installations / new FuelOptions().Installations));
    }
}
