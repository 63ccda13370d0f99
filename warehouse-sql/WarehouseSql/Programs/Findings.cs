namespace WarehouseSql.Programs;

/// <summary>How what was looked at is.</summary>
public enum Verdict
{
    /// <summary>As it should be.</summary>
    Fine,

    /// <summary>It works, but could be better.</summary>
    Doubtful,

    /// <summary>It doesn't work.</summary>
    Wrong,
}

/// <summary>What a doctor found of one thing, and what to do about it.</summary>
public sealed record Finding(string Of, Verdict Verdict, string Says);

/// <summary>A list of findings, as it grows.</summary>
public sealed class Findings
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Whether something doesn't work.</summary>
    public bool AreWrong { get; private set; }

    /// <summary>Prints one: a line.</summary>
    public void Add(string of, Verdict verdict, string says)
    {
        AreWrong |= verdict == Verdict.Wrong;
        var word = verdict switch
        {
            Verdict.Fine => "ok     ",
            Verdict.Doubtful => "better ",
            _ => "WRONG  ",
        };
        Console.WriteLine($"{word} {of}: {CleanText.Line(says)}");
    }

    /// <summary>Looks at something; a failure that people can mend is what was found.</summary>
    public async Task LookAsync(string of, Func<CancellationToken, Task> look, CancellationToken token)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
        patience.CancelAfter(Patience);
        try
        {
            await look(patience.Token);
        }
        catch (UserException e)
        {
            Add(of, Verdict.Wrong, e.Message);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            Add(of, Verdict.Wrong, $"no answer within {Patience.TotalSeconds:0} s");
        }
    }
}
