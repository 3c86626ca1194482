namespace GoQueue.Simulation.World;

/// <summary>An event that may be called off before its time.</summary>
internal interface ICancellableEvent
{
    bool IsCancelled { get; }

    void Run();
}

/// <summary>Something that will run, when, and for whom.</summary>
/// <param name="Due">True time in ticks since the world began.</param>
/// <param name="Order">Decides between events due at the same tick.</param>
/// <param name="Owner">Null for the world itself: network, nemesis, checks.</param>
internal readonly record struct ScheduledEvent(long Due, ulong Order, SimulatedProcess? Owner, string Kind, SendOrPostCallback Callback, object? State)
{
    public bool IsBefore(in ScheduledEvent other) => Due < other.Due || (Due == other.Due && Order < other.Order);
}
