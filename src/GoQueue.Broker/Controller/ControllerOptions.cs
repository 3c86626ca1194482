namespace GoQueue.Broker.Controller;

/// <summary>Times and bounds of the controller. The defaults are our choice unless they say otherwise.</summary>
public sealed record ControllerOptions
{
    /// <summary>A broker that was not heard of for this long is fenced. Default 3 s: fifteen heartbeats. A refused connection fences at once.</summary>
    public TimeSpan FenceAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How often the controller looks at the clock when nothing else wakes it. Default 100 ms: what a silent death costs beyond the time-out.</summary>
    public TimeSpan TickInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>A tick that comes so much too late means that this process stood still: what it did not hear then proves nothing. Default 1 s.</summary>
    public TimeSpan PauseNoticed { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How often a leader of the quorum looks whether it may act yet, or again: its lease comes without a word. Default 10 ms, a part of the time without
    /// leaders after the controller's death.
    /// </summary>
    public TimeSpan LeaseInterval { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Pause after a round whose proposals did not get through. Default 50 ms.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Between rounds of giving leaderships back to preferred replicas. Default 60 s (Kafka: 5 min); zero turns it off.</summary>
    public TimeSpan PreferredLeaderInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Leaderships given back in one round. Default 200: each stalls its partition for a moment.</summary>
    public int MaxPreferredLeaders { get; init; } = 200;

    /// <summary>Between looks at who should vote. Default 1 s.</summary>
    public TimeSpan QuorumInterval { get; init; } = TimeSpan.FromSeconds(1);
}
