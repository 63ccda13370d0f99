using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;
using YamlDotNet.Serialization.TypeInspectors;

namespace WarehouseSql.Definitions;

/// <summary>YAML to records, with faults that name file and line.</summary>
public static class YamlReader
{
    private static readonly IDeserializer Deserializer = new DeserializerBuilder()
        .WithNamingConvention(UnderscoredNamingConvention.Instance)
        .WithDuplicateKeyChecking()
        .WithNodeTypeResolver(new ReadOnlyLists())
        .WithEnforceNullability()
        .WithTypeInspector(inner => new PublicSetters(inner))
        .Build();

    /// <summary>Reads <paramref name="yaml"/>, which begins on line <paramref name="firstLine"/> of the file.</summary>
    /// <exception cref="DefinitionException">It isn't YAML, has an unknown key, or a value of a wrong type.</exception>
    public static T Read<T>(string path, string yaml, int firstLine = 1)
        where T : class
    {
        try
        {
            return Deserializer.Deserialize<T>(yaml) ?? throw new DefinitionException(path, firstLine, "expected YAML; found nothing");
        }
        catch (YamlException e)
        {
            throw new DefinitionException(path, firstLine + (int)e.Start.Line - 1, Explain<T>(e), e);
        }
    }

    private static string Explain<T>(YamlException e)
    {
        const string unknownKey = "Property '";
        const string nullValue = "Strict nullability";
        var message =
            (e.InnerException?.Message is { Length: > 0 } inner && e.Message.StartsWith("Exception", StringComparison.Ordinal))
                ? inner
                : e.Message;
        if (message.StartsWith(nullValue, StringComparison.Ordinal))
        {
            return "expected a value after the key; found nothing";
        }

        if (!message.StartsWith(unknownKey, StringComparison.Ordinal))
        {
            return WrongType<T>(message) ?? $"not readable as YAML of this kind: {message.ReplaceLineEndings(" ")}";
        }

        var key = message.Split('\'')[1];
        // Nested records name their own type in the message; only the outermost one's keys can be listed for sure.
        var known = message.Contains($"'{typeof(T).FullName}'", StringComparison.Ordinal)
            ? $"; known keys: {string.Join(", ", typeof(T).GetProperties().Where(p => p.SetMethod is { IsPublic: true }).Select(p => UnderscoredNamingConvention.Instance.Apply(p.Name)))}"
            : "";
        return $"unknown key '{key}'{known}";
    }

    // YamlDotNet speaks of CLR types where it meets a value of another kind; the writer of a file has never heard of them.
    private static string? WrongType<T>(string message)
    {
        var quoted = message.Split('\'').ElementAtOrDefault(1);
        return message switch
        {
            _ when message.StartsWith("Requested value", StringComparison.Ordinal) =>
                $"'{quoted}' is not among the values that this key takes{string.Concat(typeof(T).GetProperties().Where(p => p.PropertyType.IsEnum).Select(p => $"; {UnderscoredNamingConvention.Instance.Apply(p.Name)} is one of {string.Join(", ", p.PropertyType.GetEnumNames().Select(UnderscoredNamingConvention.Instance.Apply))}"))}",
            _ when message.StartsWith("The input string", StringComparison.Ordinal) => $"expected a number; found '{quoted}'",
            _ when message.Contains("List`1", StringComparison.Ordinal) => "expected a list, for example [a, b]; found something else",
            _ when message.Contains("type System.String", StringComparison.Ordinal)
                    || message.Contains("type 'System.String'", StringComparison.Ordinal) => "expected text; found a list or keys",
            _ when message.StartsWith("Invalid cast", StringComparison.Ordinal) => "expected keys and values, `key: value`; found text",
            _ when message.StartsWith("No node deserializer", StringComparison.Ordinal) =>
                "expected keys and values, `key: value`; found a list",
            _ => null,
        };
    }

    // A property that only the code sets (a file's name, its path) is no key; without this, YamlDotNet would fill it all the same.
    private sealed class PublicSetters(ITypeInspector inner) : TypeInspectorSkeleton
    {
        public override IEnumerable<IPropertyDescriptor> GetProperties(Type type, object? container) =>
            inner
                .GetProperties(type, container)
                .Where(p =>
                    type.GetProperties()
                        .Any(own => own.SetMethod is { IsPublic: true } && UnderscoredNamingConvention.Instance.Apply(own.Name) == p.Name)
                );

        public override string GetEnumName(Type enumType, string name) => inner.GetEnumName(enumType, name);

        public override string GetEnumValue(object enumValue) => inner.GetEnumValue(enumValue);
    }

    /// <summary>Reads an IReadOnlyList as a List, so that records need not show lists that can be changed.</summary>
    private sealed class ReadOnlyLists : INodeTypeResolver
    {
        public bool Resolve(NodeEvent? nodeEvent, ref Type currentType)
        {
            if (!currentType.IsGenericType || currentType.GetGenericTypeDefinition() != typeof(IReadOnlyList<>))
            {
                return false;
            }

            currentType = typeof(List<>).MakeGenericType(currentType.GetGenericArguments());
            return true;
        }
    }
}
