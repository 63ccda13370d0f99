using HandlebarsDotNet;
using HandlebarsDotNet.Compiler;
using HandlebarsDotNet.Compiler.Resolvers;

namespace Reports.Rendering;

/// <summary>The runtime templates that pages and mails are made of. The only file that knows the template engine.</summary>
/// <remarks>
/// Values are escaped for HTML; templates whose name ends in <c>-text</c> are plain text and escape nothing. A template names
/// another one as <c>{{&gt; name}}</c>. A name that the model hasn't is an error, so that a slip of the pen isn't a silent gap.
/// </remarks>
/// <param name="folders">Where templates are looked up, the first one that has it counts: a user's folder, then the project's.</param>
internal sealed class Templates(IReadOnlyList<string> folders)
{
    private const string Ending = ".hbs";
    private readonly Lock loading = new();
    private readonly Dictionary<string, HandlebarsTemplate<object, object>> compiled = [];

    /// <summary>Renders the template of that name with a model, whose properties it names in camelCase.</summary>
    /// <exception cref="ReportException">There is no such template, or it is faulty; the message names its file.</exception>
    public string Render(string name, object model)
    {
        try
        {
            return Compiled(name)(model);
        }
        catch (Exception e) when (e is HandlebarsException or HandlebarsUndefinedBindingException)
        {
            throw Faulty(PathOf(name), e);
        }
    }

    /// <summary>Renders a template that stands in another file, such as a digest's subject; as plain text.</summary>
    /// <exception cref="ReportException">It is faulty; the message names <paramref name="path"/>.</exception>
    public string RenderText(string path, string template, object model)
    {
        try
        {
            return Engine(isText: true).Compile(template)(model);
        }
        catch (Exception e) when (e is HandlebarsException or HandlebarsUndefinedBindingException)
        {
            throw Faulty(path, e);
        }
    }

    /// <summary>The text of every template that can be used, those of a user's folder in place of the project's.</summary>
    public IEnumerable<string> Sources() => folders.Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f, "*" + Ending))
        .DistinctBy(Path.GetFileName).Select(File.ReadAllText);

    private HandlebarsTemplate<object, object> Compiled(string name)
    {
        lock (loading)
        {
            if (!compiled.TryGetValue(name, out var template))
            {
                var path = PathOf(name);
                var engine = Engine(isText: name.EndsWith("-text", StringComparison.Ordinal));
                compiled.Add(name, template = engine.Compile(File.ReadAllText(path)));
            }

            return template;
        }
    }

    private IHandlebars Engine(bool isText)
    {
        var engine = Handlebars.Create(new HandlebarsConfiguration
        {
            NoEscape = isText,
            ThrowOnUnresolvedBindingExpression = true,
            ExpressionNameResolver = new UpperCamelCaseExpressionNameResolver(),
            FormatProvider = System.Globalization.CultureInfo.InvariantCulture,
        });
        foreach (var path in folders.Reverse().Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f, "_*" + Ending)))
        {
            engine.RegisterTemplate(Path.GetFileNameWithoutExtension(path)[1..], Partial(engine, path));
        }

        return engine;
    }

    // A partial's own file is named when it is faulty, not that of the template which includes it.
    private static HandlebarsTemplate<TextWriter, object, object> Partial(IHandlebars engine, string path)
    {
        try
        {
            using var reader = new StringReader(File.ReadAllText(path));
            return engine.Compile(reader);
        }
        catch (Exception e) when (e is HandlebarsException or HandlebarsUndefinedBindingException)
        {
            throw Faulty(path, e);
        }
    }

    private string PathOf(string name) =>
        folders.Select(f => Path.Combine(f, name + Ending)).FirstOrDefault(File.Exists)
            ?? throw new ReportException($"there is no template {name}{Ending} in {string.Join(" or ", folders)} — set Reports__Templates to the templates' folder");

    private static ReportException Faulty(string path, Exception e) =>
        new($"{WarehouseSql.Definitions.ProjectFolder.Relative(path)}: the template can't be rendered: {(e.InnerException ?? e).Message.ReplaceLineEndings(" ").Trim()}", e);
}
