using System.Globalization;
using Etl.Source;
using Npgsql;
using WarehouseSql.ClickHouse;
using WarehouseSql.Native;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>
/// Values of every type that is landed, from PostgreSQL's binary COPY through <see cref="NativeBlock"/> into a real server, and compared
/// there.
/// </summary>
public sealed class NativeTests(EnginesFixture fixture)
{
    // What each column is in PostgreSQL, and how both sides write its values in the same letters.
    private static readonly (string Name, string Type, string Postgres, string ClickHouse)[] s_columns =
    [
        ("i2", "smallint", "i2::text", "toString(i2)"),
        ("i4", "integer", "i4::text", "toString(i4)"),
        ("i8", "bigint", "i8::text", "toString(i8)"),
        ("f4", "real", "encode(float4send(f4), 'hex')", "lower(hex(reverse(reinterpretAsFixedString(f4))))"),
        ("f8", "double precision", "encode(float8send(f8), 'hex')", "lower(hex(reverse(reinterpretAsFixedString(f8))))"),
        ("b", "boolean", "b::text", "toString(b)"),
        ("t", "text", "md5(t) || length(convert_to(t, 'UTF8'))", "lower(hex(MD5(assumeNotNull(t)))) || length(t)"),
        ("v", "varchar(50)", "md5(v) || length(convert_to(v, 'UTF8'))", "lower(hex(MD5(assumeNotNull(v)))) || length(v)"),
        ("j", "json", "md5(j::text)", "if(j IS NULL, NULL, lower(hex(MD5(assumeNotNull(j)))))"),
        ("jb", "jsonb", "md5(jb::text)", "if(jb IS NULL, NULL, lower(hex(MD5(assumeNotNull(jb)))))"),
        ("y", "bytea", "md5(y)", "if(y IS NULL, NULL, lower(hex(MD5(assumeNotNull(y)))))"),
        ("u", "uuid", "u::text", "toString(u)"),
        ("d", "date", "d::text", "toString(d)"),
        ("ts", "timestamp", "to_char(ts, 'YYYY-MM-DD HH24:MI:SS.US')", "toString(ts)"),
        ("tz", "timestamptz", "to_char(tz AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')", "toString(tz)"),
    ];

    // The least, the greatest and the empty value of each type, all NULLs, and values whose bytes are all different.
    private const string Edges = """
        INSERT INTO t VALUES
        (1, -32768, -2147483648, -9223372036854775808, '-Infinity', '-Infinity', false, '', '', '{}', '{}', '', '00000000-0000-0000-0000-000000000000', '1900-01-01', '1900-01-01', '1900-01-01 00:00:00Z'),
        (2, 32767, 2147483647, 9223372036854775807, 'Infinity', '1.7976931348623157e308', true, repeat('ä', 524288), repeat('日', 50), '{"a": [1, 2.50, "\\u00e9"], "a": null}', '{"b": 1, "a": null}', '\x00ff0a5c', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '2299-12-31', '2299-12-31 23:59:59.999999', '2299-12-31 23:59:59.999999Z'),
        (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        (4, 258, 16909060, 72623859790382856, 1.1, -2.5e-300, true, E'tab\tquote''newline\n', 'x', '"s"', '"s"', decode(repeat('00ff', 500000), 'hex'), '01234567-89ab-cdef-0123-456789abcdef', '1969-12-31', '1969-12-31 23:59:59.999999', '2026-03-29 03:30:00+02'),
        (5, 0, 0, 0, '-0', 'NaN', NULL, repeat('x', 1048576), '', 'null', '[]', '', NULL, '2000-01-01', '2000-01-01', '1999-12-31 23:59:59.999999Z')
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WriteAsync_EdgesOfEveryType_RoundTrip() => await CompareAsync(Edges, 5);

    [Fact]
    public async Task WriteAsync_ManyRandomRows_RoundTrip() =>
        await CompareAsync(
            """
            SELECT setseed(0.42);
            INSERT INTO t
            SELECT n, (random() * 60000 - 30000)::smallint, (random() * 4e9 - 2e9)::int, (random() * 1.8e19 - 9e18)::bigint, random(), random() * 1e300, random() < 0.5,
              CASE WHEN n % 3 > 0 THEN repeat(chr(32 + n % 900), n % 200) END, CASE WHEN n % 5 > 0 THEN n::text END, json_build_object('n', n), jsonb_build_object('n', random()),
              CASE WHEN n % 7 > 0 THEN decode(md5(n::text), 'hex') END, CASE WHEN n % 2 > 0 THEN gen_random_uuid() END, date '1900-01-01' + (random() * 146000)::int,
              timestamp '1900-01-01' + random() * interval '399 years', timestamptz '1900-01-01 00:00Z' + random() * interval '399 years'
            FROM generate_series(1, 70000) AS n
            """,
            70_000
        );

    [Theory]
    [InlineData("timestamp", "'infinity'", "infinity")]
    [InlineData("timestamptz", "'-infinity'", "infinity")]
    [InlineData("timestamp", "'2300-01-01'", "a time outside of 1900 to 2299")]
    [InlineData("timestamp", "'1899-12-31 23:59:59.999999'", "a time outside of 1900 to 2299")]
    [InlineData("date", "'infinity'", "infinity")]
    [InlineData("date", "'2300-01-01'", "a day outside of 1900 to 2299")]
    [InlineData("date", "'1899-12-31'", "a day outside of 1900 to 2299")]
    public async Task Decode_OutOfRange_IsAnErrorWithTheRow(string type, string value, string reason)
    {
        var database = fixture.Engines.Primary.ConnectionString("postgres");
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Token);
        var column = await ColumnAsync(connection, "v", type);
        using var block = new NativeBlock([column.NewColumn()]);
        var fault = await Assert.ThrowsAsync<ValueException>(() =>
            CopyAsync(connection, $"VALUES (NULL::{type}), ({value}::{type})", [column], block, _ => Task.CompletedTask)
        );
        Assert.Equal((1, reason), (fault.Row, fault.Message));
    }

    [Theory]
    [InlineData("interval")]
    [InlineData("time with time zone")]
    [InlineData("interval[]")]
    public void Of_TypeThatIsNotCarriedOver_SaysHowToCastIt(string type)
    {
        var fault = Assert.Throws<SourceException>(() => SourceColumn.Of("amount", type, nullable: true));
        Assert.Contains($"column amount is of type {type}", fault.Message, StringComparison.Ordinal);
        Assert.Contains("amount::text AS amount", fault.Message, StringComparison.Ordinal);
    }

    private async Task CompareAsync(string insert, int rows)
    {
        await using var connection = new NpgsqlConnection(
            fixture.Engines.Primary.ConnectionString(await fixture.CreateDatabaseAsync(Token)) + ";Pooling=false"
        );
        await connection.OpenAsync(Token);
        await ExecuteAsync(
            connection,
            $"CREATE TABLE t (n int NOT NULL, {string.Join(", ", s_columns.Select(c => $"{c.Name} {c.Type}"))}); {insert}"
        );

        List<SourceColumn> columns = [SourceColumn.Of("n", "integer", nullable: false)];
        foreach (var (name, type, _, _) in s_columns)
        {
            columns.Add(await ColumnAsync(connection, name, type));
        }

        using var client = new ClickHouseClient(
            new WarehouseOptions { Url = fixture.Engines.ClickHouse.Url, Database = await fixture.CreateWarehouseAsync(Token) }
        );
        await client.ExecuteAsync(
            $"CREATE TABLE t ({string.Join(", ", columns.Select(c => $"{c.Name} {c.WarehouseType}"))}) ENGINE = MergeTree ORDER BY n",
            Token
        );
        await client.InsertAsync("INSERT INTO t FORMAT Native", (stream, token) => SendAsync(connection, columns, stream, token), Token);

        // A row's values as one text, so that many rows are compared quickly.
        var landed = await client.QueryAsync(
            $"SELECT concat_ws('|', n, {string.Join(", ", s_columns.Select(c => $"ifNull({c.ClickHouse}, 'NULL')"))}) FROM t ORDER BY n",
            Token
        );
        await using var command = new NpgsqlCommand(
            $"SELECT concat_ws('|', n, {string.Join(", ", s_columns.Select(c => $"coalesce({c.Postgres}, 'NULL')"))}) FROM t ORDER BY n",
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(Token);
        Assert.Equal(rows, landed.Rows.Count);
        foreach (var text in landed.Texts)
        {
            Assert.True(await reader.ReadAsync(Token));
            Assert.Equal(reader.GetString(0), text);
        }
    }

    private static async Task SendAsync(NpgsqlConnection connection, List<SourceColumn> columns, Stream stream, CancellationToken token)
    {
        using var block = new NativeBlock([.. columns.Select(c => c.NewColumn())]);
        var blocks = 0;
        await CopyAsync(
            connection,
            "SELECT * FROM t",
            columns,
            block,
            async last =>
            {
                if ((block.IsFull || last) && block.Rows > 0)
                {
                    await block.WriteAsync(stream, token);
                    block.Clear();
                    blocks++;
                }
            }
        );
        Assert.True(blocks > 0);
    }

    private static async Task CopyAsync(
        NpgsqlConnection connection,
        string select,
        List<SourceColumn> columns,
        NativeBlock block,
        Func<bool, Task> afterBatch
    )
    {
        using var source = await ReadingTransaction.BeginAsync(new NpgsqlConnectionStringBuilder(connection.ConnectionString), null, Token);
        var reader = source.Copy(select, columns.Count);
        while (reader.Read() is { } batch)
        {
            for (var c = 0; c < columns.Count; c++)
            {
                columns[c].Decoder.Decode(batch.Bytes, batch.Column(c), block.Columns[c]);
            }

            block.Rows += batch.Rows;
            await afterBatch(false);
        }

        await afterBatch(true);
    }

    private static async Task<SourceColumn> ColumnAsync(NpgsqlConnection connection, string name, string type)
    {
        await using var command = new NpgsqlCommand(
            string.Create(CultureInfo.InvariantCulture, $"SELECT format_type('{type}'::regtype, NULL)"),
            connection
        );
        return SourceColumn.Of(name, (string)(await command.ExecuteScalarAsync(Token))!, nullable: true);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }
}
