namespace GoQueue.Simulation.Network;

/// <summary>How the network behaves between faults. Times in ticks.</summary>
internal sealed record NetworkOptions
{
    public long MinDelay { get; init; } = TimeSpan.TicksPerMillisecond / 20;

    public long MaxDelay { get; init; } = TimeSpan.TicksPerMillisecond;

    /// <summary>Messages per million that take <see cref="SlowDelay"/> more; those behind them on their channel wait too.</summary>
    public int SlowPerMillion { get; set; }

    public long SlowDelay { get; init; } = 150 * TimeSpan.TicksPerMillisecond;

    /// <summary>Messages per million that never arrive although the link stands. The port does not promise arrival.</summary>
    public int LostPerMillion { get; set; }

    /// <summary>Sends per million that are refused because a queue is full.</summary>
    public int RefusedPerMillion { get; set; }

    /// <summary>After this long without a sign of life a link counts as silent, in ticks.</summary>
    public long SilentAfter { get; init; } = 1500 * TimeSpan.TicksPerMillisecond;

    /// <summary>Longest pause between attempts to connect.</summary>
    public long MaxRetry { get; init; } = 200 * TimeSpan.TicksPerMillisecond;

    /// <summary>Messages of one channel on their way in one direction; more is refused.</summary>
    public int MaxQueued { get; init; } = 4000;

    /// <summary>Bytes of the same.</summary>
    public long MaxQueuedBytes { get; init; } = 4 << 20;

    /// <summary>Whether a handler may throw, as the contract of the port allows. In a simulation of the product that is a finding.</summary>
    public bool MayHandlersThrow { get; init; }
}
