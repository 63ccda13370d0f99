using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Etl.Postgres;
using Xunit;

namespace Etl.Tests;

/// <summary>The answers to a server's authentication requests, held against a server's side of them written here by the RFCs.</summary>
public sealed class AuthenticationTests
{
    private const int Iterations = 4096;
    private static readonly byte[] Salt = Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ==");

    [Fact]
    public void Answer_NothingAsked_IsNothing() => Assert.Null(new Authentication("reader", null).Answer(Request(0)));

    [Fact]
    public void Answer_PasswordAsked_IsIt() =>
        Assert.Equal(CopyText.Message('p', CopyText.Text("pässword\0")), new Authentication("reader", "pässword").Answer(Request(3)));

    // select 'md5' || md5(convert_to(md5('secret' || 'reader'), 'UTF8') || '\x01020304')
    [Fact]
    public void Answer_Md5Asked_IsTheSaltedHash() => Assert.Equal(
        CopyText.Message('p', CopyText.Text("md52177da53809de71635ae580e71325335\0")), new Authentication("reader", "secret").Answer(Request(5, [1, 2, 3, 4])));

    [Theory]
    [InlineData("pencil", "pencil")]
    // NFKC, which stands in for SASLprep here: the same word may come in several spellings.
    [InlineData("Ⅸ ﬁsh", "IX fish")]
    public void Answer_ScramAsked_ConvincesTheServerAndChecksIt(string password, string known)
    {
        var server = new ScramServer(known);
        var client = new Authentication("reader", password);

        var first = server.First(client.Answer(Request(10, CopyText.Text("SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0")))!);
        var final = server.Final(client.Answer(Request(11, first))!);

        Assert.Null(client.Answer(Request(12, final)));
        Assert.Null(client.Answer(Request(0)));
    }

    [Fact]
    public void Answer_ScramServerThatDoesNotKnowThePassword_IsRefused()
    {
        var server = new ScramServer("pencil");
        var client = new Authentication("reader", "pencil");
        client.Answer(Request(11, server.First(client.Answer(Request(10, CopyText.Text("SCRAM-SHA-256\0\0")))!)));

        Assert.Throws<CryptographicException>(() => client.Answer(Request(12, CopyText.Text("v=" + Convert.ToBase64String(new byte[32])))));
        Assert.Throws<CryptographicException>(() => client.Answer(Request(12, CopyText.Text("e=other-error"))));
    }

    // Whoever stands in for the server could otherwise leave the proof out.
    [Fact]
    public void Answer_ScramServerThatGivesNoProof_IsRefused()
    {
        var server = new ScramServer("pencil");
        var client = new Authentication("reader", "pencil");
        client.Answer(Request(11, server.First(client.Answer(Request(10, CopyText.Text("SCRAM-SHA-256\0\0")))!)));

        Assert.Throws<CryptographicException>(() => client.Answer(Request(0)));
    }

    [Fact]
    public void Answer_ScramAnswerToAnother_IsRefused()
    {
        var client = new Authentication("reader", "pencil");
        client.Answer(Request(10, CopyText.Text("SCRAM-SHA-256\0\0")));

        Assert.Throws<CryptographicException>(() => client.Answer(Request(11, CopyText.Text($"r=abcdef,s={Convert.ToBase64String(Salt)},i=4096"))));
    }

    [Theory]
    [InlineData(3, "")]
    [InlineData(5, "abcd")]
    public void Answer_PasswordAskedAndNoneThere_SaysSo(int kind, string data) => Assert.Equal(
        "the server asks for a password; the connection string has none",
        Assert.Throws<NotSupportedException>(() => new Authentication("reader", null).Answer(Request(kind, CopyText.Text(data)))).Message);

    [Theory]
    [InlineData(7, "")]
    [InlineData(10, "OAUTHBEARER\0\0")]
    public void Answer_AnotherMethod_SaysWhichAreSpoken(int kind, string data) => Assert.Equal(
        $"the server asks for authentication method {kind}; trust, password, MD5 and SCRAM-SHA-256 are spoken",
        Assert.Throws<NotSupportedException>(() => new Authentication("reader", "secret").Answer(Request(kind, CopyText.Text(data)))).Message);

    private static byte[] Request(int kind, byte[]? data = null) => [.. CopyText.Int32(kind), .. data ?? []];

    /// <summary>A server's side of RFC 5802 and 7677.</summary>
    private sealed class ScramServer(string password)
    {
        private readonly byte[] salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), Salt, Iterations, HashAlgorithmName.SHA256, 32);
        private string clientFirst = "";
        private string serverFirst = "";

        /// <summary>Takes the client's SASLInitialResponse; returns the server's first message.</summary>
        public byte[] First(byte[] message)
        {
            const string mechanism = "SCRAM-SHA-256\0";
            Assert.Equal('p', (char)message[0]);
            Assert.Equal(message.Length - 1, BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(1)));
            Assert.Equal(mechanism, Encoding.ASCII.GetString(message, 5, mechanism.Length));
            var length = BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(5 + mechanism.Length));
            var response = Encoding.ASCII.GetString(message.AsSpan(9 + mechanism.Length));
            Assert.Equal(length, response.Length);
            Assert.StartsWith("n,,n=,r=", response, StringComparison.Ordinal);
            clientFirst = response[3..];
            serverFirst = $"r={clientFirst[5..]}servers,s={Convert.ToBase64String(Salt)},i={Iterations}";
            return CopyText.Text(serverFirst);
        }

        /// <summary>Takes the client's proof, and checks it; returns the server's own.</summary>
        public byte[] Final(byte[] message)
        {
            var response = Encoding.ASCII.GetString(message.AsSpan(5));
            var withoutProof = response[..response.LastIndexOf(",p=", StringComparison.Ordinal)];
            Assert.Equal($"c=biws,r={clientFirst[5..]}servers", withoutProof);
            var authMessage = $"{clientFirst},{serverFirst},{withoutProof}";
            var storedKey = SHA256.HashData(Hmac(salted, "Client Key"));
            var proof = Convert.FromBase64String(response[(withoutProof.Length + 3)..]);
            var signature = Hmac(storedKey, authMessage);
            // The proof, less the signature, is the client's key, of which the server keeps only the hash.
            Assert.Equal(storedKey, SHA256.HashData(proof.Select((b, i) => (byte)(b ^ signature[i])).ToArray()));
            return CopyText.Text("v=" + Convert.ToBase64String(Hmac(Hmac(salted, "Server Key"), authMessage)));
        }

        private static byte[] Hmac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(text));
    }
}
