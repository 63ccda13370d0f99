namespace WarehouseSql.Programs;

/// <summary>
/// What a person can mend: a setting, a file, an argument, a server that refuses. The message says what happened, where, and what to do
/// next.
/// </summary>
/// <remarks>Whatever else is thrown is a fault of the program itself, and is shown as one.</remarks>
public class UserException(string message, Exception? inner = null) : Exception(message, inner);
