namespace Collector.Openstack;

/// <summary>An institution that shares the cloud.</summary>
public sealed record Institution(long Id, string Name);

/// <summary>A project of the tree.</summary>
public sealed record MocProject(long Id, string? Name, long? ParentId);

/// <summary>What an institution bought of a project.</summary>
public sealed record Ownership(long MocProjectId, long InstitutionId, int? PercentOwned);

/// <summary>A project of a service.</summary>
public sealed record Project(long Id, long? MocProjectId, long ServiceId, string Uuid);

/// <summary>A person.</summary>
public sealed record Poc(long Id, string? Username, string FirstName, string LastName, string Email, string Phone);

/// <summary>A person's role in a project or in an institution.</summary>
public sealed record PocRole(long PocId, long OtherId, long RoleId);

/// <summary>A kind of items.</summary>
public sealed record ItemType(long Id, string Definition, string? Description);

/// <summary>A flavour with its price in cents per hour.</summary>
public sealed record CatalogItem(long Id, long ItemTypeId, DateTime CreatedAt, int? Price, int? Vcpus, int? RamMb, int? DiskGb);

/// <summary>An item.</summary>
public sealed record Item(long Id, long? ProjectId, long? PocId, string Name, string Uid, long ItemTypeId);

/// <summary>An item that is attached to another.</summary>
public sealed record ItemLink(long PrimaryId, long SecondaryId);

/// <summary>A time in which an item was in one state with one flavour; without an end while it is.</summary>
public sealed record Interval(long ItemId, long? CatalogItemId, string State, DateTime StartedAt, DateTime? EndedAt);
