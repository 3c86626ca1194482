namespace GoQueue.Chaos.Nemesis;

/// <summary>A node gets a few percent of one processor.</summary>
internal sealed class StarveProcessor(TestBed bed, Random random) : NodeFault(bed, random, 1)
{
    private const double Share = 0.05;
    private long before;

    protected override Task HappenAsync(CancellationToken cancellationToken)
    {
        before = Victims[0].Group!.TimesThrottled();
        Victims[0].Group!.BoundProcessor(Share);
        return Task.CompletedTask;
    }

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Victims[0].Group!.TimesThrottled() > before ? null : $"{Target} was never held back for the processor");

    protected override Task HealAsync(CancellationToken cancellationToken)
    {
        Victims[0].Group!.BoundProcessor(null);
        return Task.CompletedTask;
    }
}

/// <summary>A node has hardly more memory than it holds now: its page cache is taken away, and the system may end it.</summary>
internal sealed class StarveMemory(TestBed bed, Random random) : NodeFault(bed, random, 1)
{
    private const long SpareBytes = 12 << 20;
    private const int MostTries = 20;
    private long before;

    protected override Task HappenAsync(CancellationToken cancellationToken)
    {
        before = Victims[0].Group!.TimesShortOfMemory();
        long bytes = Victims[0].Group!.OwnMemoryBytes() + SpareBytes;
        for (int tries = 0; !Victims[0].Group!.TryBoundMemory(bytes) && tries < MostTries; tries++)
        {
            bytes += SpareBytes; // version 1 refuses a bound that it cannot reach at once
        }

        return Task.CompletedTask;
    }

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Victims[0].Group!.TimesShortOfMemory() > before ? null : $"{Target} never ran short of memory");

    protected override Task HealAsync(CancellationToken cancellationToken)
    {
        Victims[0].Group!.TryBoundMemory(null);
        if (!Victims[0].Node.IsRunning)
        {
            Bed.Note($"{Target} was ended by the system for want of memory");
        }

        Launch(Victims[0].Node);
        return Task.CompletedTask;
    }
}
