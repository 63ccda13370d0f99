namespace Collector.Fuel;

/// <summary>A row of fuel.installation_structures, but for its id: PostgreSQL numbers rows as they arrive.</summary>
/// <param name="MasterNodeUid">The installation; unique.</param>
/// <param name="Structure">The JSON document as UTF-8.</param>
/// <param name="CreationDate">When the first report came (UTC).</param>
/// <param name="ModificationDate">When the last one came (UTC); null if there was only one.</param>
/// <param name="IsFiltered">True for installations that count nowhere; null means false.</param>
/// <param name="Release">The installer's release; null in a few old rows.</param>
public sealed record InstallationStructure(
    string MasterNodeUid,
    ReadOnlyMemory<byte> Structure,
    DateTime CreationDate,
    DateTime? ModificationDate,
    bool? IsFiltered,
    string? Release
);
