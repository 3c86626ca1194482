namespace GoQueue.Core.Scheduling;

/// <summary>Something that owns state and works on it one turn at a time.</summary>
public interface ITurn
{
    /// <summary>Does what is waiting; may block on the disk. Never called twice at once for one object. Must not throw.</summary>
    void RunTurn();
}
