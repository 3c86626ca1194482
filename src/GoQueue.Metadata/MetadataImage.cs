using System.Diagnostics.CodeAnalysis;
using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata;

/// <summary>
/// The whole metadata state at one version. Immutable and shared by every reader without a lock; the next version shares all but what changed.
/// </summary>
public sealed record MetadataImage
{
    /// <summary>The state before the first command.</summary>
    public static readonly MetadataImage Empty = new();

    internal MetadataImage()
    {
    }

    /// <summary>One more than the log position of the last command that changed something; 0 when none did.</summary>
    public long Version { get; internal init; }

    /// <summary>Null until the cluster is formed, then the same for ever.</summary>
    public string? ClusterId { get; internal init; }

    /// <summary>The first producer id that was never given out.</summary>
    public ProducerId NextProducerId { get; internal init; } = new(0);

    /// <summary>In ordinal order of their names. Made on first use of each image, in time linear in the number of topics; see <see cref="TopicsChangedSince"/>.</summary>
    public IReadOnlyList<TopicImage> Topics => Registry.InNameOrder;

    public int TopicCount => Registry.Count;

    /// <summary>Of all topics.</summary>
    public int PartitionCount => Registry.PartitionCount;

    /// <summary>In ordinal order of their node ids.</summary>
    public IReadOnlyList<BrokerImage> Brokers => BrokerRegistry.InOrder;

    /// <summary>The newest choices that may have cost acknowledged records, oldest first; at most 1000.</summary>
    public IReadOnlyList<ClusterEvent> Events => EventHistory.Newest;

    /// <summary>How many of them there ever were.</summary>
    public long EventCount => EventHistory.Total;

    /// <summary>Bound on filling replicas that are being added, bytes per second for each broker, in and out; 0 for none.</summary>
    public long ReassignmentBytesPerSecond { get; internal init; }

    /// <summary>Partitions whose replicas are being exchanged, in order.</summary>
    public IReadOnlyCollection<TopicPartition> Reassigning => Registry.Reassigning;

    /// <summary>Partitions that began a reassignment since none was under way; the difference to <see cref="Reassigning"/> is done.</summary>
    public int ReassignmentTotal => Registry.ReassignmentTotal;

    internal TopicRegistry Registry { get; init; } = TopicRegistry.Empty;

    internal BrokerRegistry BrokerRegistry { get; init; } = BrokerRegistry.Empty;

    internal EventHistory EventHistory { get; init; } = EventHistory.Empty;

    /// <summary>The topic of exactly this name; case counts.</summary>
    public bool TryGetTopic(string name, [MaybeNullWhen(false)] out TopicImage topic) => Registry.TryGet(name, out topic);

    public bool TryGetTopic(TopicId id, [MaybeNullWhen(false)] out TopicImage topic) => Registry.TryGet(id, out topic);

    public bool TryGetBroker(NodeId node, [MaybeNullWhen(false)] out BrokerImage broker) => BrokerRegistry.TryGet(node, out broker);

    public bool TryGetPartition(TopicPartition id, [MaybeNullWhen(false)] out PartitionImage partition)
    {
        bool isThere = Registry.TryGet(id.Topic, out TopicImage? topic) && (uint)id.Partition.Value < (uint)topic.Partitions.Count;
        partition = isThere ? topic!.Partitions[id.Partition.Value] : null;
        return isThere;
    }

    /// <summary>Topics with a replica on the node, by id.</summary>
    public IEnumerable<TopicImage> TopicsOn(NodeId node) => Registry.On(node);

    /// <summary>Topics that changed in any way after the image of that version, leaders and ISRs included; oldest change first.</summary>
    public IEnumerable<TopicImage> TopicsChangedSince(long version) => Registry.ChangedSince(version);

    /// <summary>Topics deleted after the image of that version, oldest first, as far as remembered (<see cref="IsDeleted"/>).</summary>
    public IEnumerable<TopicId> TopicsDeletedSince(long version) => Registry.DeletedSince(version);

    /// <summary>
    /// True when the id belonged to a topic that was deleted: what is left of it on disk may go. False says nothing; only the last
    /// 10,000 deletions are remembered.
    /// </summary>
    public bool IsDeleted(TopicId id) => Registry.IsDeleted(id);
}
