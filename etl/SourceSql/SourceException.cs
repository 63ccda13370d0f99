using WarehouseSql.Programs;

namespace SourceSql;

/// <summary>The source refused, failed, wasn't reached, or holds a value that can't be carried over exactly.</summary>
internal sealed class SourceException(string message, Exception? inner = null) : UserException(message, inner);
