using System.Text.RegularExpressions;
using Reports.Mail.Delivery;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>The program as people call it, and as it is killed, against a real SMTP server.</summary>
public sealed class DigestProgramTests(ReportsProgram reports) : IClassFixture<ReportsProgram>, IDisposable
{
    private readonly TempFolder _root = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task Digest_StartTlsAndLogin_ArrivesOnceAndSaysSoTheNextTime()
    {
        await using var server = await MailServer.StartAsync(tls: true);
        Write("tls", "ann@example.org", "bob@example.org");

        var first = await RunAsync(server, "digest", "tls");
        var second = await RunAsync(server, "digest", "tls");

        Assert.True(first.Code == 0, first.Errors);
        Assert.Equal(new Dictionary<string, int> { ["ann@example.org"] = 1, ["bob@example.org"] = 1 }, server.Counts());
        Assert.Equal((0, 2), (second.Code, Regex.Count(second.Errors, "sent already")));
        var mail = Assert.Single(server.To("ann@example.org"));
        Assert.Equal("ann@example.org", Mails.Header(mail, "To"));
        Assert.Contains("filename=deployment-time.csv", mail, StringComparison.Ordinal);
        Assert.Contains("all rows in deployment-time.csv, attached", Mails.TextOf(mail), StringComparison.Ordinal);

        var (_, listed, _) = await RunAsync(server, "deliveries");
        Assert.Equal(2, Regex.Count(listed, @"digest tls .*sent"));
        Assert.Equal(0, (await RunAsync(server, "digest", "tls", "--again")).Code);
        Assert.Equal(2, server.Counts()["ann@example.org"]);
    }

    [Theory]
    [InlineData("Smtp__Password", "wrong", "check Smtp__Host, Smtp__Port, Smtp__StartTls, Smtp__User, Smtp__Password")]
    [InlineData("SSL_CERT_FILE", "/dev/null", "certificate")]
    [InlineData("Smtp__Host", "127.0.0.1", "its certificate is not valid for 127.0.0.1: RemoteCertificateNameMismatch")]
    [InlineData("Smtp__Tls", "true", "check Smtp__Host")]
    [InlineData("Smtp__Mechanism", "XOAUTH2", "check Smtp__Host")]
    [InlineData("Smtp__Mechanism", "SESAME", "Smtp__Mechanism: expected PLAIN")]
    [InlineData("Smtp__StartTls", "false", "Smtp__PasswordInClear=true")]
    [InlineData("Smtp__PasswordInClear", "true", "check Smtp__Host", "Smtp__StartTls", "false")]
    public async Task Digest_SetUpWrongly_SaysWhatToCheckAndGoesOutOnceItIsMended(
        string variable,
        string value,
        string expected,
        string also = "",
        string alsoValue = ""
    )
    {
        await using var server = await MailServer.StartAsync(tls: true);
        var name = $"wrong-{variable}-{value}".ToLowerInvariant().Replace('_', '-').Replace('/', '-');
        Write(name, "ann@example.org");

        var (code, _, errors) = await reports.RunAsync(
            ["digest", name],
            [.. Settings(server), (variable, value), .. alsoValue.Length > 0 ? [(also, alsoValue)] : Array.Empty<(string, string)>()]
        );

        Assert.Equal(1, code);
        Assert.Contains(expected, Assert.Single(errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Empty(server.Counts());
        Assert.Equal(0, (await RunAsync(server, "digest", name)).Code);
        Assert.Equal(1, server.Counts()["ann@example.org"]);
    }

    [Theory]
    [InlineData("PLAIN", false)]
    [InlineData("LOGIN", false)]
    [InlineData("CRAM-MD5", false)]
    [InlineData("XOAUTH2", false)]
    [InlineData("PLAIN", true)]
    public async Task Digest_ServerKnowsOneWayToLogIn_Arrives(string mechanism, bool fromFirstByte)
    {
        await using var server = await MailServer.StartAsync(tls: true, fromFirstByte, [mechanism]);
        var name = $"login-{mechanism}-{fromFirstByte}".ToLowerInvariant();
        Write(name, "ann@example.org");
        var file = _root.Write("token", MailServer.Password + "\n");
        (string, string)[] token =
            mechanism == "XOAUTH2" ? [("Smtp__Mechanism", mechanism), ("Smtp__Password", ""), ("Smtp__PasswordFile", file)] : [];

        var (code, _, errors) = await reports.RunAsync(["digest", name], [.. Settings(server), .. token]);

        Assert.True(code == 0, errors);
        Assert.Equal(new Dictionary<string, int> { ["ann@example.org"] = 1 }, server.Counts());
    }

    [Fact]
    public async Task Digest_DryRun_ShowsWhomItWouldGoToAndSendsNothing()
    {
        await using var server = await MailServer.StartAsync();
        Write("dry", "ann@example.org", "bob@example.org");
        var folder = Path.Combine(_root.Path, "mail");

        var (code, _, errors) = await RunAsync(server, "digest", "dry", "--dry-run", "--out", folder);

        Assert.Equal(0, code);
        Assert.Contains("would go to ann@example.org by localhost:", errors, StringComparison.Ordinal);
        Assert.Contains("would go to bob@example.org by localhost:", errors, StringComparison.Ordinal);
        Assert.Contains(
            "</html>",
            Mails.HtmlOf(await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(folder)), Token)),
            StringComparison.Ordinal
        );
        Assert.Empty(server.Counts());
        using var client = reports.Client();
        Assert.Equal(
            "0",
            (await client.QueryAsync("SELECT toString(count()) FROM report_delivery WHERE name = 'dry'", Token)).Scalar.GetString()
        );
    }

    [Fact]
    public async Task Deliveries_Unclear_IsSettledByAPerson()
    {
        await using var server = await MailServer.StartAsync();
        Write("unclear", "drop@example.org", "lost@example.org");
        Assert.Equal(1, (await RunAsync(server, "digest", "unclear")).Code);

        var (code, listed, errors) = await RunAsync(server, "deliveries");
        Assert.Equal((1, 2), (code, Regex.Count(listed, "unclear .*example.org")));
        Assert.Contains("Look for <digest.unclear.", errors, StringComparison.Ordinal);
        var (dropped, lost) = (IdOf(listed, "drop@example.org"), IdOf(listed, "lost@example.org"));
        Assert.Equal(0, (await RunAsync(server, "deliveries", "--sent", dropped)).Code);
        Assert.Equal(0, (await RunAsync(server, "deliveries", "--again", lost)).Code);
        await RunAsync(server, "digest", "unclear");

        Assert.Equal(new Dictionary<string, int> { ["drop@example.org"] = 1, ["lost@example.org"] = 1 }, server.Counts());
        Assert.Matches($"{dropped} .*sent", (await RunAsync(server, "deliveries")).Output);
        Assert.Contains(
            "there is no mail with the id 'nix'",
            (await RunAsync(server, "deliveries", "--sent", "nix")).Errors,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "was noted as sent already",
            (await RunAsync(server, "deliveries", "--sent", dropped)).Errors,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Digest_AccountThatMayNotWriteTheLedger_SendsNothingAndSaysWhatToGrant()
    {
        await using var server = await MailServer.StartAsync();
        Write("grants", "ann@example.org");
        using var client = reports.Client();
        await client.ExecuteAsync("CREATE DATABASE ungranted", Token);
        await client.ExecuteAsync("CREATE TABLE ungranted.report_delivery AS report_delivery", Token);

        var (code, _, errors) = await reports.RunAsync(["digest", "grants"], [.. Settings(server), ("Warehouse__Database", "ungranted")]);

        await client.ExecuteAsync("DROP DATABASE ungranted SYNC", Token);
        Assert.Equal(1, code);
        Assert.Contains(
            "GRANT INSERT ON ungranted.report_delivery TO that account",
            Assert.Single(errors.TrimEnd().Split('\n')),
            StringComparison.Ordinal
        );
        Assert.Empty(server.Counts());
    }

    [Fact]
    public async Task Digest_KilledAtAnyMoment_NobodyGetsTwoAndNobodyIsForgotten()
    {
        await using var server = await MailServer.StartAsync();
        string[] to = [.. "abcdefgh".Select(c => $"slow-2{c}@example.org")];
        Write("killed", to);
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        const int kills = 10;
        for (var round = 0; round < kills; round++)
        {
            var before = await RowsAsync();
            using var program = reports.Start(["digest", "killed"], Settings(server));
            var errors = program.StandardError.ReadToEndAsync(Token);
            await Wait.UntilAsync(async () => program.HasExited || await RowsAsync() > before, "it has written into the ledger");
            await Task.Delay(random.Next(400), Token);
            program.Kill();
            await program.WaitForExitAsync(Token);
        }

        await RunAsync(server, "digest", "killed");
        using var client = reports.ReadersClient();
        var log = await new MailLedger(client).ReadAsync("killed", Token);
        var counts = server.Counts();
        foreach (var mail in log.All())
        {
            var count = counts.GetValueOrDefault(mail.Key.Recipient);
            Assert.True(
                mail.State is Standing.Sent or Standing.Sending or Standing.Unclear,
                $"seed {seed}: {mail.Key.Recipient} is {mail.State}"
            );
            Assert.True(
                mail.State == Standing.Sent ? count == 1 : count <= 1,
                $"seed {seed}: {mail.Key.Recipient} is {mail.State} and got {count}"
            );
        }

        Assert.Equal(to.Length, log.All().Count());
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"seed {seed}: {kills} kills, {log.All().Count(s => s.State != Standing.Sent)} of {to.Length} left to a person"
        );
    }

    private static string IdOf(string listed, string address) =>
        Regex.Match(listed, @"([0-9a-f]{12}) .*" + Regex.Escape(address)).Groups[1].Value;

    private async Task<ulong> RowsAsync()
    {
        using var client = reports.Client();
        return (await client.QueryAsync("SELECT count() FROM report_delivery WHERE name = 'killed'", Token)).Scalar.GetUInt64();
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(MailServer server, params string[] arguments) =>
        reports.RunAsync(arguments, Settings(server));

    private (string, string)[] Settings(MailServer server) => server.Settings(("WAREHOUSE_ROOT", _root.Path));

    // The project, with a digest of the test's own.
    private void Write(string name, params string[] to)
    {
        foreach (var part in (string[])["warehouse-sql", "etl", "reports/definitions", "reports/templates"])
        {
            var link = Path.Combine(_root.Path, part);
            if (!Path.Exists(link))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(link)!);
                Directory.CreateSymbolicLink(link, Project.Here.PathOf(part));
            }
        }

        Directory.CreateDirectory(Path.Combine(_root.Path, "reports/digests"));
        _root.Write(
            $"reports/digests/{name}.yaml",
            $$"""
            title: {{name}}
            to: [{{string.Join(", ", to)}}]
            schedule: 0 0 7 ? * MON
            reports: [{report: fuel/deployment-time}]
            """
        );
    }
}
