using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Topics;

namespace GoQueue.Simulation.Hosts;

/// <summary>
/// A metadata log with one bug: it shows other images than the real log makes, or proposes other commands than it is asked to. What it shows depends on nothing but the real
/// image (and the node, where only one is to be wrong), so that nodes with the same bug agree with each other.
/// </summary>
/// <remarks>One thread, as everything in the simulator.</remarks>
internal sealed class FaultyMetadata(IMetadataLog log, MetadataFault fault, NodeId self) : IMetadataLog
{
    private const int Kept = 8;
    private const int BackEvery = 12;
    private const int UnaskedEvery = 4;

    private readonly Queue<MetadataImage> old = [];
    private MetadataImage? real;
    private MetadataImage shown = MetadataImage.Empty;

    public MetadataImage Image
    {
        get
        {
            MetadataImage now = log.Image;
            if (!ReferenceEquals(real, now))
            {
                real = now;
                shown = Show(now);
            }

            return shown;
        }
    }

    public ValueTask<Result<MetadataOutcome>> ProposeAsync(MetadataCommand command, CancellationToken cancellationToken) => (fault, command) switch
    {
        (MetadataFault.DropDeletion, DeleteTopicCommand delete) when log.Image.TryGetTopic(delete.Id, out TopicImage? topic) =>
            new(new MetadataOutcome.TopicDeleted(topic)),
        (MetadataFault.DeleteUnasked, AlterTopicCommand alter) when alter.ExpectedVersion % UnaskedEvery == 0 =>
            log.ProposeAsync(new DeleteTopicCommand(alter.Id), cancellationToken),
        (MetadataFault.ElectAnyReplica, AlterPartitionsCommand alter) =>
            log.ProposeAsync(alter with { Changes = [.. alter.Changes.Select(ElectAny)] }, cancellationToken),
        _ => log.ProposeAsync(command, cancellationToken),
    };

    /// <summary>Completes with the log; only whoever looks at <see cref="Image"/> is shown an old one, or he would be woken for it for ever.</summary>
    public async ValueTask<MetadataImage> WaitForChangeAsync(long seenVersion, CancellationToken cancellationToken)
    {
        MetadataImage next = await log.WaitForChangeAsync(seenVersion, cancellationToken);
        return fault == MetadataFault.OldImage ? next : Image;
    }

    public ValueTask DisposeAsync() => log.DisposeAsync();

    private MetadataImage Show(MetadataImage now) => fault switch
    {
        MetadataFault.SecondLeader => Claim(now),
        MetadataFault.OldImage => GoBack(now),
        MetadataFault.ElectAnyReplica => now with { EventHistory = EventHistory.Empty },
        MetadataFault.ForgetTopic => Forget(now),
        _ => now,
    };

    /// <summary>The last of the ISR takes the partition, without a new epoch.</summary>
    private MetadataImage Claim(MetadataImage now)
    {
        TopicRegistry registry = now.Registry;
        foreach (TopicImage topic in now.Topics)
        {
            PartitionImage[] claimed =
            [
                .. topic.Partitions.Where(partition => partition.Leader is { } leader && leader != self && partition.InSync[^1] == self).Select(partition => partition with { Leader = self }),
            ];
            if (claimed.Length > 0)
            {
                registry = registry.Replace(With(topic, claimed), claimed);
            }
        }

        return ReferenceEquals(registry, now.Registry) ? now : now with { Registry = registry };
    }

    private MetadataImage GoBack(MetadataImage now)
    {
        old.Enqueue(now);
        MetadataImage before = old.Count > Kept ? old.Dequeue() : old.Peek();
        return now.Version % BackEvery == 0 ? before : now;
    }

    private static MetadataImage Forget(MetadataImage now)
    {
        TopicRegistry.Builder rest = new();
        foreach (TopicImage topic in now.Topics.Where(topic => topic.Partitions.All(partition => partition.LeaderEpoch == LeaderEpoch.Zero)))
        {
            rest.TryAdd(topic);
        }

        foreach (TopicVersion deleted in now.Registry.DeletedIds)
        {
            rest.TryAddDeleted(deleted);
        }

        return now with { Registry = rest.Build(0) ?? rest.Build(now.PartitionCount)! };
    }

    /// <summary>A new leader is one that is there and out of sync, if there is any; the election is called forced, which the rules of the log let pass.</summary>
    private PartitionChange ElectAny(PartitionChange change)
    {
        if (change.Election != ElectionKind.Clean || change.Leader is null || !log.Image.TryGetPartition(change.Partition, out PartitionImage? before) || change.Leader == before.Leader)
        {
            return change;
        }

        foreach (NodeId node in before.Replicas)
        {
            bool isBehind = !before.InSync.Contains(node) && !before.EligibleLeaders.Contains(node);
            if (isBehind && log.Image.TryGetBroker(node, out Metadata.Brokers.BrokerImage? broker) && broker.MayLead)
            {
                return change with { Leader = node, InSync = NodeList.Of(node), Election = ElectionKind.Forced };
            }
        }

        return change;
    }

    private static TopicImage With(TopicImage topic, IReadOnlyList<PartitionImage> changed) => new()
    {
        Id = topic.Id,
        Name = topic.Name,
        Settings = topic.Settings,
        Partitions = [.. topic.Partitions.Select(partition => changed.FirstOrDefault(other => other.Index == partition.Index) ?? partition)],
        Version = topic.Version,
        LastChange = topic.LastChange,
        FlushedSince = topic.FlushedSince,
        Created = topic.Created,
    };
}
