namespace GoQueue.Chaos.Nemesis;

/// <summary>
/// Every write, flush and read of a node's disk fails with EIO from one moment on, while the node runs. What was not flushed is lost with it. At the end the node is killed if
/// it has not ended by itself, the disk comes back as the platter has it, and the node starts on it.
/// </summary>
internal sealed class DiskError(TestBed bed, Random random) : NodeFault(bed, random, 1)
{
    protected override Task HappenAsync(CancellationToken cancellationToken)
    {
        Victims[0].Disk!.ShutDown();
        return Task.CompletedTask;
    }

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken)
    {
        try
        {
            using FileStream probe = new(Path.Combine(Victims[0].Disk!.Folder, "probe"), FileMode.Create, FileAccess.Write);
            probe.WriteByte(1);
            probe.Flush(flushToDisk: true);
            return Task.FromResult<string?>($"a flush on the disk of {Target} went through");
        }
        catch (IOException)
        {
            return Task.FromResult<string?>(null);
        }
    }

    protected override async Task HealAsync(CancellationToken cancellationToken)
    {
        if (Victims[0].Node.IsRunning)
        {
            await Victims[0].Node.KillAsync();
        }

        await Victims[0].Disk!.RemountAsync();
        Launch(Victims[0].Node);
    }
}
