using Reports.Rendering;
using Xunit;

namespace Reports.Tests;

/// <summary>What templates print: values escaped, HTML as it is, nothing twice.</summary>
public sealed class TemplateLanguageTests : IDisposable
{
    private const string Raw = "<b> & \"x\" 'y' `z` = é –";
    private const string Escaped = "&lt;b&gt; &amp; &quot;x&quot; &#x27;y&#x27; &#x60;z&#x60; &#x3D; é –";
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory();

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData("{{title}}")]
    [InlineData("{{item.name}}")]
    [InlineData("{{names[0]}}")]
    [InlineData("{{for name in names}}{{name}}{{end}}")]
    [InlineData("{{title | string.append ''}}")]
    [InlineData("{{$\"{title}\"}}")]
    [InlineData("{{'' + title}}")]
    [InlineData("{{include 'part'}}")]
    [InlineData("{{func show(x); ret x; end}}{{show title}}")]
    [InlineData("{{capture kept}}{{title}}{{end}}{{kept}}")]
    [InlineData("{{capture kept}}{{include 'part'}}{{end}}{{kept}}")]
    public void Render_Text_IsEscapedOnce(string template) => Assert.Equal(Escaped, Render(template));

    [Fact]
    public void Render_IndentedPartial_IsEscapedToo() => Assert.Equal($"<p>\n{Escaped}</p>", Render("<p>\n  {{~ include 'part' ~}}\n</p>"));

    [Fact]
    public void Render_Attribute_CannotBeLeft() =>
        Assert.Equal("<a title=\"&quot; onclick&#x3D;&quot;x\">", Render("<a title=\"{{attack}}\">"));

    [Fact]
    public void Render_OtherValues_ArePrintedPlainly() =>
        Assert.Equal("1234.5 true 7 &lt;", Render("{{number}} {{isTrue}} {{count}} {{letter}}"));

    [Fact]
    public void Render_List_IsEscaped() => Assert.DoesNotContain("<b>", Render("{{names}}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("{{picture}}", "<svg>'</svg>")]
    [InlineData("{{picture.text}}", "&lt;svg&gt;&#x27;&lt;/svg&gt;")]
    [InlineData("{{picture + ''}}", "&lt;svg&gt;&#x27;&lt;/svg&gt;")]
    public void Render_Html_IsRawOnlyByItsType(string template, string expected) => Assert.Equal(expected, Render(template));

    [Fact]
    public void RenderText_Values_AreNotEscaped()
    {
        Write("page.sbn-txt", "{{title}}\n{{include 'part'}}");
        Write("_part.sbn-txt", "{{picture}}");

        Assert.Equal(Raw + "\n<svg>'</svg>", Templates().RenderText("page", new Model()));
    }

    [Fact]
    public void RenderLine_Values_AreNotEscaped() =>
        Assert.Equal("S · " + Raw, Templates().RenderLine("weekly.yaml", "S · {{title}}", new Model()));

    [Theory]
    [InlineData("nothing")]
    [InlineData("empty")]
    [InlineData("none")]
    [InlineData("isFalse")]
    public void Render_IfNothing_IsNo(string name) => Assert.Equal("no", Render($"{{{{if {name}}}}}yes{{{{else}}}}no{{{{end}}}}"));

    [Theory]
    [InlineData("title")]
    [InlineData("names")]
    [InlineData("item")]
    [InlineData("isTrue")]
    public void Render_IfSomething_IsYes(string name) => Assert.Equal("yes", Render($"{{{{if {name}}}}}yes{{{{else}}}}no{{{{end}}}}"));

    [Fact]
    public void Render_ManyThreads_MakeTheSame()
    {
        Write("page.sbn-html", "{{for i in 1..50}}{{title}}{{include 'part'}}{{end}}");
        var templates = Templates();

        var pages = Enumerable.Range(0, 200).AsParallel().WithDegreeOfParallelism(8).Select(_ => templates.Render("page", new Model()));

        Assert.Single(pages.Distinct());
    }

    private string Render(string template)
    {
        Write("page.sbn-html", template);
        return Templates().Render("page", new Model());
    }

    private Templates Templates()
    {
        if (!File.Exists(Path.Combine(folder.FullName, "_part.sbn-html")))
        {
            Write("_part.sbn-html", "{{title}}");
        }

        return new Templates([folder.FullName]);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(folder.FullName, name), text);

    private sealed record Model
    {
        public string Title { get; } = Raw;

        public string Attack { get; } = "\" onclick=\"x";

        public Item Item { get; } = new(Raw);

        public IReadOnlyList<string> Names { get; } = [Raw];

        public Html Picture { get; } = new("<svg>'</svg>");

        public double Number { get; } = 1234.5;

        public int Count { get; } = 7;

        public char Letter { get; } = '<';

        public bool IsTrue { get; } = true;

        public bool IsFalse { get; }

        public string? Nothing { get; }

        public string Empty { get; } = "";

        public IReadOnlyList<string> None { get; } = [];
    }

    private sealed record Item(string Name);
}
