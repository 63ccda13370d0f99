using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Etl.Postgres;

/// <summary>Answers a server's authentication requests: none, a password, MD5, SCRAM-SHA-256.</summary>
internal sealed class Authentication(string user, string? password)
{
    private const string Mechanism = "SCRAM-SHA-256";
    private readonly string nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));
    private string authMessage = "";
    private byte[] saltedPassword = [];
    private bool proven;

    private string ClientFirst => $"n=,r={nonce}";

    /// <summary>The message that answers <paramref name="request"/> (the contents of an 'R' message); null where none is due.</summary>
    /// <exception cref="NotSupportedException">The server asks for a method that isn't spoken here.</exception>
    /// <exception cref="CryptographicException">The server couldn't show that it knows the password.</exception>
    public byte[]? Answer(ReadOnlySpan<byte> request)
    {
        var kind = BinaryPrimitives.ReadInt32BigEndian(request);
        var data = request[sizeof(int)..];
        switch (kind)
        {
            case 0 when saltedPassword.Length > 0 && !proven:
                throw Unproven();
            case 0:
                return null;
            case 3:
                return Messages.Password(Messages.Text(Password));
            case 5:
                return Messages.Password(Messages.Text("md5" + Md5(Md5(Password + user), data)));
            case 10 when Encoding.ASCII.GetString(data).Split('\0').Contains(Mechanism):
                return Messages.SaslInitial(Mechanism, Encoding.ASCII.GetBytes("n,," + ClientFirst));
            case 11:
                return Messages.Password(Encoding.ASCII.GetBytes(ClientFinal(Encoding.ASCII.GetString(data))));
            case 12:
                CheckServer(Encoding.ASCII.GetString(data));
                return null;
            default:
                throw new NotSupportedException(string.Create(CultureInfo.InvariantCulture, $"the server asks for authentication method {kind}; trust, password, MD5 and SCRAM-SHA-256 are spoken"));
        }
    }

    private string Password => password ?? throw new NotSupportedException("the server asks for a password; the connection string has none");

#pragma warning disable CA5351 // PostgreSQL's older method; the server chooses it.
    private static string Md5(string text, ReadOnlySpan<byte> salt = default) => Convert.ToHexStringLower(MD5.HashData([.. Encoding.UTF8.GetBytes(text), .. salt]));
#pragma warning restore CA5351

    // RFC 5802 with SHA-256 (RFC 7677), without channel binding.
    private string ClientFinal(string serverFirst)
    {
        var fields = Fields(serverFirst);
        if (!fields['r'].StartsWith(nonce, StringComparison.Ordinal))
        {
            throw new CryptographicException("the server's answer belongs to another exchange");
        }

        var iterations = int.Parse(fields['i'], CultureInfo.InvariantCulture);
        saltedPassword = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(Password.Normalize(NormalizationForm.FormKC)), Convert.FromBase64String(fields['s']), iterations, HashAlgorithmName.SHA256, 32);
        var withoutProof = $"c=biws,r={fields['r']}";
        authMessage = $"{ClientFirst},{serverFirst},{withoutProof}";
        var clientKey = Hmac(saltedPassword, "Client Key");
        var signature = Hmac(SHA256.HashData(clientKey), authMessage);
        var proof = clientKey.Zip(signature, (a, b) => (byte)(a ^ b)).ToArray();
        return $"{withoutProof},p={Convert.ToBase64String(proof)}";
    }

    private void CheckServer(string serverFinal)
    {
        var expected = Hmac(Hmac(saltedPassword, "Server Key"), authMessage);
        if (!CryptographicOperations.FixedTimeEquals(expected, Convert.FromBase64String(Fields(serverFinal).GetValueOrDefault('v', ""))))
        {
            throw Unproven();
        }

        proven = true;
    }

    private static CryptographicException Unproven() => new("the server couldn't show that it knows the password");

    private static Dictionary<char, string> Fields(string text) => text.Split(',').ToDictionary(f => f[0], f => f[2..]);

    private static byte[] Hmac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(text));
}
