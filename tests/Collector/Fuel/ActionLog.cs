namespace Collector.Fuel;

/// <summary>A row of fuel.action_logs, but for its id: PostgreSQL numbers rows as they arrive.</summary>
/// <param name="MasterNodeUid">The installation.</param>
/// <param name="ExternalId">The installation's own number of the operation; unique within it.</param>
/// <param name="Body">The document as UTF-8; for a few rows, one that can't be read.</param>
/// <param name="ActionType">http_request or nailgun_task; null in rows of an older collector.</param>
/// <param name="ActionName">The operation's name; null in rows of an older collector.</param>
public sealed record ActionLog(string MasterNodeUid, int ExternalId, ReadOnlyMemory<byte> Body, string? ActionType, string? ActionName);
