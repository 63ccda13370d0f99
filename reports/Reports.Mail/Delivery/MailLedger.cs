using System.Text.Json;
using System.Text.Json.Nodes;
using Reports.Mail;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Runs;

namespace Reports.Mail.Delivery;

/// <summary>
/// The ledger <c>report_delivery</c>: every mail that is due, and what became of it. The one table that the reports' key may insert into.
/// </summary>
/// <remarks>
/// Rows are only added, and a row that was added is seen by every later read. What two senders at once may do follows from that
/// alone, whatever their clocks say: see <see cref="MailSender"/>.
/// </remarks>
internal sealed class MailLedger(ClickHouseClient client)
{
    /// <summary>How far back the ledger is looked at.</summary>
    public const int Days = 400;

    private const int NotGranted = 497;
    private const int ReadOnly = 164;
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { LedgerNames.Converter },
    };

    // With replicas behind one address: a row counts once most of them have it, and a read sees all that count.
    private static readonly Dictionary<string, string> ReadSettings = new()
    {
        ["select_sequential_consistency"] = "1",
        ["date_time_output_format"] = "iso",
        ["optimize_throw_if_noop"] = "0",
    };
    private static readonly Dictionary<string, string> WriteSettings = new()
    {
        ["async_insert"] = "0",
        ["insert_quorum"] = "auto",
        ["insert_quorum_parallel"] = "0",
        ["insert_deduplicate"] = "0",
    };

    /// <summary>The rows of all mails of one name (null: of all), oldest first, and what time it is there.</summary>
    /// <exception cref="WarehouseException">The warehouse isn't reached, or has no ledger.</exception>
    public Task<MailLog> ReadAsync(string? name, CancellationToken token) => ReadAsync(name, [], token);

    /// <summary>As the other, of some occurrences only, however old they are.</summary>
    /// <exception cref="WarehouseException">The warehouse isn't reached, or has no ledger.</exception>
    public async Task<MailLog> ReadAsync(string? name, IReadOnlyCollection<Occurrence> occurrences, CancellationToken token)
    {
        var found = await client.QueryAsync(
            """
            SELECT kind, name, occurrence, recipient, at, attempt, state, message_id, checksum, detail, sender
            FROM report_delivery
            WHERE ({name:String} = '' OR name = {name:String})
              AND (
                has({occurrences:Array(String)}, occurrence)
                OR (empty({occurrences:Array(String)}) AND (at > now() - toIntervalDay({days:UInt32}) OR state = 'known'))
              )
            ORDER BY at
            """,
            token,
            With(
                ("name", name ?? ""),
                ("occurrences", $"[{string.Join(',', occurrences.Select(o => SqlText.Quote(o.Text)))}]"),
                ("days", Days.ToString(System.Globalization.CultureInfo.InvariantCulture))
            )
        );
        var now = await client.QueryAsync("SELECT now64(3, 'UTC')", token, With());
        return new MailLog([.. found.Rows.Select(r => Row(found.Columns, r))], now.Scalar.GetDateTime());
    }

    /// <summary>The figures that an attempt sent; null where it sent none.</summary>
    public async Task<string?> FiguresAsync(MailKey key, string attempt, CancellationToken token)
    {
        var found = await client.QueryAsync(
            "SELECT figures FROM report_delivery WHERE kind = {kind:String} AND name = {name:String} AND occurrence = {occurrence:String} AND recipient = {recipient:String} AND attempt = {attempt:String} AND figures != '' LIMIT 1",
            token,
            With(
                ("kind", key.Kind.Name()),
                ("name", key.Name),
                ("occurrence", key.Occurrence.Text),
                ("recipient", key.Recipient),
                ("attempt", attempt)
            )
        );
        return found.Rows is [[var figures]] ? figures.GetString() : null;
    }

    /// <summary>
    /// When the warehouse was last restored from a backup, as long as nobody has said how mails go on: the ledger doesn't know what was
    /// sent since the backup was made. Null: it wasn't, or that is settled.
    /// </summary>
    /// <exception cref="WarehouseException">The warehouse isn't reached, or has no ledger.</exception>
    public async Task<Occurrence.Scheduled?> RestoredAsync(CancellationToken token)
    {
        var found = await client.QueryAsync(
            """
            SELECT max(finished_at)
            FROM etl_backup
            WHERE kind = 'restore' AND finished_at IS NOT NULL
            HAVING count() > 0
            """,
            token,
            With()
        );
        if (found.Rows is not [[var at]])
        {
            return null;
        }

        var restored = new Occurrence.Scheduled(at.GetDateTimeOffset());
        var settled = await ReadAsync(MailKind.Restore.Name(), [restored], token);
        return settled.Rows.Count > 0 ? null : restored;
    }

    /// <summary>Notes that a person has said how mails go on after a restore.</summary>
    /// <exception cref="WarehouseException">The warehouse isn't reached, or has no ledger.</exception>
    public Task SettleAsync(Occurrence.Scheduled restored, CancellationToken token) =>
        WriteAsync([LedgerRow.Of(new MailKey(MailKind.Restore, MailKind.Restore.Name(), restored, ""), MailState.Known)], token);

    /// <summary>Adds rows, all or none of them.</summary>
    /// <exception cref="ReportException">The account may not; the message says what to grant.</exception>
    /// <exception cref="WarehouseException">The warehouse isn't reached, or has no ledger.</exception>
    public async Task WriteAsync(IReadOnlyCollection<LedgerRow> rows, CancellationToken token)
    {
        try
        {
            await client.InsertAsync(
                "INSERT INTO report_delivery FORMAT JSONEachRow",
                async (stream, t) =>
                {
                    foreach (var row in rows)
                    {
                        await JsonSerializer.SerializeAsync(stream, row with { Sender = Senders.Own, At = null }, Json, t);
                    }
                },
                token,
                new QueryOptions { Settings = WriteSettings }
            );
        }
        catch (WarehouseException e) when (e.Code is NotGranted or ReadOnly)
        {
            throw new ReportException(
                $"the account of Warehouse__User may not write the ledger of mails, and without it nothing is sent: GRANT INSERT ON {client.Database}.report_delivery TO that account, and take `readonly` out of its profile",
                e
            );
        }
    }

    private static LedgerRow Row(IReadOnlyList<ResultColumn> columns, JsonElement[] values) =>
        new JsonObject(columns.Zip(values, (c, v) => KeyValuePair.Create(c.Name, (JsonNode?)JsonValue.Create(v)))).Deserialize<LedgerRow>(
            Json
        )!;

    private static QueryOptions With(params (string Name, string? Value)[] parameters) =>
        QueryOptions.With(parameters) with
        {
            Settings = ReadSettings,
        };
}

/// <summary>What the ledger holds.</summary>
/// <param name="Rows">Its rows, oldest first.</param>
/// <param name="Now">What time it was there when they were read (UTC).</param>
internal sealed record MailLog(IReadOnlyList<LedgerRow> Rows, DateTime Now)
{
    private ILookup<string, LedgerRow>? byId;

    /// <summary>The rows of one mail, oldest first, by <see cref="MailKey.Id"/>.</summary>
    public IReadOnlyList<LedgerRow> Of(string id) => [.. (byId ??= Rows.ToLookup(r => r.Key.Id))[id]];

    /// <summary>How a mail stands.</summary>
    public MailStanding Of(MailKey key) => MailStanding.Of(key, Of(key.Id), Now);

    /// <summary>How each mail stands, oldest first; rows on occurrences as wholes are left out.</summary>
    public IEnumerable<MailStanding> All() =>
        Rows.Where(r => r.Recipient.Length > 0).GroupBy(r => r.Key).Select(g => MailStanding.Of(g.Key, [.. g], Now));

    /// <summary>
    /// As <see cref="All"/>, for people: the latest first, a mail that stands for several once, without what was there before a watch and,
    /// but for <paramref name="every"/>, what was settled more than a month ago.
    /// </summary>
    public IEnumerable<MailStanding> Listed(bool every = false) =>
        All()
            .Where(s => s is not { Key.Kind: MailKind.Watch, State: Standing.Skipped })
            .DistinctBy(s => s.Last is { Attempt.Length: > 0 } last ? last.Attempt : s.Key.Id)
            .Where(s => every || !s.IsSettled || s.State == Standing.Unclear || Now - s.Since < TimeSpan.FromDays(31))
            .OrderByDescending(s => s.Since);
}
