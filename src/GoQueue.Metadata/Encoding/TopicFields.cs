using System.Buffers;
using GoQueue.Core;
using GoQueue.Metadata.Cluster;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Encoding;

/// <summary>
/// The field groups that commands and snapshots share (docs/internals/metadata-commands.md): topic settings, and partitions with a table of the
/// node names they mention, in the order of first mention, so that the bytes are canonical and 10000 partitions stay small.
/// </summary>
internal static class TopicFields
{
    private const int PartitionSize = 4 + 4 + 2 + 4;

    public static void WriteSettings(this IBufferWriter<byte> to, TopicSettings settings)
    {
        to.WriteInt64(settings.RetentionMillis);
        to.WriteInt64(settings.RetentionBytes);
        to.WriteInt64(settings.SegmentBytes);
        to.WriteInt64(settings.SegmentMillis);
        to.WriteByte(checked((byte)settings.CleanupPolicy));
        to.WriteInt32(settings.MaxMessageBytes);
        to.WriteByte(checked((byte)settings.FlushMode));
        to.WriteInt64(settings.FlushIntervalMillis);
    }

    /// <summary>The values are for <see cref="TopicSettings.Validate"/> to judge.</summary>
    public static TopicSettings ReadSettings(this ref FieldReader from) => new()
    {
        RetentionMillis = from.ReadInt64(),
        RetentionBytes = from.ReadInt64(),
        SegmentBytes = from.ReadInt64(),
        SegmentMillis = from.ReadInt64(),
        CleanupPolicy = (CleanupPolicy)from.ReadByte(),
        MaxMessageBytes = from.ReadInt32(),
        FlushMode = (TopicFlushMode)from.ReadByte(),
        FlushIntervalMillis = from.ReadInt64(),
    };

    public static void WritePartitions(this IBufferWriter<byte> to, IReadOnlyList<PartitionImage> partitions)
    {
        Dictionary<string, short> nodes = [];
        List<string> byMention = [];
        foreach (PartitionImage partition in partitions)
        {
            if (nodes.TryAdd(partition.Leader.Value, (short)byMention.Count))
            {
                byMention.Add(partition.Leader.Value);
            }
        }

        to.WriteInt32(byMention.Count);
        foreach (string node in byMention)
        {
            to.WriteName(node);
        }

        to.WriteInt32(partitions.Count);
        foreach (PartitionImage partition in partitions)
        {
            to.WriteUInt32(partition.Keys.First);
            to.WriteUInt32(partition.Keys.Last);
            to.WriteInt16(nodes[partition.Leader.Value]);
            to.WriteInt32(partition.LeaderEpoch.Value);
        }
    }

    /// <summary>The layout is for <see cref="PartitionLayout.Validate"/> to judge.</summary>
    /// <param name="names">Node names seen before, so that a thousand topics share one string.</param>
    public static IReadOnlyList<PartitionImage> ReadPartitions(this ref FieldReader from, Dictionary<string, NodeId> names)
    {
        NodeId[] nodes = new NodeId[from.ReadCount(itemSize: 2, PartitionLayout.MaxPartitions)];
        HashSet<NodeId> seen = [];
        for (int i = 0; i < nodes.Length; i++)
        {
            nodes[i] = ReadNode(ref from, names);
            if (!seen.Add(nodes[i]))
            {
                from.Break();
            }
        }

        PartitionImage[] partitions = new PartitionImage[from.ReadCount(PartitionSize, PartitionLayout.MaxPartitions)];
        int mentioned = 0;
        for (int i = 0; i < partitions.Length; i++)
        {
            HashRange keys = new(from.ReadUInt32(), from.ReadUInt32());
            int node = from.ReadInt16();
            LeaderEpoch epoch = new(from.ReadInt32());
            if (node < 0 || node > mentioned || node >= nodes.Length)
            {
                from.Break();
                return [];
            }

            mentioned = Math.Max(mentioned, node + 1);
            partitions[i] = new PartitionImage(new PartitionIndex(i), keys, nodes[node], epoch);
        }

        if (mentioned != nodes.Length)
        {
            from.Break();
        }

        return from.IsBroken ? [] : partitions;
    }

    private static NodeId ReadNode(ref FieldReader from, Dictionary<string, NodeId> names)
    {
        string name = from.ReadName(ClusterName.MaxLength);
        if (!names.TryGetValue(name, out NodeId node))
        {
            node = new NodeId(name);
            names.Add(name, node);
        }

        return node;
    }
}
