using System.Text.RegularExpressions;
using Collector;
using Collector.Fuel;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Scans what the demo's collector makes of every table of the warehouse for what identifies a person or a machine.</summary>
public sealed class PrivacyTests(EnginesFixture fixture)
{
    // Beside the invented people's marks: e-mail addresses, telephone numbers, IP addresses and host names of whatever origin.
    private static readonly (string What, string Pattern)[] s_forbidden =
    [
        ("an invented person", string.Join('|', PrivacyMarkers.All.Select(Regex.Escape))),
        ("an e-mail address", @"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]"),
        ("a telephone number", @"(^|[^0-9A-Za-z-])\+?[0-9]{1,3}[ -][0-9]{3}[ -][0-9]{3,4}[ -][0-9]{3,4}($|[^0-9-])"),
        ("an IPv4 address", @"(^|[^0-9.])(10|127|172|192)\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}($|[^0-9.])"),
        ("an IPv6 address", "(^|[^0-9a-fA-F:])[0-9a-fA-F]{1,4}(:[0-9a-fA-F]{0,4}){3,7}($|[^0-9a-fA-F:])"),
        ("a host name", @"[A-Za-z0-9-]+\.(example|local|localdomain|lan|internal|domain\.tld|example\.(com|org|net))($|[^A-Za-z0-9])"),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LoadAsync_EverySystem_BringsNobodysNameAddressOrHost()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await WholeCollector.FillAsync(
            pipeline.PrimaryConnection + ";Pooling=false",
            new FuelOptions
            {
                Installations = 120,
                Days = 20,
                UnreadableOneIn = 150,
            },
            cancellationToken: Token
        );
        await fixture.WaitForReplicaAsync(Token);
        foreach (var extract in Project.Here.Extracts())
        {
            Assert.True((await pipeline.LoadAsync(extract.Name)).Run.RowsRead > 0, $"{extract.Name} has no rows to scan");
        }

        // The test of the test: the source holds them.
        Assert.Contains(
            await pipeline.AskSourceAsync("SELECT structure FROM installation_structures"),
            text => text.Contains(PrivacyMarkers.EmailDomain, StringComparison.Ordinal)
        );
        Assert.NotEmpty(await pipeline.AskSourceAsync("SELECT 1 FROM openstack.poc WHERE email LIKE '%@%'"));
        foreach (
            var table in await pipeline.AskAsync(
                "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name"
            )
        )
        {
            var counts = await pipeline.AskOneAsync(
                $"SELECT concat(toString([{string.Join(", ", s_forbidden.Select(f => $"countIf(match(row, {SqlText.Quote(f.Pattern)}))"))}]), ' e.g. ', anyIf(row, match(row, {SqlText.Quote(string.Join('|', s_forbidden.Select(f => f.Pattern)))}))) FROM (SELECT formatRowNoNewline('TSV', *) AS row FROM {table})"
            );
            Assert.True(
                counts.StartsWith($"[{string.Join(',', s_forbidden.Select(_ => "0"))}]", StringComparison.Ordinal),
                $"{table} holds {string.Join(", ", s_forbidden.Select(f => f.What))}: {counts}"
            );
        }
    }
}
