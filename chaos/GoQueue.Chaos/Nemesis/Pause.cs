namespace GoQueue.Chaos.Nemesis;

/// <summary>SIGSTOP of some nodes: the process is there and does nothing, its connections stay open.</summary>
internal sealed class Pause(TestBed bed, Random random, int count) : NodeFault(bed, random, count)
{
    protected override Task HappenAsync(CancellationToken cancellationToken)
    {
        foreach (Ground victim in Victims)
        {
            victim.Node.Pause();
        }

        return Task.CompletedTask;
    }

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Victims.FirstOrDefault(victim => Processes.State(victim.Node.ProcessId) != 'T') is { } busy
            ? $"process {busy.Node.ProcessId} of {busy.Node.Id} is in state {Processes.State(busy.Node.ProcessId)}"
            : null);

    protected override Task HealAsync(CancellationToken cancellationToken)
    {
        foreach (Ground victim in Victims)
        {
            victim.Node.Resume();
        }

        return Task.CompletedTask;
    }
}
