using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace WarehouseSql.Definitions;

/// <summary>YAML to records, with faults that name file and line.</summary>
public static class YamlReader
{
    private static readonly IDeserializer Deserializer = new DeserializerBuilder()
        .WithNamingConvention(UnderscoredNamingConvention.Instance)
        .WithDuplicateKeyChecking()
        .WithNodeTypeResolver(new ReadOnlyLists())
        .Build();

    /// <summary>Reads <paramref name="yaml"/>, which begins on line <paramref name="firstLine"/> of the file.</summary>
    /// <exception cref="DefinitionException">It isn't YAML, has an unknown key, or a value of a wrong type.</exception>
    public static T Read<T>(string path, string yaml, int firstLine = 1)
        where T : class
    {
        try
        {
            return Deserializer.Deserialize<T>(yaml)
                ?? throw new DefinitionException(path, firstLine, "expected YAML; found nothing");
        }
        catch (YamlException e)
        {
            throw new DefinitionException(path, firstLine + (int)e.Start.Line - 1, Explain<T>(e), e);
        }
    }

    private static string Explain<T>(YamlException e)
    {
        const string unknownKey = "Property '";
        var message = (e.InnerException?.Message is { Length: > 0 } inner && e.Message.StartsWith("Exception", StringComparison.Ordinal)) ? inner : e.Message;
        if (!message.StartsWith(unknownKey, StringComparison.Ordinal))
        {
            return $"not readable as YAML of this kind: {message.ReplaceLineEndings(" ")}";
        }

        var key = message.Split('\'')[1];
        // Nested records name their own type in the message; only the outermost one's keys can be listed for sure.
        var known = message.Contains($"'{typeof(T).FullName}'", StringComparison.Ordinal)
            ? $"; known keys: {string.Join(", ", typeof(T).GetProperties().Where(p => p.CanWrite).Select(p => UnderscoredNamingConvention.Instance.Apply(p.Name)))}"
            : "";
        return $"unknown key '{key}'{known}";
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
