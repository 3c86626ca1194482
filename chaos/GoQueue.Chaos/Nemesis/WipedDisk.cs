using GoQueue.Harness.Clusters;

namespace GoQueue.Chaos.Nemesis;

/// <summary>A node loses its disk and comes back empty under its old name: another incarnation, which may not count as the old one.</summary>
internal sealed class WipedDisk(TestBed bed, Random random) : NodeFault(bed, random, 1)
{
    /// <summary>Kills the process if it runs, and empties its data folder.</summary>
    public static async Task ReplaceAsync(Node node)
    {
        if (node.IsRunning)
        {
            await node.KillAsync();
        }

        if (Directory.Exists(node.Data))
        {
            Directory.Delete(node.Data, recursive: true);
        }
    }

    // The node that may lose its files: wiping a second one could take the last copy of what the first one lost.
    protected override IReadOnlyList<Ground> Choose() => [Bed.Take(Bed.DamagedNode)];

    protected override async Task HappenAsync(CancellationToken cancellationToken)
    {
        // Wiped a moment ago it holds nothing yet that could be lost.
        await DataFiles.AreThereAsync(Victims[0].Node.Data, DamageWhat.Segments, cancellationToken);
        await ReplaceAsync(Victims[0].Node);
    }

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Directory.Exists(Victims[0].Node.Data) ? $"the data of {Target} are still there" : null);

    protected override Task HealAsync(CancellationToken cancellationToken)
    {
        Launch(Victims[0].Node);
        return Task.CompletedTask;
    }
}
