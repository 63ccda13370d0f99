namespace Engines;

/// <summary>The servers of a set.</summary>
[Flags]
public enum EngineKinds
{
    /// <summary>No server.</summary>
    None = 0,

    /// <summary>The PostgreSQL server that is written to.</summary>
    Primary = 1,

    /// <summary>The PostgreSQL server that streams from the primary; it can't be without it.</summary>
    Replica = 2,

    /// <summary>The ClickHouse server.</summary>
    ClickHouse = 4,

    /// <summary>Every server.</summary>
    All = Primary | Replica | ClickHouse,
}

/// <summary>What <see cref="EngineSet.StartAsync"/> starts, and where.</summary>
public sealed record EngineSetOptions
{
    /// <summary>
    /// The folder for data and logs; null means a new folder among the temporary files. One set at a time may use a folder.
    /// </summary>
    public string? Directory { get; init; }

    /// <summary>
    /// Whether the data outlives the set. A set that doesn't is a scratch set: its servers don't wait for the disk
    /// (fsync is off; nobody reads its data after a power cut), and its folder is deleted at the end.
    /// </summary>
    public bool Persistent { get; init; }

    /// <summary>The servers to start.</summary>
    public EngineKinds Engines { get; init; } = EngineKinds.All;

    /// <summary>More settings for the primary's postgresql.conf, by name; they win over the set's own.</summary>
    public IReadOnlyDictionary<string, string> PrimarySettings { get; init; } = new Dictionary<string, string>();

    /// <summary>More settings for the replica's postgresql.conf, by name; they win over the set's own.</summary>
    public IReadOnlyDictionary<string, string> ReplicaSettings { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// More elements of ClickHouse's configuration, by name; a value is XML, in which <c>{tcp_port}</c> is the server's own port. They win
    /// over the set's own.
    /// </summary>
    public IReadOnlyDictionary<string, string> ClickHouseSettings { get; init; } = new Dictionary<string, string>();

    /// <summary>The databases that are warehouses: in them, <see cref="ClickHouseServer.Reader"/> may write the ledger of mails.</summary>
    public IReadOnlyList<string> Warehouses { get; init; } = ["warehouse"];

    /// <summary>
    /// The folder node_modules that holds the engines; null means tests/Engines/node_modules of the checkout that this program was built
    /// in.
    /// </summary>
    public string? Packages { get; init; }

    /// <summary>Called with one line for each step, from any thread; null means silence.</summary>
    public Action<string>? Progress { get; init; }

    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    internal void Validate()
    {
        if (Persistent && Directory is null)
        {
            throw new ArgumentException("A persistent set needs a Directory, or nobody would find its data again.");
        }

        if (Engines.HasFlag(EngineKinds.Replica) && !Engines.HasFlag(EngineKinds.Primary))
        {
            throw new ArgumentException("A replica needs its primary: add EngineKinds.Primary.");
        }
    }
}
