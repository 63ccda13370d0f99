using WarehouseSql.Programs;

namespace Reports;

/// <summary>
/// What was asked of the program can't be done (an unknown report, a parameter's wrong value, a mail that no server takes).
/// </summary>
/// <remarks>Its message is for the person who asked: what happened, where, and what to do next.</remarks>
public sealed class ReportException(string message, Exception? inner = null) : UserException(message, inner);
