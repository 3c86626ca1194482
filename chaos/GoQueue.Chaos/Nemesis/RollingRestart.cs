using GoQueue.Harness.Clusters;

namespace GoQueue.Chaos.Nemesis;

/// <summary>SIGTERM of one node after the other; each starts again and is ready before the next.</summary>
internal sealed class RollingRestart(TestBed bed, Random random) : NodeFault(bed, random, bed.Grounds.Count)
{
    private static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(45);
    private readonly CancellationTokenSource stop = new();
    private Task rolling = Task.CompletedTask;
    private int restarted;

    protected override Task HappenAsync(CancellationToken cancellationToken)
    {
        rolling = RollAsync();
        return Task.CompletedTask;
    }

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Volatile.Read(ref restarted) > 0 ? null : "no node was restarted");

    protected override async Task HealAsync(CancellationToken cancellationToken)
    {
        await stop.CancelAsync();
        await rolling;
        foreach (Ground ground in Victims)
        {
            Launch(ground.Node);
        }

        stop.Dispose();
    }

    private async Task RollAsync()
    {
        foreach (Node node in Victims.Select(ground => ground.Node))
        {
            if (stop.IsCancellationRequested)
            {
                return;
            }

            int code = await node.StopAsync();
            if (code != 0)
            {
                Bed.Note($"{node.Id} stopped with exit code {code}");
            }

            node.Launch();
            Interlocked.Increment(ref restarted);
            if (!await node.BecomesReadyAsync(ReadyPatience, CancellationToken.None))
            {
                Bed.Note($"{node.Id} was not ready {ReadyPatience.TotalSeconds:0} s after a restart");
            }
        }
    }
}
