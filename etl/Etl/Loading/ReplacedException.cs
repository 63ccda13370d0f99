using WarehouseSql.ClickHouse;
using WarehouseSql.Programs;

namespace Etl.Loading;

/// <summary>Another load of the same extract has dropped this one's tables.</summary>
/// <remarks>
/// Locks of two servers of a source know nothing of each other. Who begins later takes the place of who began before, whose rows it reads
/// as well: nothing of those was published for good.
/// </remarks>
internal sealed class ReplacedException(string extract)
    : UserException(
        $"{extract}: another load of it began meanwhile, from another server of the source, and reads the same rows; this one was abandoned. Are there two `etl schedule`?"
    )
{
    /// <summary>What a load failed with: this, where that is why.</summary>
    /// <param name="fault">What it saw.</param>
    /// <param name="extract">The extract's name.</param>
    /// <param name="tables">Its tables, once it has made all of them; null before.</param>
    public static async Task<Exception> OrAsync(Exception fault, string extract, IEnumerable<RunTables>? tables)
    {
        if (tables is null)
        {
            // Also where it was noticed as a fault of a fact, whose SELECT then names a table that is gone.
            return
                fault.Message.Contains("UNKNOWN_TABLE", StringComparison.Ordinal)
                && fault.Message.Contains(RunTables.Prefix, StringComparison.Ordinal)
                ? new ReplacedException(extract)
                : fault;
        }

        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            foreach (var node in fault is WarehouseException ? tables : [])
            {
                await node.EnsureAsync(patience.Token);
            }
        }
        catch (ReplacedException replaced)
        {
            return replaced;
        }
        catch (Exception e) when (e is WarehouseException or OperationCanceledException) { }

        return fault;
    }
}
