namespace Etl.Source;

/// <summary>The types of an extract's columns as they were described, to be held against those that a transaction finds.</summary>
/// <remarks>
/// COPY's rows say no types, and those of some types can be read as another's: an integer that became a real would land as a wild number.
/// A cast to the described type in the rows' SELECT is no way out, since casts lose in silence too: numeric to integer rounds, timestamp
/// to date cuts off, and timestamptz to timestamp depends on the session.
/// </remarks>
/// <param name="Found">The columns with their types, as text.</param>
/// <param name="Sql">
/// The SELECT that finds them. It reads no rows, and locks the extract's tables against such changes until its transaction ends.
/// </param>
internal sealed record SourceTypes(string Found, string Sql)
{
    /// <summary>The SELECT that finds the types of these columns.</summary>
    public static string Select(ExtractDefinition extract, IEnumerable<SourceColumn> columns)
    {
        var types = columns.Select(c => $"{SourceText.Literal(c.Name + " ")} || pg_typeof(extract.{SourceText.Name(c.Name)})");
        return $"SELECT array_to_string(ARRAY[{string.Join(", ", types)}], ', ') FROM (SELECT) AS one LEFT JOIN ({extract.Select}) AS extract ON FALSE";
    }

    /// <summary>Makes sure that <paramref name="transaction"/> finds the same types, to its end.</summary>
    /// <exception cref="SourceException">It doesn't. The source's own failures come as they are.</exception>
    public async Task CheckAsync(ReadingTransaction transaction, CancellationToken token)
    {
        var now = await transaction.TextAsync(Sql, token);
        if (now != Found)
        {
            throw new SourceException(
                $"the columns' types changed at the source since the load began: expected {Found}; found {now} — nothing was published; run the load again"
            );
        }
    }
}
