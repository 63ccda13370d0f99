using Etl.Source;
using Microsoft.Extensions.Configuration;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace Etl.Loading;

/// <summary>An extract that nobody loads, and of which nobody removes rows, until this is disposed of.</summary>
internal sealed class HeldExtract : IAsyncDisposable
{
    private readonly IAsyncDisposable rows;

    private HeldExtract(Replica replica, IAsyncDisposable rows) => (Replica, this.rows) = (replica, rows);

    /// <summary>Its source, which has the loads' lock.</summary>
    public Replica Replica { get; }

    /// <summary>Takes both locks.</summary>
    /// <exception cref="SourceException">A load goes on, or the source can't be reached.</exception>
    /// <exception cref="WarehouseException">Rows were being removed for ten minutes.</exception>
    public static async Task<HeldExtract> TakeAsync(
        IConfiguration configuration,
        ClickHouseClient first,
        ExtractDefinition extract,
        CancellationToken token
    )
    {
        var replica = Replica.Of(extract.Source, configuration.GetConnectionString(extract.Source));
        try
        {
            await replica.LockAsync(extract.Name, Settings.Value(configuration, "Etl:AllowPrimary", false), token);
            return new HeldExtract(replica, await Retention.LockAsync(first, extract, token));
        }
        catch
        {
            await replica.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await rows.DisposeAsync();
        await Replica.DisposeAsync();
    }
}
