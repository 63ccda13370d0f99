namespace WarehouseSql.Definitions;

/// <summary>A view: <c>warehouse-sql/views/&lt;view&gt;.sql</c>, a header and one SELECT over facts and other views.</summary>
public sealed record ViewDefinition
{
    /// <summary>Its name, which is the file's.</summary>
    public string Name { get; private init; } = "";

    /// <summary>What its rows are.</summary>
    public string About { get; init; } = "";

    /// <summary>
    /// Whether its rows are kept: a load that changes a fact of it computes them once, and reports read what was computed. Its facts are
    /// those of one extract, and it asks neither the clock nor chance.
    /// </summary>
    public bool Kept { get; init; }

    /// <summary>
    /// Of a kept view: the fact in one of whose partitions lies all that a row of the view comes of, and by whose columns the view's rows
    /// lie in partitions too. Those that a load changes are computed anew, and no others. Null: all rows are.
    /// </summary>
    public string? PartitionOf { get; init; }

    /// <summary>
    /// Of a view with <see cref="PartitionOf"/>: columns of that fact's key which the view has too, and all rows behind one row of the view
    /// share. A load that adds rows to a partition computes only the groups that it adds to. Empty: it computes the partition.
    /// </summary>
    public IReadOnlyList<string> Group { get; init; } = [];

    /// <summary>
    /// fact.column: the view sums up that fact by days of that column, which it has too, and keeps what it said of days whose rows
    /// retention removes. Null: it says what its facts say.
    /// </summary>
    public string? Outlives { get; init; }

    /// <summary>The fact of <see cref="Outlives"/>.</summary>
    public string? OutlivedFact => Outlives?.Split('.')[0];

    /// <summary>The column of <see cref="Outlives"/>.</summary>
    public string? OutlivedBy => Outlives?.Split('.')[^1];

    /// <summary>The table of what it said of days whose rows are gone, where it <see cref="Outlives"/> them.</summary>
    public string PastTable => "past_" + Name;

    /// <summary>The SELECT, for both engines.</summary>
    public string Body { get; private init; } = "";

    /// <summary>The SELECT as ClickHouse runs it.</summary>
    public string Sql => SharedSql.ToClickHouse(Body);

    /// <summary>The statement that has it read its facts.</summary>
    public string Create => $"CREATE OR REPLACE VIEW {Name} AS {(Outlives is null ? Sql : WithPast)}";

    // What is gone was summed up before: a day is in one part or in the other, as the log of removals says.
    private string WithPast
    {
        get
        {
            var gone = $"(SELECT ifNull(max(before), toDate(0)) FROM etl_retention WHERE fact = '{OutlivedFact}')";
            return $"SELECT * FROM (\n{Sql}\n) WHERE {OutlivedBy} >= {gone} UNION ALL SELECT * FROM {PastTable} WHERE {OutlivedBy} < {gone}";
        }
    }

    /// <summary>Where it came from.</summary>
    public string Path { get; private init; } = "";

    /// <summary>The line on which the SELECT begins.</summary>
    public int BodyLine { get; private init; }

    /// <summary>Reads one file.</summary>
    /// <exception cref="DefinitionException">Its header is faulty.</exception>
    public static ViewDefinition Read(string path)
    {
        var file = SqlFile.Read(path);
        return file.ReadHeader<ViewDefinition>() with { Name = file.Name, Body = file.Body, Path = path, BodyLine = file.BodyLine };
    }
}
