using System.Text;

namespace WarehouseSql.ClickHouse;

/// <summary>
/// Makes sure that an answer of ClickHouse is whole or an error, also where it fails after it said HTTP 200, and that an error is one line.
/// </summary>
/// <remarks>Accounts are named by ClickHouse's own headers: the driver's Basic authentication can't carry a colon in a name.</remarks>
internal sealed class WholeAnswers(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>The headers that name an account.</summary>
    public static Dictionary<string, string> Account(WarehouseOptions options) =>
        new[] { ("X-ClickHouse-User", options.User), ("X-ClickHouse-Key", options.Password) }
            .Where(h => h.Item2.Length > 0)
            .ToDictionary(h => h.Item1, h => h.Item2);

    /// <inheritdoc/>
    /// <exception cref="WarehouseException">The server refused.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = null;
        var response = await base.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            using (response)
            {
                var text = await response.Content.ReadAsStringAsync(cancellationToken);
                throw WarehouseException.FromServer(text.Length > 0 ? text : $"HTTP {(int)response.StatusCode} {response.ReasonPhrase}");
            }
        }

        if (response.Headers.TryGetValues("X-ClickHouse-Exception-Tag", out var tags))
        {
            response.Content = new StreamContent(
                new WholeStream(await response.Content.ReadAsStreamAsync(cancellationToken), tags.First())
            );
        }

        return response;
    }

    /// <summary>An answer's body that ends with an exception where the server says that it failed.</summary>
    /// <remarks>
    /// A failure in the middle of a result stands at its end, after which the server breaks the line off; the tag is a random word of this
    /// answer, so that no value in a result can be taken for a failure.
    /// </remarks>
    private sealed class WholeStream(Stream body, string tag) : Stream
    {
        private static readonly byte[] Mark = "__exception__"u8.ToArray();

        // A failure's message has up to 16 KiB; its frame comes on top.
        private readonly byte[] tail = new byte[32 << 10];
        private int length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = 0;
            try
            {
                read = await body.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception e) when (e is HttpRequestException or IOException && FailureIn(tail.AsSpan(0, length)) is not null) { }

            Keep(buffer.Span[..read]);
            return read > 0 || buffer.Length == 0 || FailureIn(tail.AsSpan(0, length)) is not { } failure ? read : throw failure;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) =>
            throw new NotSupportedException("an answer is read asynchronously");

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                body.Dispose();
            }

            base.Dispose(disposing);
        }

        private void Keep(ReadOnlySpan<byte> read)
        {
            read = read.Length > tail.Length ? read[^tail.Length..] : read;
            var kept = Math.Min(length, tail.Length - read.Length);
            tail.AsSpan(length - kept, kept).CopyTo(tail);
            read.CopyTo(tail.AsSpan(kept));
            length = kept + read.Length;
        }

        private WarehouseException? FailureIn(ReadOnlySpan<byte> end)
        {
            var opening = Encoding.ASCII.GetBytes($"__exception__\r\n{tag}\r\n");
            var start = end.IndexOf(opening);
            if (start < 0)
            {
                // A message longer than the tail: its end alone still tells that the result isn't whole.
                return end.EndsWith(Encoding.ASCII.GetBytes($" {tag}\r\n__exception__\r\n"))
                    ? new WarehouseException(
                        "the statement failed in the middle of its result, with a message too long to show; the server's log has it"
                    )
                    : null;
            }

            var text = end[(start + opening.Length)..];
            var last = text.LastIndexOf(Mark);
            var message = Encoding.UTF8.GetString(last < 0 ? text : text[..last]);
            var lastLine = message.TrimEnd().LastIndexOf('\n');
            return WarehouseException.FromServer(lastLine > 0 ? message[..lastLine] : message);
        }
    }
}
