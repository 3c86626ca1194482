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

    private int PartitionCount { get; init; }

    private ImmutableSortedSet<TopicId> Deleted { get; init; } = null!;

    private ImmutableQueue<TopicId> DeletedInOrder { get; init; } = null!;

    public int Count => ByName.Count;

    /// <summary>Oldest first.</summary>
    public IEnumerable<TopicId> DeletedIds => DeletedInOrder;

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

    public TopicRegistry Add(TopicImage topic) => With(
        ByName.Add(topic.Name, topic),
        ById.Add(topic.Id, topic),
        Spellings.Add(topic.Name, topic.Name),
        PartitionCount + topic.Partitions.Count);

    /// <summary>The same id, name and partitions with other settings.</summary>
    public TopicRegistry Replace(TopicImage topic) => With(ByName.SetItem(topic.Name, topic), ById.SetItem(topic.Id, topic), Spellings, PartitionCount);

    public TopicRegistry Remove(TopicImage topic)
    {
        ImmutableSortedSet<TopicId> deleted = Deleted.Add(topic.Id);
        ImmutableQueue<TopicId> inOrder = DeletedInOrder.Enqueue(topic.Id);
        if (deleted.Count > MaxDeleted)
        {
            inOrder = inOrder.Dequeue(out TopicId oldest);
            deleted = deleted.Remove(oldest);
        }

        return new TopicRegistry
        {
            ByName = ByName.Remove(topic.Name),
            ById = ById.Remove(topic.Id),
            Spellings = Spellings.Remove(topic.Name),
            PartitionCount = PartitionCount - topic.Partitions.Count,
            Deleted = deleted,
            DeletedInOrder = inOrder,
        };
    }

    private TopicRegistry With(
        ImmutableSortedDictionary<string, TopicImage> byName,
        ImmutableSortedDictionary<TopicId, TopicImage> byId,
        ImmutableSortedDictionary<string, string> spellings,
        int partitionCount) => new()
        {
            ByName = byName,
            ById = byId,
            Spellings = spellings,
            PartitionCount = partitionCount,
            Deleted = Deleted,
            DeletedInOrder = DeletedInOrder,
        };

    /// <summary>Makes a registry of many topics at once, for a snapshot.</summary>
    public sealed class Builder
    {
        private readonly ImmutableSortedDictionary<string, TopicImage>.Builder byName = Empty.ByName.ToBuilder();
        private readonly ImmutableSortedDictionary<TopicId, TopicImage>.Builder byId = Empty.ById.ToBuilder();
        private readonly ImmutableSortedDictionary<string, string>.Builder spellings = Empty.Spellings.ToBuilder();
        private readonly ImmutableSortedSet<TopicId>.Builder deleted = Empty.Deleted.ToBuilder();
        private readonly List<TopicId> deletedInOrder = [];
        private int partitionCount;

        /// <summary>False when the id or the name in any spelling is taken, or there are too many partitions; then the builder is spoiled.</summary>
        public bool TryAdd(TopicImage topic)
        {
            partitionCount += topic.Partitions.Count;
            return partitionCount <= MaxPartitions
                && byName.TryAdd(topic.Name, topic)
                && byId.TryAdd(topic.Id, topic)
                && spellings.TryAdd(topic.Name, topic.Name);
        }

        /// <summary>Oldest first. False when the id is there already, or there are too many.</summary>
        public bool TryAddDeleted(TopicId id)
        {
            deletedInOrder.Add(id);
            return !byId.ContainsKey(id) && deleted.Add(id) && deleted.Count <= MaxDeleted;
        }

        public TopicRegistry Build() => new()
        {
            ByName = byName.ToImmutable(),
            ById = byId.ToImmutable(),
            Spellings = spellings.ToImmutable(),
            PartitionCount = partitionCount,
            Deleted = deleted.ToImmutable(),
            DeletedInOrder = [.. deletedInOrder],
        };
    }
}
