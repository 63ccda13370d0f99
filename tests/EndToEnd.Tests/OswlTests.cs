using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Collector;
using Collector.Fuel;
using Npgsql;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>What other tests take for granted about the generated rows of fuel.oswl_stats.</summary>
public sealed class OswlTests(EnginesFixture fixture)
{
    private static readonly FuelOptions s_small = new() { Installations = 100, Days = 20 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Rows_AnyMachineAndCulture_AreThese()
    {
        // The demo and other tests expect these rows. If you mean to change them, put the new digest here.
        const string digest = "9c0855ec491febaecb5785d913ebfe0d26720cf1e7e15b68071ade62d57777b8";
        var culture = CultureInfo.CurrentCulture;
        try
        {
            foreach (var name in (string[])["en-US", "ar-SA", "th-TH", "fr-FR"])
            {
                CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(name);
                var actual = Convert.ToHexStringLower(
                    SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', new OswlGenerator(s_small).Rows().Select(Text))))
                );
                Assert.True(actual == digest, $"in {name}, the rows' digest is {actual}");
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public void Rows_Default_AreEnoughForADemo()
    {
        var rows = new OswlGenerator(new FuelOptions()).Rows();
        Assert.InRange(rows.Count, 25_000, 35_000);
        Assert.Equal(rows.Count, rows.Select(r => (r.MasterNodeUid, r.ExternalId, r.ResourceType)).Distinct().Count());
        Assert.Equal(rows.Count, rows.Select(r => (r.MasterNodeUid, r.ClusterId, r.CreatedDate, r.ResourceType)).Distinct().Count());
        Assert.Equal(
            ["flavor", "image", "keystone_user", "tenant", "vm", "volume"],
            rows.Select(r => r.ResourceType).Distinct().Order(StringComparer.Ordinal)
        );
        Assert.Contains(rows, r => r.ResourceData is null);
        Assert.Contains(rows, r => r.VersionInfo is null);
        // What an outage held back comes after later days.
        Assert.Contains(rows.Zip(rows.Skip(1)), p => p.Second.CreatedDate < p.First.CreatedDate.AddDays(-2));
    }

    [Fact]
    public async Task FillAsync_EmptyTable_HoldsTheRows_AndThenRefuses()
    {
        var database = fixture.Engines.Primary.ConnectionString(await fixture.CreateDatabaseAsync(Token)) + ";Pooling=false";
        var missing = await Assert.ThrowsAsync<CollectorException>(() => OswlLoader.FillAsync(database, s_small, cancellationToken: Token));
        Assert.Equal("fuel.oswl_stats doesn't exist; create it with `collector schema`", missing.Message);
        await CollectorSchema.CreateAsync(database, Token);

        var result = Assert.Single(await OswlLoader.FillAsync(database, s_small, cancellationToken: Token));
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(
            """
            SELECT concat_ws(' ', master_node_uid, external_id, cluster_id, created_date, updated_time, resource_type, coalesce(resource_data::text, 'NULL'), resource_checksum, coalesce(version_info::text, 'NULL'))
            FROM fuel.oswl_stats ORDER BY id
            """
        );
        await using var reader = await command.ExecuteReaderAsync(Token);
        List<string> stored = [];
        while (await reader.ReadAsync(Token))
        {
            stored.Add(reader.GetString(0));
        }

        Assert.Equal(new OswlGenerator(s_small).Rows().Select(Text), stored);
        Assert.Equal(stored.Count, result.Rows);
        var refusal = await Assert.ThrowsAsync<CollectorException>(() => OswlLoader.FillAsync(database, s_small, cancellationToken: Token));
        Assert.Equal("fuel.oswl_stats is not empty; empty it", refusal.Message);
    }

    // Trailing zeros of a second as PostgreSQL leaves them out.
    private static string Text(OswlRow row) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{row.MasterNodeUid} {row.ExternalId} {row.ClusterId} {row.CreatedDate:yyyy-MM-dd} {row.UpdatedTime.ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture)} {row.ResourceType} {row.ResourceData ?? "NULL"} {row.ResourceChecksum} {row.VersionInfo ?? "NULL"}"
        );
}
