using GoQueue.Harness.Clusters;

namespace GoQueue.Chaos.Nemesis;

/// <summary>
/// A node is replaced by one of the same name with an empty disk, which joins; then the old disk comes back in its place. It holds an old life of the node: it may neither
/// vote nor count as in sync, whatever it holds. At the end the node gets an empty disk again.
/// </summary>
internal sealed class OldDisk(TestBed bed, Random random) : NodeFault(bed, random, 1)
{
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(30);
    private bool cameBack;

    // The node that may lose its files: wiping a second one could take the last copy of what the first one lost.
    protected override IReadOnlyList<Ground> Choose() => [Bed.Take(Bed.DamagedNode)];

    protected override async Task HappenAsync(CancellationToken cancellationToken)
    {
        Node node = Victims[0].Node;
        string old = node.Data + "-old";
        await DataFiles.AreThereAsync(node.Data, DamageWhat.Segments, cancellationToken);
        await node.KillAsync();
        Directory.Move(node.Data, old);
        node.Launch();
        bool hasJoined = await node.BecomesReadyAsync(JoinPatience, cancellationToken);
        await WipedDisk.ReplaceAsync(node);
        Directory.Move(old, node.Data);
        node.Launch();
        if (!hasJoined)
        {
            throw new NothingLeftException($"{node.Id} did not join with an empty disk within {JoinPatience.TotalSeconds:0} s, so that its disk never became an old one");
        }

        cameBack = true;
    }

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken) =>
        Task.FromResult(cameBack ? null : "the old disk did not come back");

    protected override async Task HealAsync(CancellationToken cancellationToken)
    {
        Node node = Victims[0].Node;
        Bed.Note($"the old disk of {node.Id}: process {(node.IsRunning ? "runs" : "ended")}, {(node.Serves ? "ready" : "not ready")}");
        await WipedDisk.ReplaceAsync(node);
        Launch(node);
    }
}
