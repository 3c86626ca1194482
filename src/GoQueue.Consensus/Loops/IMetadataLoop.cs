namespace GoQueue.Consensus.Loops;

/// <summary>
/// Gives turns to the one owner of a log. A server uses a thread that may block in writes and flushes; the simulator its own queue, which makes
/// every interleaving a matter of its seed.
/// </summary>
public interface IMetadataLoop
{
    /// <summary>
    /// Runs <paramref name="turn"/> once, later, never inside this call. The owner asks for the next turn only when the one before has begun to
    /// end, so at most one of its turns waits. Turns do not throw.
    /// </summary>
    void Schedule(Action turn);
}
