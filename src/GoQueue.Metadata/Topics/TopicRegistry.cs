using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using GoQueue.Core;
using GoQueue.Metadata.Commands;

namespace GoQueue.Metadata.Topics;

/// <summary>
/// The topics of an image: persistent trees by name, by id, and by name without regard to case. All in a defined order: ordinal names, ids.
/// Names are ASCII, so ignoring case is a matter of 26 letters and the same everywhere. The last deleted ids are remembered, so that a node
/// removes data because it was deleted and never because it is not mentioned.
/// </summary>
internal sealed class TopicRegistry
{
    /// <summary>Partitions of all topics together: each is a directory and a loop on its nodes.</summary>
    public const int MaxPartitions = 1_000_000;

    /// <summary>Deletions remembered, 24 bytes each and tree nodes; far more than a node misses while it is away.</summary>
    public const int MaxDeleted = 10_000;

    public static readonly TopicRegistry Empty = new()
    {
        ByName = ImmutableSortedDictionary.Create<string, TopicImage>(StringComparer.Ordinal),
        ById = ImmutableSortedDictionary.Create<TopicId, TopicImage>(),
        Spellings = ImmutableSortedDictionary.Create<string, string>(StringComparer.OrdinalIgnoreCase),
        ByChange = [],
        ByHost = ImmutableSortedDictionary<NodeId, ImmutableSortedSet<TopicId>>.Empty,
        Reassigning = [],
        Deleted = [],
        DeletedInOrder = [],
    };

    private IReadOnlyList<TopicImage>? inNameOrder;

    private TopicRegistry()
    {
    }

    private ImmutableSortedDictionary<string, TopicImage> ByName { get; init; } = null!;

    private ImmutableSortedDictionary<TopicId, TopicImage> ById { get; init; } = null!;

    /// <summary>Names without regard to case, and how they are spelled.</summary>
    private ImmutableSortedDictionary<string, string> Spellings { get; init; } = null!;

    /// <summary>Every topic at its last change: who follows looks at what changed and not at everything.</summary>
    private ImmutableSortedSet<TopicVersion> ByChange { get; init; } = null!;

    /// <summary>The topics with a replica on a node; a broker that dies names its partitions without a walk over all.</summary>
    private ImmutableSortedDictionary<NodeId, ImmutableSortedSet<TopicId>> ByHost { get; init; } = null!;

    private ImmutableSortedSet<TopicId> Deleted { get; init; } = null!;

    private ImmutableSortedSet<TopicVersion> DeletedInOrder { get; init; } = null!;

    /// <summary>Partitions whose replicas are being exchanged.</summary>
    public ImmutableSortedSet<TopicPartition> Reassigning { get; private init; } = null!;

    /// <summary>Partitions that began a reassignment since none was under way; those among them that are not in <see cref="Reassigning"/> are done.</summary>
    public int ReassignmentTotal { get; private init; }

    public int PartitionCount { get; private init; }

    public int Count => ByName.Count;

    /// <summary>With the image version of their deletion, oldest first.</summary>
    public IReadOnlyList<TopicVersion> DeletedIds => DeletedInOrder;

    public int DeletedCount => Deleted.Count;

    /// <summary>Two readers may both make it at first; the lists are equal, so either may stay.</summary>
    public IReadOnlyList<TopicImage> InNameOrder => inNameOrder ??= [.. ByName.Values];

    public bool TryGet(string name, [MaybeNullWhen(false)] out TopicImage topic) => ByName.TryGetValue(name, out topic);

    public bool IsDeleted(TopicId id) => Deleted.Contains(id);

    public bool TryGet(TopicId id, [MaybeNullWhen(false)] out TopicImage topic) => ById.TryGetValue(id, out topic);

    /// <summary>Null when the topic may be added, else the refusal.</summary>
    public Error? Refuses(CreateTopicCommand command)
    {
        if (Spellings.TryGetValue(command.Name, out string? spelling))
        {
            return new Error(ErrorCode.TopicAlreadyExists, spelling == command.Name
                ? $"topic {spelling} exists"
                : $"topic {spelling} exists, and {command.Name} differs from it only in case");
        }

        if (ById.TryGetValue(command.Id, out TopicImage? other))
        {
            return new Error(ErrorCode.TopicAlreadyExists, $"the id {command.Id} belongs to topic {other.Name}");
        }

        if (IsDeleted(command.Id))
        {
            return new Error(ErrorCode.TopicAlreadyExists, $"the id {command.Id} belonged to a topic that was deleted");
        }

        return PartitionCount + command.Partitions.Count <= MaxPartitions
            ? null
            : new Error(ErrorCode.InvalidPartitionCount, $"{command.Partitions.Count} more partitions would be more than {MaxPartitions} in the cluster, {PartitionCount} exist");
    }

    /// <summary>The topics that changed after the image of this version, oldest change first.</summary>
    public IEnumerable<TopicImage> ChangedSince(long version)
    {
        for (int i = FirstAfter(ByChange, version); i < ByChange.Count; i++)
        {
            yield return ById[ByChange[i].Id];
        }
    }

    /// <summary>The topics deleted after the image of this version, oldest first, as far as they are remembered.</summary>
    public IEnumerable<TopicId> DeletedSince(long version)
    {
        for (int i = FirstAfter(DeletedInOrder, version); i < DeletedInOrder.Count; i++)
        {
            yield return DeletedInOrder[i].Id;
        }
    }

    /// <summary>In order of topic ids.</summary>
    public IEnumerable<TopicImage> On(NodeId node) =>
        ByHost.TryGetValue(node, out ImmutableSortedSet<TopicId>? topics) ? topics.Select(id => ById[id]) : [];

    public bool IsHost(NodeId node) => ByHost.ContainsKey(node);

    public TopicRegistry Add(TopicImage topic) => new()
    {
        ByName = ByName.Add(topic.Name, topic),
        ById = ById.Add(topic.Id, topic),
        Spellings = Spellings.Add(topic.Name, topic.Name),
        ByChange = ByChange.Add(topic.Change()),
        ByHost = Rehosted(ByHost, topic.Id, NodeList.Empty, topic.Hosts),
        Reassigning = Reassigning,
        ReassignmentTotal = ReassignmentTotal,
        PartitionCount = PartitionCount + topic.Partitions.Count,
        Deleted = Deleted,
        DeletedInOrder = DeletedInOrder,
    };

    /// <summary>The same topic in another state.</summary>
    /// <param name="changed">Those of its partitions whose replicas may have changed.</param>
    public TopicRegistry Replace(TopicImage after, IReadOnlyList<PartitionImage> changed)
    {
        TopicImage before = ById[after.Id];
        ImmutableSortedSet<TopicPartition> reassigning = Reassigning;
        int total = ReassignmentTotal;
        foreach (PartitionImage partition in changed)
        {
            TopicPartition id = new(after.Id, partition.Index);
            ImmutableSortedSet<TopicPartition> next = partition.IsReassigning ? reassigning.Add(id) : reassigning.Remove(id);
            total += next.Count > reassigning.Count ? 1 : 0;
            reassigning = next;
        }

        return new TopicRegistry
        {
            ByName = ByName.SetItem(after.Name, after),
            ById = ById.SetItem(after.Id, after),
            Spellings = Spellings,
            ByChange = ByChange.Remove(before.Change()).Add(after.Change()),
            ByHost = ReferenceEquals(before.Hosts, after.Hosts) ? ByHost : Rehosted(ByHost, after.Id, before.Hosts, after.Hosts),
            Reassigning = reassigning,
            ReassignmentTotal = reassigning.IsEmpty ? 0 : total,
            PartitionCount = PartitionCount + after.Partitions.Count - before.Partitions.Count,
            Deleted = Deleted,
            DeletedInOrder = DeletedInOrder,
        };
    }

    public TopicRegistry Remove(TopicImage topic, long version)
    {
        ImmutableSortedSet<TopicId> deleted = Deleted.Add(topic.Id);
        ImmutableSortedSet<TopicVersion> inOrder = DeletedInOrder.Add(new TopicVersion(version, topic.Id));
        if (deleted.Count > MaxDeleted)
        {
            TopicVersion oldest = inOrder[0];
            inOrder = inOrder.Remove(oldest);
            deleted = deleted.Remove(oldest.Id);
        }

        ImmutableSortedSet<TopicPartition> reassigning = Reassigning.Except(
            topic.Partitions.Where(partition => partition.IsReassigning).Select(partition => new TopicPartition(topic.Id, partition.Index)));
        return new TopicRegistry
        {
            ByName = ByName.Remove(topic.Name),
            ById = ById.Remove(topic.Id),
            Spellings = Spellings.Remove(topic.Name),
            ByChange = ByChange.Remove(topic.Change()),
            ByHost = Rehosted(ByHost, topic.Id, topic.Hosts, NodeList.Empty),
            Reassigning = reassigning,
            ReassignmentTotal = reassigning.IsEmpty ? 0 : ReassignmentTotal - (Reassigning.Count - reassigning.Count),
            PartitionCount = PartitionCount - topic.Partitions.Count,
            Deleted = deleted,
            DeletedInOrder = inOrder,
        };
    }

    private static int FirstAfter(ImmutableSortedSet<TopicVersion> set, long version)
    {
        int at = set.IndexOf(new TopicVersion(version + 1, default));
        return at >= 0 ? at : ~at;
    }

    private static ImmutableSortedDictionary<NodeId, ImmutableSortedSet<TopicId>> Rehosted(
        ImmutableSortedDictionary<NodeId, ImmutableSortedSet<TopicId>> byHost, TopicId topic, NodeList before, NodeList after)
    {
        foreach (NodeId gone in before.Without(after))
        {
            ImmutableSortedSet<TopicId> rest = byHost[gone].Remove(topic);
            byHost = rest.IsEmpty ? byHost.Remove(gone) : byHost.SetItem(gone, rest);
        }

        foreach (NodeId come in after.Without(before))
        {
            byHost = byHost.SetItem(come, (byHost.TryGetValue(come, out ImmutableSortedSet<TopicId>? topics) ? topics : []).Add(topic));
        }

        return byHost;
    }

    /// <summary>Makes a registry of many topics at once, for a snapshot.</summary>
    public sealed class Builder
    {
        private readonly ImmutableSortedDictionary<string, TopicImage>.Builder byName = Empty.ByName.ToBuilder();
        private readonly ImmutableSortedDictionary<TopicId, TopicImage>.Builder byId = Empty.ById.ToBuilder();
        private readonly ImmutableSortedDictionary<string, string>.Builder spellings = Empty.Spellings.ToBuilder();
        private readonly ImmutableSortedSet<TopicVersion>.Builder byChange = Empty.ByChange.ToBuilder();
        private readonly SortedDictionary<NodeId, ImmutableSortedSet<TopicId>.Builder> byHost = [];
        private readonly ImmutableSortedSet<TopicPartition>.Builder reassigning = Empty.Reassigning.ToBuilder();
        private readonly ImmutableSortedSet<TopicId>.Builder deleted = Empty.Deleted.ToBuilder();
        private readonly ImmutableSortedSet<TopicVersion>.Builder deletedInOrder = Empty.DeletedInOrder.ToBuilder();
        private int partitionCount;

        /// <summary>False when the id or the name in any spelling is taken, or there are too many partitions; then the builder is spoiled.</summary>
        public bool TryAdd(TopicImage topic)
        {
            partitionCount += topic.Partitions.Count;
            byChange.Add(topic.Change());
            foreach (NodeId host in topic.Hosts)
            {
                if (!byHost.TryGetValue(host, out ImmutableSortedSet<TopicId>.Builder? topics))
                {
                    byHost.Add(host, topics = ImmutableSortedSet.CreateBuilder<TopicId>());
                }

                topics.Add(topic.Id);
            }

            foreach (PartitionImage partition in topic.Partitions)
            {
                if (partition.IsReassigning)
                {
                    reassigning.Add(new TopicPartition(topic.Id, partition.Index));
                }
            }

            return partitionCount <= MaxPartitions
                && byName.TryAdd(topic.Name, topic)
                && byId.TryAdd(topic.Id, topic)
                && spellings.TryAdd(topic.Name, topic.Name);
        }

        /// <summary>Oldest first. False when the id is there already, out of order, or there are too many.</summary>
        public bool TryAddDeleted(TopicVersion topic)
        {
            bool isInOrder = deletedInOrder.Count == 0 || deletedInOrder.Max.CompareTo(topic) < 0;
            deletedInOrder.Add(topic);
            return isInOrder && !byId.ContainsKey(topic.Id) && deleted.Add(topic.Id) && deleted.Count <= MaxDeleted;
        }

        /// <param name="reassignmentTotal">At least as many as are under way, 0 when none is; else null is returned.</param>
        public TopicRegistry? Build(int reassignmentTotal) => reassignmentTotal < reassigning.Count || (reassigning.Count == 0 && reassignmentTotal != 0)
            ? null
            : new TopicRegistry
            {
                ByName = byName.ToImmutable(),
                ById = byId.ToImmutable(),
                Spellings = spellings.ToImmutable(),
                ByChange = byChange.ToImmutable(),
                ByHost = byHost.ToImmutableSortedDictionary(host => host.Key, host => host.Value.ToImmutable()),
                Reassigning = reassigning.ToImmutable(),
                ReassignmentTotal = reassignmentTotal,
                PartitionCount = partitionCount,
                Deleted = deleted.ToImmutable(),
                DeletedInOrder = deletedInOrder.ToImmutable(),
            };
    }
}
