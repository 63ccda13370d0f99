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
    public void Render_Html_EscapesValues() => Assert.Equal("&lt;b&gt; &amp; &quot;x&quot;", Render("page", "{{title}}", new { Title = "<b> & \"x\"" }));

    [Fact]
    public void Render_TextTemplate_EscapesNothing() => Assert.Equal("<b> & \"x\"", Render("mail-text", "{{title}}", new { Title = "<b> & \"x\"" }));

    [Fact]
    public void Render_UnknownName_NamesTheFile() =>
        Assert.StartsWith($"{Path.Combine(folder.FullName, "page.hbs")}: the template can't be rendered: titel", Failure("page", "{{titel}}"), StringComparison.Ordinal);

    [Fact]
    public void Render_BrokenSyntax_NamesTheFile() => Assert.Contains("page.hbs: the template can't be rendered", Failure("page", "{{#if title}}"), StringComparison.Ordinal);

    [Fact]
    public void Render_BrokenPartial_NamesThePartial()
    {
        File.WriteAllText(Path.Combine(folder.FullName, "_head.hbs"), "{{#each}");

        Assert.Contains("_head.hbs: the template can't be rendered", Failure("page", "{{> head}}"), StringComparison.Ordinal);
    }

    [Fact]
    public void Render_MissingTemplate_SaysWhereItLooked() => Assert.Contains(
        "set Reports__Templates", Assert.Throws<ReportException>(() => new Templates([folder.FullName]).Render("none", new { })).Message, StringComparison.Ordinal);

    [Fact]
    public void Render_UsersFolder_ComesFirstAndTheProjectsFillsIn()
    {
        File.WriteAllText(Path.Combine(folder.FullName, "_style.hbs"), "<style>own</style>");
        var templates = new Templates([folder.FullName, ProjectFolder.Combine("reports", "templates")]);

        Assert.Contains("<style>own</style>", Encoding.UTF8.GetString(new ReportPages(templates, FixedTime.Noon).Index([])), StringComparison.Ordinal);
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
    public void Report_CutOff_SaysSo() => Assert.Contains("Only the first 1 rows are shown here; the CSV, JSON and Excel files hold the first 5. There are more.", Page(5, "[\"a\",1]"), StringComparison.Ordinal);

    private static string Page(params string[] rows) => Page(null, rows);

    private static string Page(long? cutAfter, params string[] rows)
    {
        var report = Samples.Report("chart: {type: bar, x: x, y: y}");
        var pages = new ReportPages(new Templates([ProjectFolder.Combine("reports", "templates")]), FixedTime.Noon);
        var outcome = new ReportOutcome(cutAfter ?? rows.Length, cutAfter, TimeSpan.FromSeconds(1));
        return Encoding.UTF8.GetString(pages.Report(Samples.Run(report), outcome, Samples.Rows([new ResultColumn("x", "Nullable(String)"), new ResultColumn("y", "Int64")], rows), [new("sample.csv", "CSV")]));
    }

    private string Render(string name, string template, object model)
    {
        File.WriteAllText(Path.Combine(folder.FullName, name + ".hbs"), template);
        return new Templates([folder.FullName]).Render(name, model);
    }

    private string Failure(string name, string template) => Assert.Throws<ReportException>(() => Render(name, template, new { Title = "t" })).Message;
}
