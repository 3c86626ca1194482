using GoQueue.Core;
using GoQueue.Storage.Directories;

namespace GoQueue.Broker.Tests.Fixtures;

/// <summary>A partition that cannot be opened until it is repaired: its checkpoint says that a newer program wrote it.</summary>
internal static class NewerCheckpoint
{
    public static void PutInto(ILogDirectory partition)
    {
        partition.Rename("checkpoint", "aside");
        byte[] newer = new byte[8192];
        newer[0] = (byte)'G';
        newer[1] = (byte)'Q';
        using (ILogFile kept = partition.Open("aside", writable: false))
        {
            kept.Read(0, newer);
        }

        MakeNewer(newer.AsSpan(0, 48));
        MakeNewer(newer.AsSpan(4096, 48));
        using ILogFile file = partition.Create("checkpoint");
        file.Write(0, newer);
        file.Flush();
    }

    public static void TakeOut(ILogDirectory partition)
    {
        partition.Delete("checkpoint");
        partition.Rename("aside", "checkpoint");
    }

    private static void MakeNewer(Span<byte> slot)
    {
        if (slot[0] != 'G')
        {
            return;
        }

        slot[2] = 99;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(slot[4..], Crc32C.Append(Crc32C.Compute(slot[..4]), slot[8..48]));
    }
}
