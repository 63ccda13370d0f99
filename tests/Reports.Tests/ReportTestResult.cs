namespace Reports.Tests;

/// <summary>What an engine answered to a report.</summary>
/// <param name="Columns">The columns' names in order.</param>
/// <param name="Rows">
/// The rows in order; a cell is null, a <see cref="bool"/>, <see cref="Int128"/>, <see cref="double"/>, <see cref="decimal"/>,
/// <see cref="string"/>,
/// <see cref="DateOnly"/>, a <see cref="DateTime"/> in UTC, or a list of such.
/// </param>
public sealed record ReportTestResult(IReadOnlyList<string> Columns, IReadOnlyList<object?[]> Rows);

/// <summary>What an engine is to run: rows, then a report.</summary>
/// <param name="Given">The rows of each table that has some; each row has a cell for every column.</param>
/// <param name="Sql">The report's SELECT with its <c>{name:Type}</c>.</param>
/// <param name="Parameters">The parameters' values as ClickHouse reads them.</param>
public sealed record ReportTestRun(
    IReadOnlyDictionary<string, IReadOnlyList<object?[]>> Given,
    string Sql,
    IReadOnlyDictionary<string, string?> Parameters
);

/// <summary>Something that runs a report over given rows.</summary>
public interface IReportTestEngine
{
    /// <summary>Holds nothing but the given rows, and answers the report.</summary>
    Task<ReportTestResult> RunAsync(ReportTestRun run, CancellationToken token);
}
