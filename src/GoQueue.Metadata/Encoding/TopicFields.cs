using System.Buffers;
using GoQueue.Core;
using GoQueue.Core.Fields;
using GoQueue.Metadata.Cluster;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Encoding;

/// <summary>
/// The field groups that commands and snapshots share (docs/internals/metadata-commands.md): topic settings, and how partitions were written in version
/// 1, when each had one replica that led.
/// </summary>
internal static class TopicFields
{
    private const int PartitionSizeV1 = 4 + 4 + 2 + 4;

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
        to.WriteByte(checked((byte)settings.ReplicationFactor));
        to.WriteByte(checked((byte)settings.MinInSyncReplicas));
        to.WriteByte(settings.UncleanLeaderElection ? (byte)1 : (byte)0);
    }

    /// <summary>The values are for <see cref="TopicSettings.Validate"/> to judge.</summary>
    public static TopicSettings ReadSettings(this ref FieldReader from)
    {
        TopicSettings settings = from.ReadSettingsV1() with { ReplicationFactor = from.ReadByte(), MinInSyncReplicas = from.ReadByte() };
        return settings with { UncleanLeaderElection = from.ReadBoolean() };
    }

    /// <summary>Before there were replicas: one is all a topic has and needs.</summary>
    public static TopicSettings ReadSettingsV1(this ref FieldReader from) => new()
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

    /// <summary>The layout is for <see cref="PartitionLayout.Validate"/> to judge.</summary>
    /// <param name="names">Node names seen before, so that a thousand topics share one string.</param>
    public static IReadOnlyList<PartitionImage> ReadPartitionsV1(this ref FieldReader from, Dictionary<string, NodeId> names)
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

        NodeList[] alone = Array.ConvertAll(nodes, node => NodeList.Of(node));
        PartitionImage[] partitions = new PartitionImage[from.ReadCount(PartitionSizeV1, PartitionLayout.MaxPartitions)];
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
            partitions[i] = PartitionImage.New(new PartitionIndex(i), keys, alone[node]) with { LeaderEpoch = epoch };
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
