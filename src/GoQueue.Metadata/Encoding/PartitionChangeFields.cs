using System.Buffers;
using GoQueue.Core;
using GoQueue.Core.Fields;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Encoding;

/// <summary>The changes of an <see cref="AlterPartitionsCommand"/>, grouped by topic (docs/internals/metadata-commands.md); about 20 bytes each.</summary>
internal static class PartitionChangeFields
{
    private const int SmallestChange = 4 + 4 + 1 + 2 + 1;
    private const int SmallestTopic = 16 + 4;

    [Flags]
    private enum Parts : byte
    {
        None = 0,
        Assignment = 1,
        Distrusted = 2,
        AtRisk = 4,
        Election = 8 | 16,
    }

    public static void WriteChanges(this IBufferWriter<byte> to, IReadOnlyList<PartitionChange> changes)
    {
        NodeTableWriter table = new();
        table.Body.WriteInt32(changes.Select(change => change.Partition.Topic).Distinct().Count());
        foreach (IGrouping<TopicId, PartitionChange> topic in changes.GroupBy(change => change.Partition.Topic))
        {
            table.Body.WriteTopicId(topic.Key);
            table.Body.WriteInt32(topic.Count());
            foreach (PartitionChange change in topic)
            {
                Write(table, change);
            }
        }

        table.WriteTo(to);
    }

    public static IReadOnlyList<PartitionChange> ReadChanges(this ref FieldReader from)
    {
        NodeTableReader table = NodeTableReader.Read(ref from, []);
        List<PartitionChange> changes = [];
        int topics = from.ReadCount(SmallestTopic, AlterPartitionsCommand.MaxChanges);
        TopicId previous = default;
        for (int i = 0; i < topics && !from.IsBroken; i++)
        {
            TopicId topic = from.ReadTopicId();
            int count = from.ReadCount(SmallestChange, AlterPartitionsCommand.MaxChanges);
            if (count == 0 || topic == previous)
            {
                from.Break();
            }

            previous = topic;
            for (int j = 0; j < count && !from.IsBroken; j++)
            {
                changes.Add(Read(ref from, table, topic));
            }
        }

        if (!table.IsUsedUp)
        {
            from.Break();
        }

        return from.IsBroken ? [] : changes;
    }

    private static void Write(NodeTableWriter table, PartitionChange change)
    {
        Parts parts = (change.Assignment is null ? 0 : Parts.Assignment)
            | (change.Distrusted.Count == 0 ? 0 : Parts.Distrusted)
            | (change.AtRisk is null ? 0 : Parts.AtRisk)
            | (Parts)((byte)change.Election << 3);
        table.Body.WriteInt32(change.Partition.Partition.Value);
        table.Body.WriteInt32(change.Expected.Value);
        table.Body.WriteByte((byte)parts);
        table.WriteNodeOrNone(change.Leader);
        table.WriteNodes(change.InSync);
        if (change.Assignment is { } assignment)
        {
            table.WriteNodes(assignment.Replicas);
            table.Body.WriteInt16(PartitionFields.Bits(assignment.Adding, assignment.Replicas));
            table.Body.WriteInt16(PartitionFields.Bits(assignment.Removing, assignment.Replicas));
        }

        if (change.Distrusted.Count > 0)
        {
            table.WriteNodes(change.Distrusted);
        }

        if (change.AtRisk is { } range)
        {
            table.Body.WriteInt64(range.First.Value);
            table.Body.WriteInt64(range.End.Value);
        }
    }

    private static PartitionChange Read(ref FieldReader from, NodeTableReader table, TopicId topic)
    {
        PartitionIndex index = new(from.ReadInt32());
        PartitionEpoch expected = new(from.ReadInt32());
        Parts parts = (Parts)from.ReadByte();
        if ((byte)parts >> 5 != 0)
        {
            from.Break();
        }

        PartitionChange change = new()
        {
            Partition = new TopicPartition(topic, index),
            Expected = expected,
            Election = (ElectionKind)((byte)(parts & Parts.Election) >> 3),
            Leader = table.ReadNodeOrNone(ref from),
            InSync = table.ReadNodes(ref from, PartitionImage.MaxReplicas),
            Assignment = parts.HasFlag(Parts.Assignment) ? ReadAssignment(ref from, table) : null,
            Distrusted = parts.HasFlag(Parts.Distrusted) ? table.ReadNodes(ref from, PartitionImage.MaxReplicas) : NodeList.Empty,
            AtRisk = parts.HasFlag(Parts.AtRisk) ? new OffsetRange(new Offset(from.ReadInt64()), new Offset(from.ReadInt64())) : null,
        };
        if (parts.HasFlag(Parts.Distrusted) && change.Distrusted.Count == 0)
        {
            from.Break();
        }

        return change;
    }

    private static ReplicaAssignment ReadAssignment(ref FieldReader from, NodeTableReader table)
    {
        NodeList replicas = table.ReadNodes(ref from, PartitionImage.MaxReplicas);
        return new ReplicaAssignment(replicas, PartitionFields.FromBits(ref from, replicas), PartitionFields.FromBits(ref from, replicas));
    }
}
