using GoQueue.Core;
using GoQueue.Core.Fields;

namespace GoQueue.Replication.Wire;

internal static class PartitionFields
{
    public static TopicPartition ReadPartition(this ref FieldReader from) => new(new TopicId(from.ReadGuid()), new PartitionIndex(from.ReadInt32()));
}
