using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;

namespace WarehouseSql.ClickHouse;

/// <summary>A body that is written as it is made.</summary>
internal sealed class StreamedContent : HttpContent
{
    private readonly Func<Stream, CancellationToken, Task> write;
    private readonly bool compressed;
    private readonly CancellationToken token;

    public StreamedContent(Func<Stream, CancellationToken, Task> write, bool compressed, CancellationToken token)
    {
        this.write = write;
        this.compressed = compressed;
        this.token = token;
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        if (compressed)
        {
            Headers.ContentEncoding.Add("gzip");
        }
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        if (!compressed)
        {
            await write(stream, token).ConfigureAwait(false);
            return;
        }

        await using var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
        await write(gzip, token).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }
}
