using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using GoQueue.Core;
using GoQueue.Metadata.Commands;

namespace GoQueue.Metadata.Topics;

/// <summary>
/// The topics of an image: persistent trees by name, by id, and by name without regard to case. All in a defined order: ordinal names, ids.
/// Names are ASCII, so ignoring case is a matter of 26 letters and the same everywhere.
/// </summary>
internal sealed class TopicRegistry
{
    /// <summary>Partitions of all topics together: each is a directory and a loop on its nodes.</summary>
    public const int MaxPartitions = 1_000_000;

    public static readonly TopicRegistry Empty = new(
        ImmutableSortedDictionary.Create<string, TopicImage>(StringComparer.Ordinal),
        ImmutableSortedDictionary.Create<TopicId, TopicImage>(),
        ImmutableSortedDictionary.Create<string, string>(StringComparer.OrdinalIgnoreCase),
        0);

    private readonly ImmutableSortedDictionary<string, TopicImage> byName;
    private readonly ImmutableSortedDictionary<TopicId, TopicImage> byId;
    private readonly ImmutableSortedDictionary<string, string> spellings;
    private readonly int partitionCount;
    private IReadOnlyList<TopicImage>? inNameOrder;

    private TopicRegistry(
        ImmutableSortedDictionary<string, TopicImage> byName,
        ImmutableSortedDictionary<TopicId, TopicImage> byId,
        ImmutableSortedDictionary<string, string> spellings,
        int partitionCount)
    {
        this.byName = byName;
        this.byId = byId;
        this.spellings = spellings;
        this.partitionCount = partitionCount;
    }

    public int Count => byName.Count;

    /// <summary>Two readers may both make it at first; the lists are equal, so either may stay.</summary>
    public IReadOnlyList<TopicImage> InNameOrder => inNameOrder ??= [.. byName.Values];

    public bool TryGet(string name, [MaybeNullWhen(false)] out TopicImage topic) => byName.TryGetValue(name, out topic);

    public bool TryGet(TopicId id, [MaybeNullWhen(false)] out TopicImage topic) => byId.TryGetValue(id, out topic);

    /// <summary>Null when the topic may be added, else the refusal.</summary>
    public Error? Refuses(CreateTopicCommand command)
    {
        if (spellings.TryGetValue(command.Name, out string? spelling))
        {
            return new Error(ErrorCode.TopicAlreadyExists, spelling == command.Name
                ? $"topic {spelling} exists"
                : $"topic {spelling} exists, and {command.Name} differs from it only in case");
        }

        if (byId.TryGetValue(command.Id, out TopicImage? other))
        {
            return new Error(ErrorCode.TopicAlreadyExists, $"the id {command.Id} belongs to topic {other.Name}");
        }

        return partitionCount + command.Partitions.Count <= MaxPartitions
            ? null
            : new Error(ErrorCode.InvalidPartitionCount, $"{command.Partitions.Count} more partitions would be more than {MaxPartitions} in the cluster, {partitionCount} exist");
    }

    public TopicRegistry Add(TopicImage topic) => new(
        byName.Add(topic.Name, topic),
        byId.Add(topic.Id, topic),
        spellings.Add(topic.Name, topic.Name),
        partitionCount + topic.Partitions.Count);

    /// <summary>The same id, name and partitions with other settings.</summary>
    public TopicRegistry Replace(TopicImage topic) => new(byName.SetItem(topic.Name, topic), byId.SetItem(topic.Id, topic), spellings, partitionCount);

    public TopicRegistry Remove(TopicImage topic) => new(
        byName.Remove(topic.Name),
        byId.Remove(topic.Id),
        spellings.Remove(topic.Name),
        partitionCount - topic.Partitions.Count);

    /// <summary>Makes a registry of many topics at once, for a snapshot.</summary>
    public sealed class Builder
    {
        private readonly ImmutableSortedDictionary<string, TopicImage>.Builder byName = Empty.byName.ToBuilder();
        private readonly ImmutableSortedDictionary<TopicId, TopicImage>.Builder byId = Empty.byId.ToBuilder();
        private readonly ImmutableSortedDictionary<string, string>.Builder spellings = Empty.spellings.ToBuilder();
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

        public TopicRegistry Build() => new(byName.ToImmutable(), byId.ToImmutable(), spellings.ToImmutable(), partitionCount);
    }
}
