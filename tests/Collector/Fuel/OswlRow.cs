namespace Collector.Fuel;

/// <summary>A row of fuel.oswl_stats, but for its id: PostgreSQL numbers rows as they arrive.</summary>
/// <param name="MasterNodeUid">The installation.</param>
/// <param name="ExternalId">The row's number at the installation; unique with it and the kind.</param>
/// <param name="ClusterId">The environment's number at the installation.</param>
/// <param name="CreatedDate">The day, by the site's clock.</param>
/// <param name="UpdatedTime">When on that day the row was written last.</param>
/// <param name="ResourceType">vm, flavor, volume, image, tenant or keystone_user.</param>
/// <param name="ResourceData">The JSON document; null in a few rows of environments that have nothing.</param>
/// <param name="ResourceChecksum">Of what there is at present.</param>
/// <param name="VersionInfo">The JSON document about the environment's versions; null in a few rows.</param>
/// <param name="ReceivedAt">When the collector took it in: the order of the rows.</param>
public sealed record OswlRow(
    string MasterNodeUid,
    int ExternalId,
    int ClusterId,
    DateOnly CreatedDate,
    TimeOnly UpdatedTime,
    string ResourceType,
    string? ResourceData,
    string ResourceChecksum,
    string? VersionInfo,
    long ReceivedAt
);
