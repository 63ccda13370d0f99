using Microsoft.Win32.SafeHandles;
using Reports.Running;
using WarehouseSql.Programs;

namespace Reports.Web;

/// <summary>
/// A result in a file without a name: written once, read by any number of readers, also while it grows. Memory stays flat whatever its
/// size.
/// </summary>
/// <param name="most">The bytes that it may have.</param>
/// <param name="quota">What all of them may have together; null: no more than that each of them may.</param>
internal sealed class Spool(long most, SpoolQuota? quota = null) : WriteOnlyStream
{
    private readonly FileStream opened = Open();
    private readonly Lock changing = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long size;
    private long taken;
    private bool ended;
    private Exception? failure;

    /// <summary>The bytes that are there by now.</summary>
    public long Size => Interlocked.Read(ref size);

    /// <summary>What it failed with; null: it hasn't.</summary>
    public Exception? Failure
    {
        get
        {
            lock (changing)
            {
                return failure;
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Size + buffer.Length > most)
        {
            throw new ReportException(
                string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"the result is larger than {most / 1_000_000:N0} MB; ask for less, or raise Web__CacheMegabytes"
                )
            );
        }

        quota?.Take(buffer.Length);
        Interlocked.Add(ref taken, buffer.Length);
        await RandomAccess.WriteAsync(File, buffer, Size, cancellationToken);
        Tell(() => size += buffer.Length);
    }

    /// <summary>Nothing more comes: the result is whole, or has failed.</summary>
    public void End(Exception? because = null) => Tell(() => (ended, failure) = (true, because));

    /// <summary>Returns when there are bytes to read, or the result is whole; throws what it failed with.</summary>
    public async Task BeganAsync(CancellationToken token)
    {
        while (Look(0) is { } change)
        {
            await change.WaitAsync(token);
        }
    }

    /// <summary>Copies all of it, waiting for what is still to come; throws what it failed with.</summary>
    public async Task CopyAsync(Stream target, CancellationToken token)
    {
        var buffer = new byte[64 << 10];
        var at = 0L;
        while (true)
        {
            // From memory, as a rule: what was written last is in the system's cache.
            var read = RandomAccess.Read(File, buffer.AsSpan(0, (int)Math.Min(buffer.Length, Size - at)), at);
            if (read > 0)
            {
                at += read;
                await target.WriteAsync(buffer.AsMemory(0, read), token);
            }
            else if (Look(at) is { } change)
            {
                await change.WaitAsync(token);
            }
            else if (at == Size)
            {
                return;
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        opened.Dispose();
        quota?.Give(Interlocked.Exchange(ref taken, 0));
        base.Dispose(disposing);
    }

    // Read and written at places of the readers' own, never where the stream stands.
    private SafeFileHandle File => opened.SafeFileHandle;

    private static FileStream Open()
    {
        var path = Path.Combine(Path.GetTempPath(), $"report-{Guid.NewGuid():N}");
        // The temporary folder is everybody's, results aren't.
        var file = PrivateFiles.Open(
            path,
            FileMode.CreateNew,
            FileAccess.ReadWrite,
            FileOptions.DeleteOnClose,
            FileShare.ReadWrite | FileShare.Delete,
            bufferSize: 0
        );
        // Gone from its folder at once, so that a crash leaves nothing behind.
        System.IO.File.Delete(path);
        return file;
    }

    private void Tell(Action change)
    {
        lock (changing)
        {
            change();
            changed.SetResult();
            changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    // Null: there is something to read after that place, or nothing will come; else what to wait for. A failure comes first, before its
    // first half.
    private Task? Look(long at)
    {
        lock (changing)
        {
            return failure is not null ? throw Again(failure)
                : size > at || ended ? null
                : changed.Task;
        }
    }

    // Each reader gets an exception of its own: one that is thrown in several places at once mixes up their stacks.
    private static Exception Again(Exception e) =>
        e switch
        {
            ReportException => new ReportException(e.Message, e.InnerException),
            OperationCanceledException => new OperationCanceledException(e.Message, e),
            IOException => new IOException(e.Message, e),
            _ => new InvalidOperationException(e.Message, e),
        };
}

/// <summary>
/// The bytes that all results may have together, those that jobs and readers hold too: the temporary folder doesn't fill up.
/// </summary>
/// <param name="most">The bytes.</param>
/// <param name="makeRoom">Drops what nobody holds, so that so many bytes more have room.</param>
internal sealed class SpoolQuota(long most, Action<long> makeRoom)
{
    private long used;

    /// <summary>Takes so many bytes.</summary>
    /// <exception cref="ReportException">They aren't there.</exception>
    public void Take(long bytes)
    {
        if (Interlocked.Add(ref used, bytes) <= most)
        {
            return;
        }

        makeRoom(bytes);
        if (Interlocked.Read(ref used) > most)
        {
            Give(bytes);
            throw new ReportException(
                string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"results of {most / 1_000_000:N0} MB are held for jobs and readers, and there is no room for another; ask again later, drop jobs (DELETE), or raise Web__CacheMegabytes"
                )
            );
        }
    }

    /// <summary>Gives so many bytes back.</summary>
    public void Give(long bytes) => Interlocked.Add(ref used, -bytes);
}
