namespace GoQueue.Server.Configuration;

/// <summary>Dedicated threads of the broker; they block on the disk and are not the pool's.</summary>
internal sealed record BrokerThreads
{
    /// <summary>They write and flush partitions; as many flushes overlap.</summary>
    public required int Committers { get; init; }

    /// <summary>They read old data from the disk.</summary>
    public required int Readers { get; init; }

    /// <summary>What 0 stands for: one for each processor, but two at least, so that a flush never waits for another one's alone.</summary>
    public static int Resolve(int given) => given > 0 ? given : Math.Clamp(Environment.ProcessorCount, 2, 64);
}
