using Microsoft.Extensions.Configuration;
using WarehouseSql.ClickHouse;
using WarehouseSql.Migrations;
using WarehouseSql.Programs;
using Xunit;

namespace WarehouseSql.Tests;

/// <summary>What the section <c>Warehouse</c> of the configuration becomes.</summary>
public sealed class ConfigurationTests
{
    [Fact]
    public void ReadOptions_NothingConfigured_AreTheLocalWarehouse()
    {
        var options = WarehouseOptions.Read(Configuration());

        Assert.Equal(("warehouse", "default", "", 600), (options.Database, options.User, options.Password, options.TimeoutSeconds));
        Assert.Equal([new Uri("http://127.0.0.1:8123")], options.Nodes);
    }

    [Fact]
    public void ReadOptions_EverythingConfigured_IsTakenOver()
    {
        var options = WarehouseOptions.Read(
            Configuration(
                ("Url", "http://a:8123, https://b:8443  http://c"),
                ("Cluster", "telemetry"),
                ("Database", "Wh_2"),
                ("User", "etl"),
                ("Password", "p w"),
                ("TimeoutSeconds", "5")
            )
        );

        Assert.Equal(("Wh_2", "etl", "p w", 5), (options.Database, options.User, options.Password, options.TimeoutSeconds));
        Assert.Equal([new Uri("http://a:8123"), new Uri("https://b:8443"), new Uri("http://c")], options.Nodes);
        Assert.Equal("Wh_2_all", options.WholeDatabase);
    }

    [Fact]
    public void ReadOptions_ManyFaults_ListsAll()
    {
        var e = Assert.Throws<UserException>(() =>
            WarehouseOptions.Read(
                Configuration(("Url", "http://a:8123 localhost:8123 ftp://b 127.0.0.1:1"), ("Database", "a-b"), ("TimeoutSeconds", "0"))
            )
        );

        Assert.Equal(
            [
                "Warehouse__Url: expected http://host:port or https://host:port; found 'localhost:8123'",
                "Warehouse__Url: expected http://host:port or https://host:port; found 'ftp://b'",
                "Warehouse__Url: expected http://host:port or https://host:port; found '127.0.0.1:1'",
                "Warehouse__Cluster: expected the cluster of ClickHouse's remote_servers that holds the 4 nodes of Warehouse__Url, a name of letters, digits and '_'; found ''",
                "Warehouse__Database: expected a name of letters, digits and '_'; found 'a-b'",
                "Warehouse__TimeoutSeconds: expected a number of seconds over 0; found 0",
            ],
            e.Message.Split(Environment.NewLine)
        );
    }

    [Theory]
    [InlineData("Url", " , ", "Warehouse__Url: expected an address such as http://127.0.0.1:8123; found nothing")]
    [InlineData("Database", "", "Warehouse__Database: expected a name of letters, digits and '_'; found ''")]
    [InlineData(
        "Database",
        "a'; DROP TABLE b",
        "Warehouse__Database: expected a name of letters, digits and '_'; found 'a'; DROP TABLE b'"
    )]
    [InlineData(
        "Url",
        "http://etl:geheim@a:8123",
        "Warehouse__Url: expected an address without a user; name it in Warehouse__User, and its password in Warehouse__Password"
    )]
    [InlineData("Url", "ftp://etl:ge@heim@a:8123", "Warehouse__Url: expected http://host:port or https://host:port; found '…@a:8123'")]
    [InlineData("TimeoutSeconds", "-1", "Warehouse__TimeoutSeconds: expected a number of seconds over 0; found -1")]
    public void ReadOptions_OneFault_SaysIt(string key, string value, string message) =>
        Assert.Equal(message, Assert.Throws<UserException>(() => WarehouseOptions.Read(Configuration((key, value)))).Message);

    [Fact]
    public void ReadOptions_NoNumberWhereOneIsNeeded_NamesTheSetting()
    {
        var e = Assert.Throws<UserException>(() => WarehouseOptions.Read(Configuration(("TimeoutSeconds", "soon"))));

        Assert.Contains("Warehouse:TimeoutSeconds", e.Message, StringComparison.Ordinal);
        Assert.Contains("'soon'", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "ReplacingMergeTree", "MergeTree")]
    [InlineData("false", "ReplacingMergeTree", "MergeTree")]
    [InlineData("true", "ReplicatedReplacingMergeTree", "ReplicatedMergeTree")]
    public void ReadTableEngines_AsConfigured_ExpandThePlaceholders(string? replicated, string replacing, string plain)
    {
        var engines = TableEngines.Read(Configuration(("Replicated", replicated)));

        Assert.Equal(
            $"CREATE TABLE a (m MergeTree) ENGINE = {replacing}(_run); CREATE TABLE b ENGINE = {plain} ORDER BY {{x}}; -- {plain}",
            engines.Expand(
                "CREATE TABLE a (m MergeTree) ENGINE = {ReplacingMergeTree}(_run); CREATE TABLE b ENGINE = {MergeTree} ORDER BY {x}; -- {MergeTree}"
            )
        );
    }

    [Fact]
    public void Read_ValuesInFiles_AreTakenOver()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "credentials"));
        folder.Write("credentials/ConnectionStrings__Fuel", "Host=a;Password=from systemd\n");
        folder.Write("password", "p w\r\n");

        var read = Read(Path.Combine(folder.Path, "password"));
        Assert.Equal(("Host=a;Password=from systemd", "p w"), (read.GetConnectionString("Fuel"), WarehouseOptions.Read(read).Password));
        Assert.StartsWith(
            "Warehouse__Password__File can't be read: ",
            Assert.Throws<UserException>(() => Read(Path.Combine(folder.Path, "none"))).Message,
            StringComparison.Ordinal
        );

        IConfiguration Read(string file) =>
            Settings.Read(
                new ConfigurationBuilder().AddInMemoryCollection([
                    KeyValuePair.Create<string, string?>("Warehouse:Password:File", file),
                    KeyValuePair.Create<string, string?>("ConnectionStrings:Fuel", "Host=b"),
                ]),
                Path.Combine(folder.Path, "credentials")
            );
    }

    private static IConfiguration Configuration(params (string Key, string? Value)[] values) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(values.Where(v => v.Value is not null).Select(v => KeyValuePair.Create("Warehouse:" + v.Key, v.Value)))
            .Build();
}
