using System.Buffers.Binary;
using System.Text;

namespace Etl.Postgres;

/// <summary>The few messages of PostgreSQL's protocol 3 that a frontend sends to ask simple queries.</summary>
/// <remarks>See PostgreSQL's documentation, "Message Formats": a type byte, a 32-bit length that counts itself, the contents.</remarks>
internal static class Messages
{
    private const int Protocol = 196608; // 3.0
    private const int SslRequestCode = 80877103;
    private const int CancelRequestCode = 80877102;

    /// <summary>Asks whether the server speaks TLS.</summary>
    public static byte[] SslRequest() => [.. Int32(8), .. Int32(SslRequestCode)];

    /// <summary>Cancels what the backend of that key is doing.</summary>
    public static byte[] CancelRequest(int processId, int secret) => [.. Int32(16), .. Int32(CancelRequestCode), .. Int32(processId), .. Int32(secret)];

    /// <summary>Begins a session with these parameters (user, database, options …).</summary>
    public static byte[] Startup(IEnumerable<(string Name, string Value)> parameters)
    {
        byte[] body = [.. Int32(Protocol), .. parameters.SelectMany(p => (byte[])[.. Text(p.Name), .. Text(p.Value)]), 0];
        return [.. Int32(4 + body.Length), .. body];
    }

    /// <summary>A simple query.</summary>
    public static byte[] Query(string sql) => Message('Q', Text(sql));

    /// <summary>A password, or an answer of an authentication exchange.</summary>
    public static byte[] Password(ReadOnlySpan<byte> contents) => Message('p', contents);

    /// <summary>The first answer of a SASL exchange: the mechanism and its initial response.</summary>
    public static byte[] SaslInitial(string mechanism, byte[] response) => Message('p', [.. Text(mechanism), .. Int32(response.Length), .. response]);

    /// <summary>A text and the zero that ends it.</summary>
    public static byte[] Text(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    private static byte[] Message(char type, ReadOnlySpan<byte> contents) => [(byte)type, .. Int32(4 + contents.Length), .. contents];

    private static byte[] Int32(int value)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
