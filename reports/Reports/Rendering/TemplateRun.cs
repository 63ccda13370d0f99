using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using Reports.Definitions;
using Scriban;
using Scriban.Functions;
using Scriban.Parsing;
using Scriban.Runtime;
using Scriban.Runtime.Accessors;
using Scriban.Syntax;

namespace Reports.Rendering;

/// <summary>One rendering of a template: what it may name and call, and how what it prints is escaped.</summary>
internal sealed class TemplateRun : TemplateContext
{
    // A page has 1,000 rows; with 1,000 columns it takes a million steps. More is a loop without an end.
    private const int MostSteps = 2_000_000;
    private const int MostLetters = 64 << 20;

    private static readonly ConcurrentDictionary<Type, IObjectAccessor> Accessors = new();

    // What templates may call: nothing that reads files, runs text as a template, or takes regular expressions.
    private static readonly ScriptObject Functions = FunctionsOf();

    private readonly Func<string, Template?> partial;
    private readonly bool isText;
    private readonly List<string> open = [];

    /// <summary>A rendering of a model.</summary>
    /// <param name="model">What the template may name.</param>
    /// <param name="partial">The partial of a name; null: there is none.</param>
    /// <param name="isText">Whether it makes plain text, in which nothing is escaped.</param>
    public TemplateRun(object model, Func<string, Template?> partial, bool isText)
        : base(Functions)
    {
        this.partial = partial;
        this.isText = isText;
        StrictVariables = true;
        EnableRelaxedMemberAccess = false;
        EnableRelaxedIndexerAccess = false;
        AutoIndent = false;
        NewLine = "\n";
        MemberRenamer = CamelCase;
        LoopLimit = MostSteps;
        (LimitToString, OnStringLimit) = (MostLetters, ScriptLimitBehavior.Throw);
        (OutputLimit, OnOutputLimit) = (MostLetters, ScriptLimitBehavior.Throw);
        var (names, accessor) = (new ScriptObject(), GetMemberAccessor(model));
        foreach (var name in accessor.GetMembers(this, default, model))
        {
            accessor.TryGetValue(this, default, model, name, out var value);
            names.SetValue(name, value, readOnly: true);
        }

        PushGlobal(names);
        TryGetVariable = (TemplateContext _, SourceSpan span, ScriptVariable variable, out object? value) =>
        {
            value = null;
            // Scriban itself asks for names that needn't be there.
            return StrictVariables ? throw Unknown(span, variable.Name, names.Keys.Concat(Functions.Keys)) : false;
        };
        TryGetMember = (TemplateContext _, SourceSpan span, object target, string member, out object? value) =>
            throw Unknown(span, member, GetMemberAccessor(target).GetMembers(this, span, target));
    }

    /// <summary>Prints a value: the only place where values are escaped.</summary>
    public override TemplateContext Write(SourceSpan span, object? textAsObject)
    {
        var text = textAsObject as string ?? ObjectToString(textAsObject);
        // What `capture` kept was escaped when it was printed.
        return Write(text is null || isText || textAsObject is Html or IScriptOutput ? text : Html.Escape(text));
    }

    /// <summary>Whether there is something: no empty text and no empty list.</summary>
    public override bool ToBool(SourceSpan span, object? value) =>
        value switch
        {
            null => false,
            bool isTrue => isTrue,
            string text => text.Length > 0,
            ICollection list => list.Count > 0,
            _ => base.ToBool(span, value),
        };

    /// <inheritdoc/>
    protected override IObjectAccessor? GetMemberAccessorImpl(object target) =>
        // Looking a type up costs more than rendering a small page.
        Accessors.GetOrAdd(target.GetType(), (_, t) => base.GetMemberAccessorImpl(t)!, target);

    private static string CamelCase(MemberInfo member) => char.ToLowerInvariant(member.Name[0]) + member.Name[1..];

    private static ScriptObject FunctionsOf()
    {
        var functions = new ScriptObject();
        var groups = new Dictionary<string, ScriptObject>
        {
            ["array"] = new ArrayFunctions(),
            ["math"] = new MathFunctions(),
            ["string"] = new StringFunctions(),
        };
        foreach (var (name, group) in groups)
        {
            group.IsReadOnly = true;
            functions.SetValue(name, group, readOnly: true);
        }

        functions.Import("include", (TemplateContext run, SourceSpan span, string name) => ((TemplateRun)run).Include(span, name));
        functions.IsReadOnly = true;
        return functions;
    }

    // Prints where it stands: a style is long, and a page has no use for it as a value.
    private object? Include(SourceSpan span, string name)
    {
        if (open.Contains(name))
        {
            var circle = string.Join(" → ", [.. open.SkipWhile(n => n != name), name]);
            throw new ScriptRuntimeException(span, $"the partial '{name}' includes itself: {circle}");
        }

        var template =
            partial(name)
            ?? throw new ScriptRuntimeException(
                span,
                $"there is no partial '{name}': include takes the plain name of a file _name in the templates' folder"
            );
        open.Add(name);
        Evaluate(template.Page!);
        open.RemoveAt(open.Count - 1);
        return null;
    }

    private static ScriptRuntimeException Unknown(SourceSpan span, string name, IEnumerable<string> known) =>
        new(span, $"there is no '{name}'{Closest.Of(name, known, "names")}");
}
