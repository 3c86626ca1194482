using GoQueue.Chaos.Machine;
using GoQueue.Harness;

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

/// <summary>
/// A node has hardly more memory than it holds now: its page cache is taken away, and the system may end it. How much it holds is looked at each time, and what it may have
/// more becomes less and less until it runs short.
/// </summary>
internal sealed class StarveMemory(TestBed bed, Random random) : NodeFault(bed, random, 1)
{
    private const long FirstSpareBytes = 12 << 20;
    private const long PageBytes = 4096;
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(10);
    private long before;
    private long endedBefore;
    private long spare = FirstSpareBytes;

    /// <summary>A node that has little to do asks for no page for a while, however little it may have.</summary>
    public override TimeSpan EffectPatience => TimeSpan.FromSeconds(20);

    protected override Task HappenAsync(CancellationToken cancellationToken)
    {
        before = Victims[0].Group!.TimesShortOfMemory();
        endedBefore = Victims[0].Group!.TimesEnded();
        Bound();
        return Task.CompletedTask;
    }

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken)
    {
        if (Victims[0].Group!.TimesShortOfMemory() > before)
        {
            return Task.FromResult<string?>(null);
        }

        string seen = $"{Target} never ran short of memory with {spare >> 10} KiB more than it holds";
        spare /= 2; // down to nothing: the next page it asks for is refused
        Bound();
        return Task.FromResult<string?>(seen);
    }

    protected override async Task HealAsync(CancellationToken cancellationToken)
    {
        Victims[0].Group!.TryBoundMemory(null);
        if (Victims[0].Group!.TimesEnded() > endedBefore)
        {
            // It may be dying still.
            await Wait.UntilAsync($"{Target} is gone", EndPatience, () => Task.FromResult(!Victims[0].Node.IsRunning), cancellationToken);
            Bed.Note($"{Target} was ended by the system for want of memory");
        }

        Launch(Victims[0].Node);
    }

    /// <summary>The lowest bound that the system accepts, found by halving, and the spare above it. A bound that it cannot reach at once is refused in version 1.</summary>
    private void Bound()
    {
        ControlGroup group = Victims[0].Group!;
        long refused = group.OwnMemoryBytes();
        long accepted = Math.Max(group.MemoryBytes(), refused) + FirstSpareBytes;
        while (accepted - refused > PageBytes)
        {
            long middle = refused + ((accepted - refused) / 2);
            (refused, accepted) = group.TryBoundMemory(middle) ? (refused, middle) : (middle, accepted);
        }

        group.TryBoundMemory(accepted + spare);
    }
}
