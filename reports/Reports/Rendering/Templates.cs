using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Scriban;
using Scriban.Parsing;
using Scriban.Syntax;
using WarehouseSql.Definitions;

namespace Reports.Rendering;

/// <summary>The runtime templates that pages and mails are made of, in Scriban's language.</summary>
/// <remarks>
/// <c>name.sbn-html</c> makes HTML: what it prints is escaped. <c>name.sbn-txt</c> makes plain text, in which nothing is.
/// <c>{{include 'name'}}</c> prints <c>_name</c> of the same ending. A name that the model hasn't is an error, so that a slip of the pen
/// isn't a silent gap.
/// </remarks>
internal sealed partial class Templates
{
    private const string Html = ".sbn-html";
    private const string PlainText = ".sbn-txt";
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly IReadOnlyList<string> folders;
    private readonly ConcurrentDictionary<string, Template?> parsed = new(StringComparer.Ordinal);

    /// <summary>The templates of some folders.</summary>
    /// <param name="folders">Where templates are looked up, the first one that has it counts: a user's folder, then the project's.</param>
    /// <exception cref="ReportException">There is no such folder, or templates of another language are left in it.</exception>
    public Templates(IReadOnlyList<string> folders)
    {
        this.folders = folders;
        foreach (var folder in folders)
        {
            if (!Directory.Exists(folder))
            {
                throw new ReportException($"there is no folder {folder} — set Reports__Templates to the templates' folder");
            }

            if (Directory.EnumerateFiles(folder, "*.hbs").Order(StringComparer.Ordinal).FirstOrDefault() is { } old)
            {
                throw new ReportException(
                    $"{Project.Relative(old)}: templates are Scriban's since this version — rewrite it as {Html} or {PlainText}, "
                        + "and delete it"
                );
            }
        }
    }

    /// <summary>The project's templates, and before them those of the folder that <c>Reports__Templates</c> names.</summary>
    /// <exception cref="ReportException">There is no such folder, or templates of another language are left in it.</exception>
    public static Templates Of(IConfiguration configuration, Project project)
    {
        var shared = project.PathOf("reports", "templates");
        return new Templates(configuration["Reports:Templates"] is { Length: > 0 } own ? [own, shared] : [shared]);
    }

    /// <summary>Renders HTML of a model, whose properties a template names in camelCase.</summary>
    /// <exception cref="ReportException">There is no such template, or it is faulty; the message names file and line.</exception>
    public string Render(string name, object model) => Render(Existing(name + Html), Html, model);

    /// <summary>Renders plain text of a model.</summary>
    /// <exception cref="ReportException">There is no such template, or it is faulty; the message names file and line.</exception>
    public string RenderText(string name, object model) => Render(Existing(name + PlainText), PlainText, model);

    /// <summary>Renders a template that stands in another file, such as a digest's subject; as plain text.</summary>
    /// <exception cref="ReportException">It is faulty; the message names <paramref name="path"/>.</exception>
    public string RenderLine(string path, string template, object model)
    {
        var file = $"{Project.Relative(path)}: '{template}'";
        return Render(Parse(file, template), PlainText, model);
    }

    /// <summary>Parses every template.</summary>
    /// <returns>How many there are.</returns>
    /// <exception cref="ReportException">One of them is faulty; the message names file and line.</exception>
    public int Check() => Files().Count(f => Named(f) is not null);

    /// <summary>The text of every template that can be used, those of a user's folder in place of the project's.</summary>
    public IEnumerable<string> Sources() => Files().Select(f => Read(PathOf(f)!));

    private IEnumerable<string> Files() =>
        folders
            .SelectMany(f => Directory.EnumerateFiles(f))
            .Select(p => Path.GetFileName(p))
            .Where(f => f.EndsWith(Html, StringComparison.Ordinal) || f.EndsWith(PlainText, StringComparison.Ordinal))
            .Distinct()
            .Order(StringComparer.Ordinal);

    private string Render(Template template, string ending, object model)
    {
        try
        {
            return template.Render(new TemplateRun(model, Partial, isText: ending == PlainText));
        }
        catch (ScriptRuntimeException e)
        {
            // A partial that can't be parsed has said so itself.
            throw e.InnerException as ReportException ?? Faulty(e.Span.FileName ?? template.SourceFilePath!, e.Span, e.OriginalMessage, e);
        }

        Template? Partial(string name) => PartialName().IsMatch(name) ? Named($"_{name}{ending}") : null;
    }

    private Template Existing(string file) =>
        Named(file)
        ?? throw new ReportException(
            $"there is no template {file} in {string.Join(" or ", folders)} — set Reports__Templates to the templates' folder"
        );

    private Template? Named(string file) =>
        parsed.GetOrAdd(file, f => PathOf(f) is { } path ? Parse(Project.Relative(path), Read(path)) : null);

    private string? PathOf(string file) => folders.Select(f => Path.Combine(f, file)).FirstOrDefault(File.Exists);

    private static Template Parse(string file, string text)
    {
        var template = Template.Parse(text, file);
        return template.HasErrors && template.Messages.First(m => m.Type == ParserMessageType.Error) is var fault
            ? throw Faulty(file, fault.Span, fault.Message)
            : template;
    }

    private static string Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        try
        {
            return Utf8.GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException e)
        {
            var line = bytes.AsSpan(0, Math.Max(0, e.Index)).Count((byte)'\n') + 1;
            throw new ReportException($"{Project.Relative(path)}({line}): the file isn't UTF-8 — save it as UTF-8", e);
        }
    }

    private static ReportException Faulty(string file, SourceSpan span, string message, Exception? e = null) =>
        new($"{file}({span.Start.Line + 1},{span.Start.Column + 1}): {message.ReplaceLineEndings(" ").Trim()}", e);

    // Only a plain name: no path leads out of the folders.
    [GeneratedRegex("^[A-Za-z0-9_-]+$")]
    private static partial Regex PartialName();
}
