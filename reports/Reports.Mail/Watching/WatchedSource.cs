using System.Text.Json;
using Npgsql;
using Reports.Definitions;
using SourceSql;
using WarehouseSql.Definitions;

namespace Reports.Mail.Watching;

/// <summary>What one look at the source found.</summary>
/// <param name="Seen">How far it saw.</param>
/// <param name="Rows">
/// The rows that meet the watch's condition and were asked for, as JSON objects in the SELECT's order of columns.
/// </param>
/// <param name="IsWhole">Whether these are all; else the next look has to begin where this one did.</param>
internal sealed record WatchLook(SeenUpTo Seen, IReadOnlyList<JsonElement> Rows, bool IsWhole);

/// <summary>Looks at a replica for a watch, each time in a READ ONLY, REPEATABLE READ transaction on a connection that it keeps.</summary>
internal sealed class WatchedSource(WatchDefinition watch, string? connectionString, bool allowPrimary) : IAsyncDisposable
{
    private const int SecondsPerStatement = 30;
    private NpgsqlConnection? connection;
    private string? cursorType;

    /// <summary>
    /// The rows after <paramref name="start"/> less the overlap, all where it is empty; null: none, only how far the source reaches.
    /// </summary>
    /// <param name="start">A cursor.</param>
    /// <param name="take">Which rows are wanted; null: it would be, and there are enough.</param>
    /// <param name="token">Cancels it.</param>
    /// <exception cref="SourceException">The source isn't reached, refuses, or isn't a replica.</exception>
    public async Task<WatchLook> LookAsync(string? start, Func<JsonElement, bool?> take, CancellationToken token)
    {
        try
        {
            connection ??= await OpenAsync(token);
            await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, token);
            await TextAsync("SET TRANSACTION READ ONLY", token);
            var snapshot = SourceSnapshot.Parse(
                (await TextAsync("SELECT pg_current_snapshot()::text", token))!,
                (await TextAsync(SourceSnapshot.Ahead, token))!
            );
            cursorType ??= await TextAsync($"SELECT pg_typeof(max({Cursor}))::text FROM ({watch.Select}) AS watch WHERE FALSE", token);
            var highest = await TextAsync($"SELECT max({Cursor})::text FROM ({watch.Select}) AS watch", token);
            var (rows, isWhole) = start is null || highest is null ? ([], true) : await RowsAsync(start, highest, take, token);
            return new WatchLook(new SeenUpTo(highest, snapshot.Xmin, snapshot.Next), rows, isWhole);
        }
        catch (Exception e) when (SourceFaults.IsSource(e) || e is InvalidOperationException and not ObjectDisposedException)
        {
            await CloseAsync();
            // A value's own text may stand in PostgreSQL's message on it (class 22), and can be anything.
            var what = e is PostgresException { SqlState: ['2', '2', ..] } postgres
                ? $"PostgreSQL {postgres.SqlState}: a value of a row can't be computed; mend the SELECT"
                : SourceFaults.Explain(e).Message;
            throw new SourceException($"{Project.Relative(watch.Path)}: {what}", e);
        }
    }

    /// <summary>A value of a row as people read it; empty for NULL.</summary>
    public static string Text(JsonElement row, string column) =>
        row.TryGetProperty(column, out var value)
            ? value.ValueKind switch
            {
                JsonValueKind.Null => "",
                JsonValueKind.String => StringOf(value),
                _ => value.GetRawText(),
            }
            : throw new SourceException(
                $"the header names the column {column}, which the SELECT doesn't return; it returns {string.Join(", ", row.EnumerateObject().Select(p => p.Name))}"
            );

    // A json column goes along as a site wrote it, with escapes that stand for no character.
    private static string StringOf(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return value.GetRawText();
        }
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    private string Cursor => SourceText.Name(watch.Cursor);

    private async Task<(List<JsonElement> Rows, bool IsWhole)> RowsAsync(
        string start,
        string highest,
        Func<JsonElement, bool?> take,
        CancellationToken token
    )
    {
        var after =
            start.Length == 0
                ? "TRUE"
                : $"{Cursor} > "
                    + LateCommits.LessOverlap(
                        Literal(start),
                        cursorType!.StartsWith("timestamp", StringComparison.Ordinal) || cursorType == "date",
                        watch.Overlap
                    );
        var (rows, isWhole) = (new List<JsonElement>(), true);
        await using var command = Command(
            $"SELECT row_to_json(watch)::text FROM ({watch.Select}) AS watch WHERE {after} AND {Cursor} <= {Literal(highest)} AND ({watch.If}) ORDER BY {Cursor}"
        );
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token))
        {
            using var row = JsonDocument.Parse(reader.GetString(0), new JsonDocumentOptions { MaxDepth = int.MaxValue });
            switch (take(row.RootElement))
            {
                case true:
                    rows.Add(row.RootElement.Clone());
                    break;
                case null:
                    isWhole = false;
                    break;
            }
        }

        return (rows, isWhole);
    }

    private string Literal(string value) => $"{SourceText.Literal(value)}::{cursorType}";

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken token)
    {
        var options = SourceOptions.Read(watch.Source, connectionString);
        options.ApplicationName = "reports";
        options.CommandTimeout = SecondsPerStatement;
        NpgsqlConnection? opened = null;
        try
        {
            opened = await SourceConnection.OpenAsync(options, token);
            await using var command = new NpgsqlCommand(SourceOptions.IsReplica, opened);
            return allowPrimary || await command.ExecuteScalarAsync(token) is true ? opened : throw SourceOptions.NoReplica(watch.Source);
        }
        catch (Exception e)
        {
            if (opened is not null)
            {
                await opened.DisposeAsync();
            }

            throw SourceFaults.IsSource(e) ? SourceFaults.Unreachable(watch.Source, e) : e;
        }
    }

    private async Task<string?> TextAsync(string sql, CancellationToken token)
    {
        await using var command = Command(sql);
        return await command.ExecuteScalarAsync(token) as string;
    }

    private NpgsqlCommand Command(string sql) => new(sql, connection);

    private async Task CloseAsync()
    {
        if (connection is { } open)
        {
            connection = null;
            await open.DisposeAsync();
        }
    }
}
