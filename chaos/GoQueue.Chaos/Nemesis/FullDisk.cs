namespace GoQueue.Chaos.Nemesis;

/// <summary>The disk of a node has no room left; at the end there is room again.</summary>
internal sealed class FullDisk(TestBed bed, Random random) : NodeFault(bed, random, 1)
{
    protected override Task HappenAsync(CancellationToken cancellationToken)
    {
        Victims[0].Disk!.Fill();
        return Task.CompletedTask;
    }

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken)
    {
        if (Victims[0].Disk!.IsFull())
        {
            return Task.FromResult<string?>(null);
        }

        Victims[0].Disk!.Fill(); // the node has deleted something since
        return Task.FromResult<string?>($"there is room on the disk of {Target}");
    }

    protected override Task HealAsync(CancellationToken cancellationToken)
    {
        Victims[0].Disk!.Free();
        Launch(Victims[0].Node);
        return Task.CompletedTask;
    }
}
