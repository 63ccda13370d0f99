using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using WarehouseSql.Definitions;

namespace Reports.Tests;

/// <summary>The functions of DuckDB's C interface that the offline tests need, under their own names.</summary>
internal static unsafe partial class DuckDbNative
{
    private const string Library = "duckdb";

    /// <summary>The library that the engines' package brings.</summary>
    public static string LibraryPath { get; } = ProjectFolder.Combine(
        "tests", "Engines", "node_modules", "@duckdb", "node-bindings-linux-x64", "libduckdb.so");

    [ModuleInitializer]
    internal static void FindLibrary() => NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), (name, _, _) =>
    {
        if (name != Library)
        {
            return 0;
        }

        return File.Exists(LibraryPath)
            ? NativeLibrary.Load(LibraryPath)
            : throw new DllNotFoundException($"no DuckDB at {LibraryPath}: run `make setup`");
    });

    [LibraryImport(Library)]
    public static partial int duckdb_open(byte* path, out nint database);

    [LibraryImport(Library)]
    public static partial void duckdb_close(ref nint database);

    [LibraryImport(Library)]
    public static partial int duckdb_connect(nint database, out nint connection);

    [LibraryImport(Library)]
    public static partial void duckdb_disconnect(ref nint connection);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int duckdb_query(nint connection, string sql, out Result result);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int duckdb_prepare(nint connection, string sql, out nint statement);

    [LibraryImport(Library)]
    public static partial byte* duckdb_prepare_error(nint statement);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_prepare(ref nint statement);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int duckdb_bind_parameter_index(nint statement, out ulong index, string name);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int duckdb_bind_varchar(nint statement, ulong index, string value);

    [LibraryImport(Library)]
    public static partial int duckdb_bind_null(nint statement, ulong index);

    [LibraryImport(Library)]
    public static partial int duckdb_execute_prepared(nint statement, out Result result);

    [LibraryImport(Library)]
    public static partial byte* duckdb_result_error(ref Result result);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_result(ref Result result);

    [LibraryImport(Library)]
    public static partial ulong duckdb_column_count(ref Result result);

    [LibraryImport(Library)]
    public static partial byte* duckdb_column_name(ref Result result, ulong column);

    [LibraryImport(Library)]
    public static partial nint duckdb_column_logical_type(ref Result result, ulong column);

    [LibraryImport(Library)]
    public static partial nint duckdb_fetch_chunk(Result result);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_data_chunk(ref nint chunk);

    [LibraryImport(Library)]
    public static partial ulong duckdb_data_chunk_get_size(nint chunk);

    [LibraryImport(Library)]
    public static partial nint duckdb_data_chunk_get_vector(nint chunk, ulong column);

    [LibraryImport(Library)]
    public static partial byte* duckdb_vector_get_data(nint vector);

    [LibraryImport(Library)]
    public static partial ulong* duckdb_vector_get_validity(nint vector);

    [LibraryImport(Library)]
    public static partial nint duckdb_list_vector_get_child(nint vector);

    [LibraryImport(Library)]
    public static partial DuckDbType duckdb_get_type_id(nint logicalType);

    [LibraryImport(Library)]
    public static partial nint duckdb_list_type_child_type(nint logicalType);

    [LibraryImport(Library)]
    public static partial byte duckdb_decimal_scale(nint logicalType);

    [LibraryImport(Library)]
    public static partial DuckDbType duckdb_decimal_internal_type(nint logicalType);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_logical_type(ref nint logicalType);

    /// <summary>Text that DuckDB keeps; null where it has none.</summary>
    public static string? Text(byte* utf8) => Marshal.PtrToStringUTF8((nint)utf8);

    /// <summary><c>duckdb_result</c>; its fields are DuckDB's own.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct Result
    {
        private readonly ulong columnCount;
        private readonly ulong rowCount;
        private readonly ulong rowsChanged;
        private readonly nint columns;
        private readonly nint errorMessage;
        private readonly nint data;
    }
}

/// <summary>The numbers of <c>DUCKDB_TYPE</c> that can be read.</summary>
internal enum DuckDbType
{
    Boolean = 1,
    TinyInt = 2,
    SmallInt = 3,
    Integer = 4,
    BigInt = 5,
    UTinyInt = 6,
    USmallInt = 7,
    UInteger = 8,
    UBigInt = 9,
    Float = 10,
    Double = 11,
    Timestamp = 12,
    Date = 13,
    HugeInt = 16,
    Varchar = 17,
    Decimal = 19,
    List = 24,
    Uuid = 27,
}
