using System.Text;
using Reports.Rendering;
using Reports.Running;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using Xunit;

namespace Reports.Tests;

public sealed class TemplatesTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory();

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Render_UsersFolder_ComesFirstAndTheProjectsFillsIn()
    {
        File.WriteAllText(Path.Combine(folder.FullName, "_style.sbn-html"), "<style>own</style>");
        var templates = new Templates([folder.FullName, Project.Here.PathOf("reports", "templates")]);

        Assert.Contains("<style>own</style>", Index(templates), StringComparison.Ordinal);
        Assert.Equal(1, templates.Sources().Count(t => t.Contains("<style>own</style>", StringComparison.Ordinal)));
    }

    [Fact]
    public void Render_UsersPage_TakesTheProjectsPartials()
    {
        File.WriteAllText(Path.Combine(folder.FullName, "index.sbn-html"), "{{count}}{{include 'style'}}");
        var templates = new Templates([folder.FullName, Project.Here.PathOf("reports", "templates")]);

        Assert.StartsWith("0 reports<style>", Index(templates), StringComparison.Ordinal);
    }

    [Fact]
    public void Check_ProjectsTemplates_HaveNoFault() =>
        Assert.InRange(new Templates([Project.Here.PathOf("reports", "templates")]).Check(), 10, 100);

    [Fact]
    public void Form_ValueThatCannotBeTaken_IsEscaped()
    {
        var pages = new ReportPages(new Templates([Project.Here.PathOf("reports", "templates")]), FixedTime.Noon);
        var field = new FormField("day", "a day", "<b>", "text", false, false, Step: null, IsRequired: true, "a day", ["<i>"]);
        var form = new FormPart(new WebLinks(null, null, null), [field], "Found '<img src=x>'.");

        var page = Encoding.UTF8.GetString(pages.Form(Samples.Report(""), form));

        Assert.Contains("Found &#x27;&lt;img src&#x3D;x&gt;&#x27;.", page, StringComparison.Ordinal);
        Assert.All((string[])["<img", "<b>", "<i>"], tag => Assert.DoesNotContain(tag, page, StringComparison.Ordinal));
    }

    [Fact]
    public void Report_Page_IsOneFileWithoutScriptOrRequest()
    {
        var page = Page("[\"<script>\",1]", "[null,2]");

        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("src=", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("http:", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@import", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("<td class=\"null\">–</td>", page, StringComparison.Ordinal);
        Assert.Contains("3 hours ago", page, StringComparison.Ordinal);
        Assert.Contains("2026-03-15 09:00 UTC", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_NoRow_SaysSoKindly()
    {
        var page = Page();

        Assert.Contains("no row answers it", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<table", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_CutOff_SaysSo() =>
        Assert.Contains(
            "Only the first 1 rows are shown here; the CSV, JSON and Excel files hold the first 5. There are more.",
            Page(5, "[\"a\",1]"),
            StringComparison.Ordinal
        );

    private static string Index(Templates templates) => Encoding.UTF8.GetString(new ReportPages(templates, FixedTime.Noon).Index([]));

    private static string Page(params string[] rows) => Page(null, rows);

    private static string Page(long? cutAfter, params string[] rows)
    {
        var report = Samples.Report("chart: {type: bar, x: x, y: y}");
        var pages = new ReportPages(new Templates([Project.Here.PathOf("reports", "templates")]), FixedTime.Noon);
        var outcome = new ReportOutcome(cutAfter ?? rows.Length, cutAfter, TimeSpan.FromSeconds(1));
        return Encoding.UTF8.GetString(
            pages.Report(
                Samples.Run(report),
                outcome,
                Samples.Rows([new ResultColumn("x", "Nullable(String)"), new ResultColumn("y", "Int64")], rows),
                [new("sample.csv", "CSV")]
            )
        );
    }
}
