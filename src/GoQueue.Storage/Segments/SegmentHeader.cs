using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;

namespace GoQueue.Storage.Segments;

/// <summary>
/// The first 4096 bytes of a segment file: whose it is and where it begins (docs/internals/segment.md). A whole block, so that the batches behind it stand where
/// writes past the page cache want them.
/// </summary>
/// <remarks>
/// Invariant: a file has the name of a segment only after its header is on the device (<see cref="Segment.Create"/> and all else that makes one). So there is no crash that
/// leaves a segment without its header: a missing, broken or foreign one is damage, whatever stands behind it.
/// </remarks>
internal static class SegmentHeader
{
    public const int Size = 4096;

    /// <summary>Bytes that are not always zero.</summary>
    public const int HeadSize = 36;

    private const byte Version = 2; // segments of version 1 had no header: they began with a batch
    private const int ChecksumAt = 4;
    private const int BaseOffsetAt = 8;
    private const int IdentityAt = 16;

    public static byte[] Make(LogIdentity identity, Offset baseOffset)
    {
        byte[] block = new byte[Size];
        block[0] = (byte)'G';
        block[1] = (byte)'Q';
        block[2] = Version;
        block[3] = (byte)FileKind.Segment;
        BinaryPrimitives.WriteInt64BigEndian(block.AsSpan(BaseOffsetAt), baseOffset.Value);
        identity.Write(block.AsSpan(IdentityAt));
        BinaryPrimitives.WriteUInt32BigEndian(block.AsSpan(ChecksumAt), Checksum(block));
        return block;
    }

    /// <summary>Whether a segment file of that name belongs there; any answer but "yes" is damage of all of it.</summary>
    /// <exception cref="NewerFormatException">It is of a later version.</exception>
    public static bool IsOwn(LogFolder directory, Offset baseOffset)
    {
        string name = SegmentName.Of(baseOffset, SegmentName.Log);
        using ILogFile file = directory.Open(name, writable: false);
        byte[] block = new byte[Size];
        return file.Read(0, block) == Size && TryParse(block, $"{directory.Path}/{name}", out LogIdentity identity, out Offset found)
            && identity == directory.Identity && found == baseOffset;
    }

    /// <summary>The first kind of segments had no header. No release wrote them; a directory that has one is left as it is.</summary>
    /// <exception cref="OlderFormatException">The file begins with a batch.</exception>
    public static void RefuseOlder(ILogDirectory directory, string name)
    {
        using ILogFile file = directory.Open(name, writable: false);
        byte[] head = new byte[RecordBatchLayout.HeaderSize];
        if (file.Read(0, head) != head.Length || !BatchScanner.TryMeasure(head, file.Length, out int size))
        {
            return;
        }

        using SharedBuffer batch = SharedBuffer.Rent(size);
        if (file.Read(0, batch.Span) == size && BatchScanner.HasValidCrc(batch.Span))
        {
            throw new OlderFormatException($"{directory.Path}/{name}", 1, Version);
        }
    }

    /// <summary>Checks a whole block; the fuzz door.</summary>
    /// <exception cref="NewerFormatException">It is sound and of a later version.</exception>
    public static bool TryParse(ReadOnlySpan<byte> block, string path, out LogIdentity identity, out Offset baseOffset)
    {
        identity = default;
        baseOffset = Offset.None;
        if (block.Length < Size || block[0] != 'G' || block[1] != 'Q' || block[3] != (byte)FileKind.Segment
            || BinaryPrimitives.ReadUInt32BigEndian(block[ChecksumAt..]) != Checksum(block))
        {
            return false;
        }

        if (block[2] > Version)
        {
            throw new NewerFormatException(path, block[2], Version);
        }

        identity = LogIdentity.Read(block[IdentityAt..]);
        baseOffset = new Offset(BinaryPrimitives.ReadInt64BigEndian(block[BaseOffsetAt..]));
        return baseOffset.Value >= 0;
    }

    private static uint Checksum(ReadOnlySpan<byte> block) => Crc32C.Append(Crc32C.Compute(block[..ChecksumAt]), block[(ChecksumAt + 4)..Size]);
}
