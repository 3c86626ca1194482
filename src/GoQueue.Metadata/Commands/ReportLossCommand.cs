using GoQueue.Core;
using GoQueue.Metadata.Events;

namespace GoQueue.Metadata.Commands;

/// <summary>
/// A replica had to cut records that were older than an election that was not clean: the event of that election learns which offsets were at risk (L5). Several replicas
/// may report, also one that comes back much later; the event keeps the range that holds all of them.
/// </summary>
/// <param name="LeaderEpoch">Of the event.</param>
/// <param name="Range">What was cut; not empty.</param>
public sealed record ReportLossCommand(TopicPartition Partition, LeaderEpoch LeaderEpoch, OffsetRange Range) : MetadataCommand
{
    public override Error? Validate()
    {
        bool fits = Partition.Topic.Value != Guid.Empty
            && Partition.Partition.Value is >= 0 and < Topics.PartitionLayout.MaxPartitions
            && LeaderEpoch >= LeaderEpoch.Zero
            && Range.First.Value >= 0
            && Range.End > Range.First;
        return fits ? null : new Error(ErrorCode.InvalidArgument, $"the loss of partition {Partition} does not fit together: {this}");
    }
}
