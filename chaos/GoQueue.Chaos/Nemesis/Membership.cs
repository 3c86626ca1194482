using GoQueue.Harness;
using GoQueue.Harness.Clusters;

namespace GoQueue.Chaos.Nemesis;

/// <summary>
/// A further node joins, one of the first is drained onto it, stopped and removed for good; at the end it comes back with an empty disk, and the further
/// node is drained and removed. Also the way a dead machine is replaced.
/// </summary>
internal sealed class Membership(TestBed bed, Random random) : NodeFault(bed, random, 1)
{
    private static readonly TimeSpan StepPatience = TimeSpan.FromSeconds(40);
    private Node? added;
    private string? stuck;
    private bool isRemoved;
    private Task changing = Task.CompletedTask;

    // The node that may lose its files: wiping a second one could take the last copy of what the first one lost.
    protected override IReadOnlyList<Ground> Choose() => [Bed.Take(Bed.DamagedNode)];

    protected override Task HappenAsync(CancellationToken cancellationToken)
    {
        changing = ChangeAsync(cancellationToken);
        return Task.CompletedTask;
    }

    /// <summary>A node joins, another is drained, stopped and removed: how long that takes is what the cluster needs for it.</summary>
    public override TimeSpan EffectPatience => 3 * StepPatience;

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken) =>
        Task.FromResult(isRemoved ? null : stuck ?? $"{Target} is not removed yet");

    protected override async Task HealAsync(CancellationToken cancellationToken)
    {
        await changing;
        Node leaving = Victims[0].Node;
        if (isRemoved && Directory.Exists(leaving.Data))
        {
            Directory.Delete(leaving.Data, recursive: true);
        }

        Launch(leaving);
        if (added is not null)
        {
            bool isBack = await leaving.BecomesReadyAsync(StepPatience, cancellationToken);
            if (isBack && await RetireAsync(added, leaving, cancellationToken) is { } problem)
            {
                Bed.Note($"{added.Id} could not be removed again: {problem}");
            }
        }
    }

    private async Task ChangeAsync(CancellationToken cancellationToken)
    {
        try
        {
            added = await Bed.AddNodeAsync(cancellationToken);
            stuck = await RetireAsync(Victims[0].Node, added, cancellationToken);
            isRemoved = stuck is null;
        }
        catch (HarnessException failure)
        {
            stuck = failure.Message;
        }
    }

    /// <summary>Drains, stops and removes a node; answers what did not work.</summary>
    private async Task<string?> RetireAsync(Node leaving, Node other, CancellationToken cancellationToken)
    {
        try
        {
            await AskAsync(other, HttpMethod.Post, $"/v1/admin/brokers/{leaving.Id}/drain", cancellationToken);
            await Wait.UntilAsync($"{leaving.Id} has no replicas", StepPatience, async () =>
                await Bed.Cluster.TryTopicAsync(other, Bed.Topic, cancellationToken) is { } topic && topic.Partitions.All(partition => !partition.Replicas.Contains(leaving.Id)), cancellationToken);
            await leaving.StopAsync();
            await AskAsync(other, HttpMethod.Delete, $"/v1/admin/brokers/{leaving.Id}", cancellationToken);
            return null;
        }
        catch (HarnessException failure)
        {
            return failure.Message;
        }
    }

    private async Task AskAsync(Node node, HttpMethod method, string path, CancellationToken cancellationToken)
    {
        RestAnswer answer = new(0, default);
        await Wait.UntilAsync($"{method} {path}", StepPatience, async () =>
        {
            answer = await Bed.Cluster.Rest.SendAsync(node, method, path, method == HttpMethod.Post ? new { } : null, TimeSpan.FromSeconds(10), cancellationToken);
            return answer.IsOk;
        }, cancellationToken);
    }
}
