using System.Security.Cryptography;

namespace Reports.Web;

/// <summary>A report that a client doesn't wait for: it asks how far it is, and fetches the result when it is there.</summary>
internal sealed class Job(string id, Reader reader, AnswerHold hold, WebFormat format, Running.ReportRun run) : IDisposable
{
    /// <summary>Its name, which can't be guessed.</summary>
    public string Id => id;

    /// <summary>Whose it is.</summary>
    public Reader Reader => reader;

    /// <summary>What was asked.</summary>
    public Running.ReportRun Run => run;

    /// <summary>The answer that it waits for.</summary>
    public Answer Answer => hold.Answer;

    /// <summary>The form in which the result was wanted.</summary>
    public WebFormat Format => format;

    /// <summary>When its reader last asked for it.</summary>
    public DateTimeOffset AskedAt { get; set; }

    /// <inheritdoc/>
    public void Dispose() => hold.Dispose();
}

/// <summary>The jobs that there are. One that nobody has asked for in ten minutes is dropped, and its statement stopped.</summary>
internal sealed class Jobs : IDisposable
{
    private const int MostJobs = 200;
    private const int MostOfOne = 20;
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private readonly Dictionary<string, Job> jobs = [];
    private readonly ITimer sweeper;

    /// <summary>None yet.</summary>
    public Jobs(TimeProvider time)
    {
        this.time = time;
        sweeper = time.CreateTimer(_ => Sweep(), null, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30));
    }

    /// <summary>Makes a job of an answer, or finds the one that its reader has of it; the job holds it from now on.</summary>
    /// <exception cref="WebFault">There are too many; the hold stays the caller's.</exception>
    public Job Add(Reader reader, AnswerHold hold, WebFormat format, Running.ReportRun run)
    {
        lock (gate)
        {
            if (jobs.Values.FirstOrDefault(j => j.Reader == reader && j.Answer == hold.Answer && j.Format == format) is { } known)
            {
                known.AskedAt = time.GetUtcNow();
                hold.Dispose();
                return known;
            }

            if (jobs.Values.Count(j => j.Reader == reader) >= MostOfOne)
            {
                throw new WebFault(429, "Too many jobs", $"you have {MostOfOne} jobs already; drop some (DELETE), or ask again later")
                {
                    RetryAfter = 30,
                };
            }

            if (jobs.Count >= MostJobs)
            {
                throw new WebFault(503, "Too many jobs", $"there are {MostJobs} jobs already; drop some (DELETE), or ask again later")
                {
                    RetryAfter = 30,
                };
            }

            var job = new Job(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), reader, hold, format, run)
            {
                AskedAt = time.GetUtcNow(),
            };
            jobs.Add(job.Id, job);
            return job;
        }
    }

    /// <summary>The job of that id.</summary>
    /// <exception cref="WebFault">There is none, or it is somebody else's.</exception>
    public Job Find(Reader reader, string id)
    {
        lock (gate)
        {
            if (!jobs.TryGetValue(id, out var job) || job.Reader != reader)
            {
                throw NoSuch();
            }

            job.AskedAt = time.GetUtcNow();
            return job;
        }
    }

    /// <summary>What is said where there is no such job.</summary>
    public static WebFault NoSuch() =>
        new(404, "No such job", "there is no such job; one that nobody asks for is dropped after ten minutes");

    /// <summary>Drops a job; its statement is stopped, unless somebody else waits for the same answer.</summary>
    public void Drop(Job job)
    {
        lock (gate)
        {
            jobs.Remove(job.Id);
        }

        job.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        sweeper.Dispose();
        Sweep(all: true);
    }

    private void Sweep(bool all = false)
    {
        List<Job> old;
        lock (gate)
        {
            old = [.. jobs.Values.Where(j => all || time.GetUtcNow() - j.AskedAt > Life)];
        }

        old.ForEach(Drop);
    }
}
