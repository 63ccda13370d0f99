using System.Text;
using Reports.Definitions;
using Reports.Mail;
using Reports.Rendering;
using Reports.Running;
using WarehouseSql.Definitions;
using Xunit;

namespace Reports.Tests;

/// <summary>
/// What mails look like, to the letter: `make test-offline UPDATE=1` writes them anew, and then somebody looks at them as pictures.
/// </summary>
public sealed class MailGoldenTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory();
    private readonly Templates templates = new([Project.Here.PathOf("reports", "templates")]);

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Digest_WithEverything_LooksLikeThat()
    {
        var digest = Digest("intro: What a week it was.");
        var mail = Composer("https://reports.example.org")
            .Compose(
                digest,
                FixedTime.Noon.GetUtcNow(),
                [Bars(), Lines(), Failed(), Empty()],
                "Not all data is in: fuel/action_logs was last read 2026-03-14 22:15 UTC, and this mail's figures need it up to 2026-03-15 00:00 UTC. They may still rise."
            );

        Compare("digest", mail);
        Assert.Equal(["bars.csv"], mail.Files.Select(f => f.Name));
    }

    [Fact]
    public void Correction_ChangedGoneAndNew_LooksLikeThat()
    {
        var digest = Digest("");
        var before = DigestFigures.Read(Composer().Compose(digest, FixedTime.Noon.GetUtcNow(), [Bars()]).Figures);
        var after = Part(
            "bars",
            "chart: {type: bar, x: os, y: sites}",
            "[\"ubuntu\",1300,0.72]",
            "[\"rhel\",400,0.22]",
            "[\"sles\",111,0.06]"
        );

        var mail = new CorrectionMail(templates, Composer(), FixedTime.Noon).Compose(
            digest,
            FixedTime.Noon.GetUtcNow(),
            before,
            [after],
            []
        );

        Compare("correction", mail!);
        Assert.Equal((MailKind.Digest, Occurrence.Parse("2026-03-15T12:00:00Z")), mail!.About);
    }

    private DigestMail Composer(string? baseUrl = null) => new(templates, FixedTime.Noon, baseUrl is null ? null : new Uri(baseUrl + "/"));

    private DigestDefinition Digest(string more)
    {
        var path = Path.Combine(folder.FullName, "weekly.yaml");
        File.WriteAllText(
            path,
            $$$"""
            title: Fuel in the field
            subject: "{{title}} · week {{week}}"
            {{{more}}}
            to: [team@example.org]
            schedule: 0 0 7 ? * MON
            time_zone: Europe/Berlin
            reports: [{report: fuel/os-distribution}]
            """
        );
        return DigestDefinition.ReadFile(path, Project.Here.ReportsFolder());
    }

    private static DigestPart Bars() =>
        Part(
            "bars",
            "chart: {type: bar, x: os, y: sites}",
            "[\"ubuntu\",1234,0.7]",
            "[\"<centos> & co\",432,0.25]",
            "[\"rhel\",null,0.05]"
        ) with
        {
            Csv = "os,sites\r\n"u8.ToArray(),
        };

    private static DigestPart Empty() => Part("empty", "");

    private static DigestPart Failed() =>
        new(
            new DigestReport { Report = "fuel/broken" },
            null,
            null,
            null,
            null,
            "reports/definitions/fuel/broken.sql: ClickHouse 47 UNKNOWN_IDENTIFIER: no column <x>"
        );

    private static DigestPart Lines()
    {
        var report = Report("lines", "chart: {type: line, x: day, y: vms, series: status}");
        var rows = Enumerable
            .Range(0, 60)
            .SelectMany(i =>
                new[]
                {
                    $"[\"{new DateOnly(2026, 1, 15).AddDays(i):yyyy-MM-dd}\",\"active\",{1000 + (i * 37 % 400)}]",
                    $"[\"{new DateOnly(2026, 1, 15).AddDays(i):yyyy-MM-dd}\",\"error\",{(i % 9 == 0 ? "null" : i * 5)}]",
                }
            );
        var table = Samples.Rows([new("day", "Date"), new("status", "String"), new("vms", "Nullable(Int64)")], [.. rows]);
        return new DigestPart(
            new DigestReport { Report = report.Name, Rows = 4 },
            report,
            Samples.Run(report),
            new ReportOutcome(120, null, TimeSpan.Zero),
            table,
            null
        );
    }

    private static DigestPart Part(string name, string header, params string[] rows)
    {
        var report = Report(
            name,
            "params:\n  from: {type: Date, default: '2026-03-01', is: the first day}\n  to: {type: Date, default: today, is: the day after the last}\ncolumns:\n  share: {format: percent}\n"
                + header
        );
        return new DigestPart(
            new DigestReport { Report = report.Name },
            report,
            Samples.Run(report),
            new ReportOutcome(rows.Length, null, TimeSpan.Zero),
            Samples.Rows([new("os", "String"), new("sites", "Nullable(Int64)"), new("share", "Float64")], rows),
            null
        );
    }

    private static ReportDefinition Report(string name, string header) =>
        ReportDefinition.Parse(
            $"/definitions/fuel/{name}.sql",
            $"/*---\ntitle: The {name}\nasks: What do {name} look like?\n{header}\n---*/\nSELECT * FROM fuel_action WHERE 1 = 1{(header.Contains("params", StringComparison.Ordinal) ? " AND started_at >= {from:Date} AND started_at < {to:Date}" : "")}\n"
        );

    private static void Compare(string name, ComposedMail mail)
    {
        Assert.InRange(Encoding.UTF8.GetByteCount(mail.Html), 1000, DigestMail.MostHtmlBytes);
        foreach (var (ending, actual) in new[] { (".html", mail.Html), (".txt", $"Subject: {mail.Subject}\n\n{mail.Text}") })
        {
            var path = Project.Here.PathOf("tests", "Reports.Tests", "golden", name + ending);
            if (ReportTestUpdate.IsWanted)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, actual);
            }

            Assert.Equal(File.ReadAllText(path), actual);
        }
    }
}
