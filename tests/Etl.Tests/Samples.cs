using Etl.Source;
using WarehouseSql.Definitions;

namespace Etl.Tests;

/// <summary>Definitions and batches for tests.</summary>
internal static class Samples
{
    /// <summary>A well-formed extract's file.</summary>
    public const string Extract = """
        /*---
        about: Things
        source: Shop
        mode: append
        key: [site, id]
        cursor: id
        event_time: made_at
        shard_by: site
        schedule: 0 0/15 * * * ?
        facts: [thing]
        ---*/
        SELECT id, site, made_at FROM things
        """;

    /// <summary>A fact of that partition.</summary>
    public static FactDefinition Fact(string partition = "toYYYYMM(made_at)", string name = "thing")
    {
        using var folder = new TempFolder();
        return FactDefinition.Read(
            folder.Write(
                name + ".sql",
                $"/*---\nabout: Things\ngrain: one row per thing\nkey: [id]\npartition: {partition}\ncolumns: {{id: {{is: the thing}}}}\n---*/\nSELECT id FROM {{landing}}"
            )
        );
    }

    /// <summary>Facts by name.</summary>
    public static Dictionary<string, FactDefinition> Facts(params string[] names) => names.ToDictionary(n => n, n => Fact(name: n));

    /// <summary><see cref="Extract"/> with pieces of it replaced.</summary>
    public static ExtractDefinition Read(params (string Old, string New)[] changes)
    {
        using var folder = new TempFolder();
        return ExtractDefinition.Read(folder.Write("shop/things.sql", Changed(changes)), Facts("thing"));
    }

    /// <summary><see cref="Extract"/> with pieces of it replaced, as text.</summary>
    public static string Changed(params (string Old, string New)[] changes) =>
        changes.Aggregate(Extract, (text, c) => text.Replace(c.Old, c.New, StringComparison.Ordinal));

    /// <summary>The rows of a batch, as the source would send them.</summary>
    public static CopyBatch Batch(params byte[]?[][] rows)
    {
        var reader = new CopyReader(new MemoryStream(CopyText.Of(rows)), rows[0].Length);
        return reader.Read()!;
    }
}
