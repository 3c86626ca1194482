namespace GoQueue.Chaos.Nemesis;

/// <summary>SIGKILL of some nodes at the same moment; started again at the end. The page cache survives, so this does not test flushing.</summary>
internal sealed class Kill(TestBed bed, Random random, int count) : NodeFault(bed, random, count)
{
    protected override async Task HappenAsync(CancellationToken cancellationToken)
    {
        foreach (Ground victim in Victims)
        {
            victim.Node.KillNow();
        }

        await Task.WhenAll(Victims.Select(victim => victim.Node.GoneAsync()));
    }

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Victims.FirstOrDefault(victim => Processes.IsThere(victim.Node.ProcessId)) is { } alive ? $"process {alive.Node.ProcessId} of {alive.Node.Id} is still there" : null);

    protected override Task HealAsync(CancellationToken cancellationToken)
    {
        foreach (Ground victim in Victims)
        {
            Launch(victim.Node);
        }

        return Task.CompletedTask;
    }
}
