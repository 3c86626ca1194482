namespace GoQueue.Server.Forwarding;

/// <summary>Bounds of requests that are passed on to another node. Units, defaults and their origin stand in the option catalogue.</summary>
internal sealed record ForwardingOptions
{
    /// <summary>Requests of this node that wait for another one; one more is refused as Overloaded.</summary>
    public int MaxRequests { get; init; } = 512;

    /// <summary>Batches on their way to other nodes, bytes; as many may be handled for others. More is refused as Overloaded.</summary>
    public long MaxBytes { get; init; } = 64L << 20;

    /// <summary>How long another node may take for an answer, beyond the wait of a long poll.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a request that certainly was not handled waits for a leader that takes it.</summary>
    public TimeSpan LeaderWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait of a forwarded long poll; the caller asks again after it.</summary>
    public static readonly TimeSpan MaxPoll = TimeSpan.FromSeconds(30);
}
