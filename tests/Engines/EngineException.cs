namespace Engines;

/// <summary>
/// An engine can't be started or stopped. The first line says what is wrong and what to do; where an engine died, the end of its log
/// follows.
/// </summary>
public sealed class EngineException : Exception
{
    /// <summary>Creates the exception.</summary>
    public EngineException(string message)
        : base(message) { }

    /// <summary>Creates the exception with what caused it.</summary>
    public EngineException(string message, Exception inner)
        : base(message, inner) { }
}
