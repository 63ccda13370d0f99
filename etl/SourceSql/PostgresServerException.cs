namespace SourceSql;

/// <summary>PostgreSQL's answer to a statement that failed.</summary>
/// <param name="sqlState">The five characters of its SQLSTATE.</param>
/// <param name="message">Its message, without hints and details, which could quote a row.</param>
/// <param name="isLast">Whether the server hangs up after it.</param>
internal sealed class PostgresServerException(string sqlState, string message, bool isLast) : Exception(message)
{
    public string SqlState { get; } = sqlState;

    public bool IsLast { get; } = isLast;
}
