using Reports.Rendering;
using Xunit;

namespace Reports.Tests;

/// <summary>What a fault in a user's template says: one line with its file, line and column.</summary>
public sealed class TemplateFaultTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory();

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData("<p>\n  {{tittle}}", "(2,5): there is no 'tittle'; did you mean title?")]
    [InlineData("{{item.nam}}", "(1,8): there is no 'nam'; did you mean name?")]
    [InlineData("{{for i in items}}\n{{i.nam}}{{end}}", "(2,5): there is no 'nam'; did you mean name?")]
    [InlineData("{{for i in items}}{{i.name}}{{end}}{{i.name}}", "(1,38): there is no 'i'")]
    [InlineData("{{if nohting}}x{{end}}", "(1,6): there is no 'nohting'; did you mean nothing?")]
    [InlineData("{{nothing.name}}", "(1,11): ")]
    [InlineData("{{items[9].name}}", "(1,")]
    [InlineData("{{title | shout}}", "(1,11): there is no 'shout'")]
    [InlineData("{{string.uppcase title}}", "(1,10): there is no 'uppcase'; did you mean upcase?")]
    [InlineData("{{object.eval '1'}}", "(1,3): there is no 'object'")]
    [InlineData("{{'aaa' | regex.match '(a+)+$'}}", "(1,11): there is no 'regex'")]
    [InlineData("{{title = 'x'}}", "(1,3): ")]
    [InlineData("{{item.name = 'x'}}", "(1,8): ")]
    [InlineData("{{string.upcase = 1}}", "(1,")]
    public void Render_Fault_NamesFileAndPlace(string template, string expected) =>
        Assert.StartsWith(File("page") + expected, Failure(template), StringComparison.Ordinal);

    [Theory]
    [InlineData("{{if title}}\nx", "(1,")]
    [InlineData("{{for x of items}}{{end}}", "(1,")]
    [InlineData("\n\n{{'title}}", "(3,")]
    public void Render_BrokenSyntax_NamesFileAndPlace(string template, string expected) =>
        Assert.StartsWith(File("page") + expected, Failure(template), StringComparison.Ordinal);

    [Theory]
    [InlineData("x\n{{tittle}}", "(2,3): there is no 'tittle'; did you mean title?")]
    [InlineData("x\n{{if}}", "(2,")]
    public void Render_FaultInPartial_NamesThePartial(string partial, string expected)
    {
        Write("_head.sbn-html", partial);

        Assert.StartsWith(File("_head") + expected, Failure("{{include 'head'}}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../page")]
    [InlineData("../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("sub/head")]
    [InlineData("_other.txt")]
    [InlineData("")]
    [InlineData("nothere")]
    public void Render_IncludeOfWhatIsNoPartial_IsAFault(string name)
    {
        folder.CreateSubdirectory("sub");
        Write("sub/_head.sbn-html", "found");
        Write("sub/head.sbn-html", "found");

        var message = Failure($"{{{{include '{name}'}}}}");

        Assert.StartsWith($"{File("page")}(1,3): there is no partial '{name}'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_PartialsInACircle_SaysWhichOnes()
    {
        Write("_a.sbn-html", "{{include 'b'}}");
        Write("_b.sbn-html", "\n{{include 'a'}}");

        Assert.Equal($"{File("_b")}(2,3): the partial 'a' includes itself: a → b → a", Failure("{{include 'a'}}"));
    }

    [Fact]
    public void Render_PartialTwice_IsNoCircle()
    {
        Write("_a.sbn-html", "a");
        Write("page.sbn-html", "{{include 'a'}}{{include 'a'}}");

        Assert.Equal("aa", new Templates([folder.FullName]).Render("page", new { }));
    }

    [Theory]
    [InlineData("{{while true}}{{end}}")]
    [InlineData("{{while true}}0123456789012345678901234567890123456789{{end}}")]
    [InlineData("{{for i in 1..3000000}}{{end}}")]
    [InlineData("{{func f; f; end}}{{f}}")]
    [InlineData("{{string.pad_left 'x' 2000000000}}")]
    public void Render_WithoutEnd_IsAFault(string template) =>
        Assert.StartsWith(File("page") + "(1,", Failure(template), StringComparison.Ordinal);

    [Fact]
    public void Render_LongTable_IsNoFault()
    {
        Write("page.sbn-html", "{{for row in 1..1000}}{{for cell in 1..200}}{{cell}}{{end}}{{end}}");

        Assert.Equal(1000 * (9 + (90 * 2) + (101 * 3)), new Templates([folder.FullName]).Render("page", new { }).Length);
    }

    [Fact]
    public void Render_NotUtf8_NamesFileAndLine()
    {
        System.IO.File.WriteAllBytes(Path.Combine(folder.FullName, "page.sbn-html"), [.. "x\ny\n"u8, 0xE9, .. "t\n"u8]);

        var message = Assert.Throws<ReportException>(() => new Templates([folder.FullName]).Render("page", new { })).Message;

        Assert.Equal($"{File("page")}(3): the file isn't UTF-8 — save it as UTF-8", message);
    }

    [Fact]
    public void Render_ByteOrderMark_IsNotPrinted()
    {
        System.IO.File.WriteAllBytes(Path.Combine(folder.FullName, "page.sbn-html"), [0xEF, 0xBB, 0xBF, .. "x"u8]);

        Assert.Equal("x", new Templates([folder.FullName]).Render("page", new { }));
    }

    [Fact]
    public void Render_MissingTemplate_SaysWhereItLooked()
    {
        var message = Assert.Throws<ReportException>(() => new Templates([folder.FullName]).Render("none", new { })).Message;

        Assert.StartsWith($"there is no template none.sbn-html in {folder.FullName}", message, StringComparison.Ordinal);
        Assert.EndsWith("set Reports__Templates to the templates' folder", message, StringComparison.Ordinal);
    }

    [Fact]
    public void RenderLine_UnknownName_NamesFileAndText()
    {
        var (templates, model) = (new Templates([folder.FullName]), new { Title = "t" });
        var message = Assert.Throws<ReportException>(() => templates.RenderLine("/d/weekly.yaml", "{{titel}}", model)).Message;

        Assert.Equal("/d/weekly.yaml: '{{titel}}'(1,3): there is no 'titel'; did you mean title?", message);
    }

    [Fact]
    public void Templates_OldLanguageLeftOver_SaysWhatToDo()
    {
        Write("page.hbs", "{{title}}");

        Assert.StartsWith(
            $"{Path.Combine(folder.FullName, "page.hbs")}: templates are Scriban's since this version — rewrite it as .sbn-html",
            Assert.Throws<ReportException>(() => new Templates([folder.FullName])).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Templates_NoFolder_SaysSo() =>
        Assert.StartsWith(
            "there is no folder /not/here",
            Assert.Throws<ReportException>(() => new Templates(["/not/here"])).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Check_Fault_NamesFileAndPlace()
    {
        Write("page.sbn-txt", "\n{{if}}");

        var message = Assert.Throws<ReportException>(() => new Templates([folder.FullName]).Check()).Message;

        Assert.StartsWith(Path.Combine(folder.FullName, "page.sbn-txt") + "(2,", message, StringComparison.Ordinal);
    }

    private string Failure(string template)
    {
        Write("page.sbn-html", template);
        var model = new
        {
            Title = "t",
            Nothing = (string?)null,
            Item = new { Name = "n" },
            Items = new[] { new { Name = "n" } },
        };
        var message = Assert.Throws<ReportException>(() => new Templates([folder.FullName]).Render("page", model)).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private string File(string name) => Path.Combine(folder.FullName, name + ".sbn-html");

    private void Write(string name, string text) => System.IO.File.WriteAllText(Path.Combine(folder.FullName, name), text);
}
