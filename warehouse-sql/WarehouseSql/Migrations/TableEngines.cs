using Microsoft.Extensions.Configuration;
using WarehouseSql.Programs;

namespace WarehouseSql.Migrations;

/// <summary>The one place that says which table engine stands behind <c>{ReplacingMergeTree}</c> and <c>{MergeTree}</c> in DDL.</summary>
/// <param name="Replicated">
/// Whether tables are the replicated variants (<c>Warehouse__Replicated=true</c>, on a cluster with a keeper).
/// </param>
public sealed record TableEngines(bool Replicated = false)
{
    /// <summary>As configured.</summary>
    public static TableEngines Read(IConfiguration configuration) => new(Settings.Value(configuration, "Warehouse:Replicated", false));

    /// <summary>DDL with the placeholders replaced.</summary>
    public string Expand(string ddl)
    {
        var prefix = Replicated ? "Replicated" : "";
        return ddl.Replace("{ReplacingMergeTree}", prefix + "ReplacingMergeTree", StringComparison.Ordinal)
            .Replace("{MergeTree}", prefix + "MergeTree", StringComparison.Ordinal);
    }
}
