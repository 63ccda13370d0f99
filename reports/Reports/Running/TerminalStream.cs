namespace Reports.Running;

/// <summary>
/// A stream to a terminal: a result's bytes, with every control but line ends and tabs as a question mark in place of what it would do.
/// </summary>
internal sealed class TerminalStream(Stream inner) : WriteOnlyStream
{
    private bool isSecondOfC1;

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(Clean(buffer.Span), cancellationToken);

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    // The controls of 0x80 to 0x9f are two bytes in UTF-8, the first of them 0xc2; they may come in two pieces.
    private byte[] Clean(ReadOnlySpan<byte> bytes)
    {
        var clean = bytes.ToArray();
        for (var i = 0; i < clean.Length; i++)
        {
            var isControl =
                clean[i] is (< 32 and not ((byte)'\n' or (byte)'\r' or (byte)'\t')) or 127
                || (isSecondOfC1 && clean[i] is >= 0x80 and <= 0x9f);
            isSecondOfC1 = clean[i] == 0xc2;
            clean[i] = isControl ? (byte)'?' : clean[i];
        }

        return clean;
    }
}
