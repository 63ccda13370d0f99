using System.Security.Cryptography;
using System.Text;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace Etl.Loading;

/// <summary>The sites of a system that asked to be forgotten. Only salted hashes of them are kept, and no statement names a site.</summary>
/// <param name="System">The system, as extracts are named after it.</param>
/// <param name="Salt">The warehouse's own.</param>
internal sealed record ForgottenSites(string System, string Salt)
{
    /// <summary>Those of a system; null: nobody asked.</summary>
    public static async Task<ForgottenSites?> OfAsync(ClickHouseClient client, string system, CancellationToken token)
    {
        var salt = await client.QueryAsync(
            "SELECT DISTINCT salt FROM etl_forgotten WHERE system = {system:String}",
            token,
            QueryOptions.With(("system", system))
        );
        return salt.Rows.Count == 0 ? null : new ForgottenSites(system, salt.Scalar.GetString()!);
    }

    /// <summary>The warehouse's salt; one of 128 random bits where it has none yet.</summary>
    public static async Task<string> SaltAsync(ClickHouseClient client, CancellationToken token)
    {
        var salt = await client.QueryAsync("SELECT DISTINCT salt FROM etl_forgotten", token);
        return salt.Rows.Count == 0 ? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)) : salt.Scalar.GetString()!;
    }

    /// <summary>Tells nodes that are new who is to be left out.</summary>
    public static async Task CopyAsync(IReadOnlyList<ClickHouseClient> nodes, CancellationToken token)
    {
        foreach (var node in nodes.Skip(1))
        {
            if ((await node.QueryAsync("SELECT count() FROM etl_forgotten", token)).Scalar.GetInt64() == 0)
            {
                await node.InsertAsync(
                    "INSERT INTO etl_forgotten FORMAT Native",
                    (stream, t) => nodes[0].CopyToAsync("SELECT * FROM etl_forgotten", "Native", stream, t),
                    token,
                    QueryOptions.Insert
                );
            }
        }
    }

    /// <summary>What is kept of a site.</summary>
    public static string Hash(string salt, string site) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(salt + site)));

    /// <summary>The SQL for what <see cref="Hash"/> says of an expression's text.</summary>
    public static string HashSql(string salt, string expression) => $"hex(SHA256(concat({SqlText.Quote(salt)}, toString({expression}))))";

    /// <summary>The condition for a row whose column names one of them.</summary>
    public string Has(string column) => $"ifNull({HashSql(Salt, column)} IN ({Hashes}), false)";

    /// <summary>The condition for a row whose list of texts names one of them.</summary>
    public string HasOneOf(string texts) => $"arrayExists(t -> {HashSql(Salt, "t")} IN ({Hashes}), {texts})";

    private string Hashes => $"SELECT site FROM etl_forgotten WHERE system = {SqlText.Quote(System)}";
}
