using System.Buffers;
using GoQueue.Core;
using GoQueue.Core.Fields;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Encoding;

/// <summary>The event history of a snapshot (docs/internals/metadata-snapshot.md).</summary>
internal static class EventFields
{
    private const int SmallestEvent = 8 + 1 + 16 + 4 + 2 + 2 + 4 + 1;

    public static void WriteEvents(this IBufferWriter<byte> to, MetadataImage image)
    {
        to.WriteInt64(image.EventCount);
        NodeTableWriter table = new();
        table.Body.WriteInt32(image.Events.Count);
        foreach (ClusterEvent happened in image.Events)
        {
            table.Body.WriteInt64(happened.Version);
            table.Body.WriteByte((byte)happened.Kind);
            table.Body.WriteTopicId(happened.Partition.Topic);
            table.Body.WriteInt32(happened.Partition.Partition.Value);
            table.WriteNode(happened.Leader);
            table.WriteNodeOrNone(happened.Before);
            table.Body.WriteInt32(happened.LeaderEpoch.Value);
            table.Body.WriteRange(happened.AtRisk);
        }

        table.WriteTo(to);
    }

    /// <summary>Null when they are cut short, out of order or out of bounds.</summary>
    public static EventHistory? ReadEvents(this ref FieldReader from, Dictionary<string, NodeId> names, long version)
    {
        long total = from.ReadInt64();
        NodeTableReader table = NodeTableReader.Read(ref from, names);
        ClusterEvent[] events = new ClusterEvent[from.ReadCount(SmallestEvent, EventHistory.MaxEvents)];
        long previous = 1;
        for (int i = 0; i < events.Length; i++)
        {
            events[i] = new ClusterEvent(
                from.ReadInt64(),
                (ClusterEventKind)from.ReadByte(),
                new TopicPartition(from.ReadTopicId(), new PartitionIndex(from.ReadInt32())),
                table.ReadNode(ref from),
                table.ReadNodeOrNone(ref from),
                new LeaderEpoch(from.ReadInt32()),
                from.ReadRange());
            bool isFine = events[i].Version >= previous && events[i].Version <= version && Enum.IsDefined(events[i].Kind)
                && events[i].Partition.Partition.Value is >= 0 and < PartitionLayout.MaxPartitions && events[i].LeaderEpoch >= LeaderEpoch.Zero;
            if (from.IsBroken || !isFine)
            {
                return null;
            }

            previous = events[i].Version;
        }

        return from.IsBroken || !table.IsUsedUp || total < events.Length ? null : EventHistory.From(events, total);
    }

    /// <summary>One byte for none.</summary>
    public static void WriteRange(this IBufferWriter<byte> to, OffsetRange? range)
    {
        to.WriteBoolean(range is not null);
        if (range is { } known)
        {
            to.WriteInt64(known.First.Value);
            to.WriteInt64(known.End.Value);
        }
    }

    public static OffsetRange? ReadRange(this ref FieldReader from)
    {
        if (!from.ReadBoolean())
        {
            return null;
        }

        OffsetRange range = new(new Offset(from.ReadInt64()), new Offset(from.ReadInt64()));
        if (range.First.Value < 0 || range.End < range.First)
        {
            from.Break();
        }

        return range;
    }
}
