using Etl.Source;
using Npgsql;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>
/// What an operator sees when something is wrong with the surroundings: one clear line on stderr, an exit code, no stack.
/// </summary>
public sealed class LoadFaultTests(LoadFaultTests.Surroundings surroundings) : IClassFixture<LoadFaultTests.Surroundings>
{
    private const string Nowhere = "Host=127.0.0.1;Port=1;Database=x;Username=postgres";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Nowhere, "no connection to the source Fuel: ", "check ConnectionStrings__Fuel")]
    [InlineData("", "ConnectionStrings__Fuel: expected the address of the collector's replica; found nothing")]
    [InlineData("Hots=here", "ConnectionStrings__Fuel: ", "hots")]
    [InlineData(
        "{replica};Database=no_such_database",
        "the source Fuel refused the connection: PostgreSQL 3D000",
        "no_such_database",
        "check ConnectionStrings__Fuel"
    )]
    [InlineData(
        "{replica};Username=locked_reader;Password=wrong",
        "the source Fuel refused the connection: PostgreSQL 28P01",
        "check ConnectionStrings__Fuel"
    )]
    [InlineData(
        "{replica};Username=locked_reader;Passfile=/nowhere/pgpass",
        "no connection to the source Fuel",
        "/nowhere/pgpass",
        "check ConnectionStrings__Fuel"
    )]
    [InlineData("{primary}", "ConnectionStrings__Fuel points at a server that is not a replica", "Etl__AllowPrimary=true")]
    [InlineData("{replica};Search Path=public", "etl/extracts/fuel/action_logs.sql: 42P01", "action_logs")]
    [InlineData("{replica};Search Path=narrow", "etl/extracts/fuel/action_logs.sql: 42703", "body")]
    [InlineData("{replica};Username=locked_reader;Password=right", "42501", "permission denied")]
    public async Task Extract_FaultySource_SaysSoInOneLine(string connection, params string[] expected)
    {
        var replica = surroundings.Pipeline.Environment()["ConnectionStrings__Fuel"];
        connection = connection
            .Replace("{replica}", replica, StringComparison.Ordinal)
            .Replace("{primary}", surroundings.Pipeline.PrimaryConnection, StringComparison.Ordinal);
        await AssertOneLineAsync(surroundings.Pipeline.Environment(("ConnectionStrings__Fuel", connection)), expected);
    }

    [Theory]
    [InlineData("Warehouse__Url", "http://127.0.0.1:1", "no connection to the warehouse at http://127.0.0.1:1", "make up")]
    [InlineData(
        "Warehouse__Url",
        "127.0.0.1:8123",
        "Warehouse__Url: expected http://host:port or https://host:port; found '127.0.0.1:8123'"
    )]
    [InlineData("Warehouse__Database", "no_such_database", "UNKNOWN_DATABASE", "make migrate")]
    [InlineData("Warehouse__Database", "default", "UNKNOWN_TABLE", "make migrate")]
    [InlineData("Warehouse__Database", "a b", "Warehouse__Database: expected a name of letters, digits and '_'; found 'a b'")]
    [InlineData("Warehouse__Password", "wrong", "check Warehouse__User and Warehouse__Password")]
    [InlineData("Warehouse__User", "reports", "AUTHENTICATION_FAILED", "check Warehouse__User and Warehouse__Password")]
    public async Task Extract_FaultyWarehouse_SaysSoInOneLine(string setting, string value, params string[] expected) =>
        await AssertOneLineAsync(surroundings.Pipeline.Environment((setting, value)), expected);

    [Fact]
    public async Task Extract_AccountThatOnlyReads_SaysSoInOneLine() =>
        await AssertOneLineAsync(
            surroundings.Pipeline.Environment(("Warehouse__User", "reports"), ("Warehouse__Password", "reports")),
            ["ClickHouse 497 ACCESS_DENIED"]
        );

    [Theory]
    [InlineData("*:*:*:locked_reader:right", "locked_reader")]
    [InlineData("127.0.0.1:1:*:*:wrong\n127.0.0.1:*:*:*:right", "locked_reader")]
    [InlineData("*:*:*:locked_reader:wrong", "28P01")]
    public async Task Open_PasswordInAFile_IsSaid(string lines, string expected)
    {
        using var folder = new TempFolder();
        var options = new NpgsqlConnectionStringBuilder(surroundings.Pipeline.Environment()["ConnectionStrings__Fuel"])
        {
            Username = "locked_reader",
            Passfile = folder.Write("pgpass", lines),
        };
        Assert.Equal(expected, await UserOfAsync(options));

        static async Task<string?> UserOfAsync(NpgsqlConnectionStringBuilder options)
        {
            try
            {
                await using var connection = await SourceConnection.OpenAsync(options, Token);
                await using var command = new NpgsqlCommand("SELECT current_user::text", connection);
                return (string?)await command.ExecuteScalarAsync(Token);
            }
            catch (PostgresException e)
            {
                return e.SqlState;
            }
        }
    }

    [Fact]
    public async Task Extract_DroppedColumn_NamesFileAndColumn()
    {
        using var pipeline = await Pipeline.CreateAsync(surroundings.Engines);
        await pipeline.LoadAsync();
        await pipeline.SourceAsync("ALTER TABLE action_logs DROP COLUMN body");
        await AssertOneLineAsync(pipeline.Environment(), ["etl/extracts/fuel/action_logs.sql: 42703", "\"body\""]);
        await pipeline.SourceAsync("DROP TABLE action_logs");
        await AssertOneLineAsync(pipeline.Environment(), ["etl/extracts/fuel/action_logs.sql: 42P01", "\"action_logs\""]);
    }

    [Fact]
    public async Task Extract_OneSystemIsGoneAndOneNotSetUp_LoadsTheOthers()
    {
        using var pipeline = await Pipeline.CreateAsync(surroundings.Engines);
        var ended = await ChildProgram.RunAsync(
            "etl/Etl",
            pipeline.Environment(("ConnectionStrings__Pulp", Nowhere), ("ConnectionStrings__Foreman", "")),
            "extract"
        );
        Assert.Equal(1, ended.Code);
        Assert.Contains("ConnectionStrings__Foreman isn't set: its extracts are left out", ended.ErrorLines);
        var errors = ended.ErrorLines.Where(l => l.StartsWith("error: ", StringComparison.Ordinal)).ToList();
        Assert.Equal(
            ["error: pulp/components: no connection to the source Pulp", "error: pulp/systems: no connection to the source Pulp"],
            errors.Select(l => string.Join(':', l.Split(':').Take(3)))
        );
        Assert.Equal(
            ["fuel", "openstack"],
            await pipeline.AskAsync(
                "SELECT DISTINCT splitByChar('/', extract)[1] AS system FROM etl_run WHERE outcome = 'published' ORDER BY system"
            )
        );
    }

    [Fact]
    public async Task Extract_NoSystemSetUp_SaysSoInOneLine()
    {
        var nothing = surroundings.Pipeline.Environment(
            ("ConnectionStrings__Fuel", ""),
            ("ConnectionStrings__Pulp", ""),
            ("ConnectionStrings__Foreman", ""),
            ("ConnectionStrings__Openstack", "")
        );
        AssertOneLine(
            await ChildProgram.RunAsync("etl/Etl", nothing, "extract"),
            [
                "ConnectionStrings__Foreman, ConnectionStrings__Fuel, ConnectionStrings__Openstack, ConnectionStrings__Pulp: expected the address of at least one collector's replica",
            ]
        );
    }

    [Fact]
    public async Task Migrate_NoWarehouse_SaysSoInOneLine()
    {
        var ended = await ChildProgram.RunAsync(
            "etl/Etl",
            surroundings.Pipeline.Environment(("Warehouse__Url", "http://127.0.0.1:1")),
            "migrate"
        );
        AssertOneLine(ended, ["no connection to the warehouse at http://127.0.0.1:1", "make up"]);
    }

    [Theory]
    [InlineData(1, "there is no extract 'fuel/nonsense'; there are: ", "extract", "fuel/nonsense")]
    [InlineData(
        1,
        "FROM: expected a day such as 2026-01-31; found 'yesterday'",
        "backfill",
        "fuel/action_logs",
        "--from",
        "yesterday",
        "--to",
        "2026-01-01"
    )]
    [InlineData(1, "expected FROM before TO", "backfill", "fuel/action_logs", "--from", "2026-02-01", "--to", "2026-01-01")]
    [InlineData(2, "--to", "backfill", "fuel/action_logs", "--from", "2026-02-01")]
    [InlineData(2, "unknown argument 'nonsense'", "nonsense")]
    [InlineData(2, "unknown argument '--form'", "backfill", "fuel/action_logs", "--form", "2026-02-01")]
    public async Task Etl_CalledWrongly_SaysWhatIsExpected(int code, string expected, params string[] arguments)
    {
        var ended = await ChildProgram.RunAsync("etl/Etl", surroundings.Pipeline.Environment(), arguments);
        AssertOneLine(ended, [expected], code);
    }

    [Fact]
    public async Task Extract_FaultAndVerbose_ShowsTheStack()
    {
        var ended = await ChildProgram.RunAsync(
            "etl/Etl",
            surroundings.Pipeline.Environment(("ConnectionStrings__Fuel", Nowhere)),
            "extract",
            Pipeline.Actions,
            "--verbose"
        );
        Assert.Equal(1, ended.Code);
        Assert.Contains("   at Etl.", ended.Errors, StringComparison.Ordinal);
    }

    private static async Task AssertOneLineAsync(Dictionary<string, string> environment, string[] expected) =>
        AssertOneLine(await ChildProgram.RunAsync("etl/Etl", environment, "extract", Pipeline.Actions), expected);

    private static void AssertOneLine(Ended ended, string[] expected, int code = 1)
    {
        Assert.True(ended.Code == code, $"exit code {ended.Code}: {ended.Errors}");
        Assert.Empty(ended.Output);
        // What it is about to do is progress, and not a part of the error.
        var line = Assert.Single(ended.ErrorLines, l => l != "fuel/action_logs: incremental");
        Assert.StartsWith("error: ", line, StringComparison.Ordinal);
        Assert.All(expected, text => Assert.Contains(text, line, StringComparison.Ordinal));
    }

    /// <summary>A collector and a warehouse in which nothing is wrong yet, and an account that must say its password.</summary>
    public sealed class Surroundings(EnginesFixture engines) : IAsyncLifetime
    {
        private Pipeline? _pipeline;

        internal EnginesFixture Engines => engines;

        internal Pipeline Pipeline => _pipeline ?? throw new InvalidOperationException("the fixture isn't started");

        /// <inheritdoc/>
        public async ValueTask InitializeAsync()
        {
            _pipeline = await Pipeline.CreateAsync(engines);
            await _pipeline.SourceAsync(
                "CREATE SCHEMA narrow; CREATE TABLE narrow.action_logs (id int, master_node_uid text, external_id int)"
            );
            await _pipeline.SourceAsync("CREATE ROLE locked_reader LOGIN PASSWORD 'right'; GRANT USAGE ON SCHEMA fuel TO locked_reader");
            // Everybody else needs none; the first line that fits counts.
            var file = (string)(await engines.Engines.Replica.ExecuteAsync("postgres", "SHOW hba_file", Token))!;
            await File.WriteAllTextAsync(
                file,
                "host all locked_reader 127.0.0.1/32 scram-sha-256\n" + await File.ReadAllTextAsync(file, Token),
                Token
            );
            await engines.Engines.Replica.ExecuteAsync("postgres", "SELECT pg_reload_conf()", Token);
            await Wait.UntilAsync(
                async () =>
                    await engines.Engines.Replica.ExecuteAsync(
                        "postgres",
                        "SELECT 1 FROM pg_hba_file_rules WHERE 'locked_reader' = ANY (user_name)",
                        Token
                    )
                        is not null,
                "the file is read"
            );
        }

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            if (_pipeline is not null)
            {
                await _pipeline.SourceAsync("DROP OWNED BY locked_reader; DROP ROLE locked_reader");
                _pipeline.Dispose();
            }
        }
    }
}
