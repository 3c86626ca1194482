using GoQueue.Broker.PartitionLoops;
using GoQueue.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;

namespace GoQueue.Broker.Replication;

/// <summary>
/// Replicas here whose stored bytes are damaged: they leave the leadership and the in-sync set (reported as a failed log is), begin anew from their leader, and keep the
/// damaged files aside (reliability.md section 6, rule 4). While nobody else holds every committed record, the replica stays as it is and refuses the damaged range.
/// </summary>
/// <param name="positioned">Sends a replica's position to its leader again.</param>
/// <remarks>
/// Invariant: a log is given up only when no leader can count it any more for what it held.
/// 1. The leader has answered a fetch in which this replica said that it is damaged: it proposes it for the in-sync set no more, whatever it holds.
/// 2. After that a change of the partition that this node proposed was decided. What the leader had proposed before 1 is based on an older version of the partition, and is
///    refused from then on.
/// 3. The image that holds this change names another leader, and the replica neither in the in-sync set nor among the eligible leaders.
/// </remarks>
internal sealed class DamagedReplicas(NodeId self, ReplicationOptions options, BrokerEnvironment environment, IMetadataLog metadata, Action<PartitionLoop> positioned) : IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private Task working = Task.CompletedTask;

    /// <summary>Looks after them, one at a time; called with every tick.</summary>
    public void Look(PartitionTable table)
    {
        MetadataImage image = metadata.Image;
        foreach (PartitionLoop loop in table.InOrder())
        {
            if (loop.HasToSayDamaged)
            {
                positioned(loop);
            }
            else if (working.IsCompleted && !stopping.IsCancellationRequested && loop is { IsDamaged: true, HasSaidDamaged: true } && IsLeftTo(image, loop.Partition, self, out _))
            {
                working = BeginAnewAsync(table, loop);
            }
        }
    }

    /// <summary>Somebody else leads, and does not count on the replica of this node.</summary>
    public static bool IsLeftTo(MetadataImage image, TopicPartition id, NodeId self, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PartitionImage? partition) =>
        image.TryGetPartition(id, out partition) && partition.Replicas.Contains(self) && partition.Leader is { } leader && leader != self
        && !partition.InSync.Contains(self) && !partition.EligibleLeaders.Contains(self);

    public async Task StopAsync()
    {
        stopping.Cancel();
        await working;
    }

    public void Dispose() => stopping.Dispose();

    private async Task BeginAnewAsync(PartitionTable table, PartitionLoop loop)
    {
        try
        {
            if (IsLeftTo(metadata.Image, loop.Partition, self, out PartitionImage? partition) && await IsDecidedAsync(loop.Partition, partition))
            {
                table.BeginAnew(loop.Partition);
            }

            await Task.Delay(options.ProposalTimeout, environment.Time, stopping.Token); // if it did not come to it, not at once again
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
        {
            // the node stops
        }
    }

    private async Task<bool> IsDecidedAsync(TopicPartition id, PartitionImage partition)
    {
        PartitionChange change = new()
        {
            Partition = id,
            Expected = partition.PartitionEpoch,
            Leader = partition.Leader,
            InSync = partition.InSync,
            Distrusted = NodeList.Of(self),
        };
        try
        {
            Task<Result<MetadataOutcome>> proposed = metadata.ProposeAsync(new AlterPartitionsCommand([change]), stopping.Token).AsTask();
            return (await proposed.WithinAsync(options.ProposalTimeout, environment.Time, stopping.Token)).TryGet(out MetadataOutcome? outcome, out _)
                && outcome is MetadataOutcome.PartitionsAltered { Refusals.Count: 0 };
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
