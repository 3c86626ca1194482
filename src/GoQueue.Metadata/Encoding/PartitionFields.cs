using System.Buffers;
using GoQueue.Core;
using GoQueue.Core.Fields;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Encoding;

/// <summary>
/// Partitions in version 2 (docs/internals/metadata-commands.md): the replicas by name, everything that is a part of them as bits, 33 bytes each with three
/// replicas.
/// </summary>
internal static class PartitionFields
{
    private const int SmallestPartition = 4 + 4 + 4 + 4 + 1 + 1 + 1 + 2 + (4 * 2);
    private const byte Nobody = 0xFF;

    public static void WritePartitions(this IBufferWriter<byte> to, IReadOnlyList<PartitionImage> partitions)
    {
        NodeTableWriter table = new();
        table.Body.WriteInt32(partitions.Count);
        foreach (PartitionImage partition in partitions)
        {
            NodeList replicas = partition.Replicas;
            table.Body.WriteUInt32(partition.Keys.First);
            table.Body.WriteUInt32(partition.Keys.Last);
            table.Body.WriteInt32(partition.LeaderEpoch.Value);
            table.Body.WriteInt32(partition.PartitionEpoch.Value);
            table.WriteNodes(replicas);
            table.Body.WriteByte(PlaceOf(partition.Leader, replicas));
            table.Body.WriteByte(PlaceOf(partition.LastKnownLeader, replicas));
            table.Body.WriteInt16(Bits(partition.InSync, replicas));
            table.Body.WriteInt16(Bits(partition.EligibleLeaders, replicas));
            table.Body.WriteInt16(Bits(partition.Adding, replicas));
            table.Body.WriteInt16(Bits(partition.Removing, replicas));
        }

        table.WriteTo(to);
    }

    /// <summary>The layout is for <see cref="PartitionLayout"/> to judge.</summary>
    public static IReadOnlyList<PartitionImage> ReadPartitions(this ref FieldReader from, Dictionary<string, NodeId> names, int firstIndex = 0)
    {
        NodeTableReader table = NodeTableReader.Read(ref from, names);
        PartitionImage[] partitions = new PartitionImage[from.ReadCount(SmallestPartition, PartitionLayout.MaxPartitions)];
        NodeList previous = NodeList.Empty;
        for (int i = 0; i < partitions.Length && !from.IsBroken; i++)
        {
            HashRange keys = new(from.ReadUInt32(), from.ReadUInt32());
            LeaderEpoch leaderEpoch = new(from.ReadInt32());
            PartitionEpoch partitionEpoch = new(from.ReadInt32());
            NodeList replicas = table.ReadNodes(ref from, PartitionImage.MaxReplicas);
            replicas = replicas.Equals(previous) ? previous : replicas;
            previous = replicas;
            partitions[i] = new PartitionImage
            {
                Index = new PartitionIndex(firstIndex + i),
                Keys = keys,
                LeaderEpoch = leaderEpoch,
                PartitionEpoch = partitionEpoch,
                Replicas = replicas,
                Leader = NodeAt(ref from, replicas),
                LastKnownLeader = NodeAt(ref from, replicas),
                InSync = FromBits(ref from, replicas),
                EligibleLeaders = FromBits(ref from, replicas),
                Adding = FromBits(ref from, replicas),
                Removing = FromBits(ref from, replicas),
            };
        }

        if (!table.IsUsedUp)
        {
            from.Break();
        }

        return from.IsBroken ? [] : partitions;
    }

    public static short Bits(NodeList part, NodeList of)
    {
        int bits = 0;
        foreach (NodeId node in part)
        {
            bits |= 1 << of.IndexOf(node);
        }

        return unchecked((short)bits);
    }

    public static NodeList FromBits(ref FieldReader from, NodeList of)
    {
        int bits = (ushort)from.ReadInt16();
        if (bits >> of.Count != 0)
        {
            from.Break();
        }

        if (bits == 0 || from.IsBroken)
        {
            return NodeList.Empty;
        }

        return bits == (1 << of.Count) - 1 ? of : of.Where(node => (bits & (1 << of.IndexOf(node))) != 0);
    }

    private static byte PlaceOf(NodeId? node, NodeList replicas) => node is { } known ? checked((byte)replicas.IndexOf(known)) : Nobody;

    private static NodeId? NodeAt(ref FieldReader from, NodeList replicas)
    {
        byte place = from.ReadByte();
        if (place == Nobody)
        {
            return null;
        }

        if (place >= replicas.Count)
        {
            from.Break();
            return null;
        }

        return replicas[place];
    }
}
