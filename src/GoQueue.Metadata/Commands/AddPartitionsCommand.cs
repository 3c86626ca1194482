using GoQueue.Core;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Commands;

/// <summary>
/// Adds partitions to a topic by cutting key ranges of those there are. Preconditions: the topic is still at the version this was based on, and the
/// ranges of all partitions together still hold every hash once (Z1). Keys of a cut range go to the new partition from then on; what was
/// published of them before stays where it is (docs/internals/metadata-commands.md says what that means for their order).
/// </summary>
/// <param name="Narrowed">Partitions whose range gets smaller, by index, and what they keep.</param>
/// <param name="Added">The new partitions; their indexes go on where the topic's end.</param>
public sealed record AddPartitionsCommand(TopicId Topic, long ExpectedVersion, IReadOnlyList<NarrowedRange> Narrowed, IReadOnlyList<PartitionImage> Added) : MetadataCommand
{
    public override Error? Validate()
    {
        if (TopicIds.Validate(Topic) is { } wrongTopic)
        {
            return wrongTopic;
        }

        if (Added.Count is < 1 or > PartitionLayout.MaxPartitions || Narrowed.Count is < 1 or > PartitionLayout.MaxPartitions)
        {
            return new Error(ErrorCode.InvalidPartitionCount, $"{Added.Count} partitions are added by cutting {Narrowed.Count}");
        }

        for (int i = 0; i < Narrowed.Count; i++)
        {
            if (Narrowed[i].Partition.Value < 0 || (i > 0 && Narrowed[i - 1].Partition.Value >= Narrowed[i].Partition.Value))
            {
                return new Error(ErrorCode.InvalidArgument, $"the cut partition {Narrowed[i].Partition} is out of order");
            }
        }

        return PartitionLayout.ValidateEach(Added, Added[0].Index.Value);
    }
}

/// <summary>What a partition keeps of its range.</summary>
public readonly record struct NarrowedRange(PartitionIndex Partition, HashRange Keys);
