using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Storage.Directories;

namespace GoQueue.Broker.Tests.Fixtures;

/// <summary>A partition that cannot be opened until it is repaired: its checkpoint says that a newer program wrote it.</summary>
internal static class NewerCheckpoint
{
    /// <param name="partition">Its directory.</param>
    /// <param name="id">Whose it is: a checkpoint of another log would be damage.</param>
    public static void PutInto(ILogDirectory partition, TopicPartition id)
    {
        partition.Rename("checkpoint", "aside");
        byte[] newer = new byte[8192];
        (newer[0], newer[1], newer[3]) = ((byte)'G', (byte)'Q', 1);
        using (ILogFile kept = partition.Open("aside", writable: false))
        {
            kept.Read(0, newer);
        }

        MakeNewer(newer.AsSpan(0, 48), id);
        MakeNewer(newer.AsSpan(4096, 48), id);
        using ILogFile file = partition.Create("checkpoint");
        file.Write(0, newer);
        file.Flush();
    }

    public static void TakeOut(ILogDirectory partition)
    {
        partition.Delete("checkpoint");
        partition.Rename("aside", "checkpoint");
    }

    private static void MakeNewer(Span<byte> slot, TopicPartition id)
    {
        if (slot[0] != 'G')
        {
            return;
        }

        slot[2] = 99;
        byte[] place = [.. id.Topic.Value.ToByteArray(bigEndian: true), 0, 0, 0, 0, .. "checkpoint"u8]; // docs/internals/checkpoint.md
        BinaryPrimitives.WriteInt32BigEndian(place.AsSpan(16), id.Partition.Value);
        BinaryPrimitives.WriteUInt32BigEndian(slot[4..], Crc32C.Append(Crc32C.Append(Crc32C.Compute(place), slot[..4]), slot[8..48]));
    }
}
