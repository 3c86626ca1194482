using GoQueue.Core;
using GoQueue.Core.Fields;

namespace GoQueue.Replication.Wire;

/// <summary>Asks a leader for a sealed segment, and for part of its bytes (<c>SegmentFetch</c>, kinds 2 and 3).</summary>
/// <param name="LeaderEpoch">The leadership that offered it.</param>
/// <param name="BrokerEpoch">The follower's registration.</param>
public readonly record struct SegmentAsker(TopicPartition Partition, LeaderEpoch LeaderEpoch, BrokerEpoch BrokerEpoch);

/// <summary>A sealed segment: its offsets, its size, and the CRC-32C of its bytes. Also names it: equal values mean equal bytes.</summary>
public readonly record struct SegmentManifest(Offset BaseOffset, Offset EndOffset, long SizeBytes, uint Checksum);

/// <summary>The bytes of both kinds (docs/internals/replica-fetch.md). Reading takes anything and refuses what is not canonical.</summary>
public static class SegmentFetchCodec
{
    /// <summary>Bytes of the head of an answer with bytes of a segment.</summary>
    public const int PartHead = 6;

    /// <summary>A larger segment is none of ours.</summary>
    public const long MaxSegmentBytes = int.MaxValue;

    private const byte Version = 1;
    private const byte Manifest = 2;
    private const byte Part = 3;
    private const int AskerSize = 34;
    private const int ManifestSize = 28;
    private const int ManifestRequestSize = AskerSize + 8;
    private const int ManifestResponseSize = 2 + ManifestSize;
    private const int PartRequestSize = AskerSize + ManifestSize + 12;

    /// <summary>Which of the requests of <c>SegmentFetch</c> it may be; 0 for none that has a kind.</summary>
    public static byte KindOf(ReadOnlySpan<byte> request) => request.Length > 1 ? request[1] : (byte)0;

    public static bool IsManifest(byte kind) => kind == Manifest;

    public static bool IsPart(byte kind) => kind == Part;

    /// <summary>Asks for the segment that begins at <paramref name="baseOffset"/>. The caller owns the buffer.</summary>
    public static SharedBuffer EncodeManifestRequest(in SegmentAsker asker, Offset baseOffset)
    {
        SharedBuffer buffer = SharedBuffer.Rent(ManifestRequestSize);
        WireWriter to = new(buffer.Span);
        Write(ref to, Manifest, asker);
        to.Int64(baseOffset.Value);
        to.CheckFull();
        return buffer;
    }

    /// <summary>Codes: MalformedRequest.</summary>
    public static Result<(SegmentAsker Asker, Offset BaseOffset)> DecodeManifestRequest(ReadOnlySpan<byte> bytes)
    {
        FieldReader from = new(bytes);
        bool isSane = TryRead(ref from, Manifest, out SegmentAsker asker);
        Offset baseOffset = new(from.ReadInt64());
        return isSane && baseOffset.Value >= 0 && bytes.Length == ManifestRequestSize ? (asker, baseOffset) : Malformed("manifest request");
    }

    /// <summary>The caller owns the buffer.</summary>
    public static SharedBuffer EncodeManifest(in SegmentManifest manifest)
    {
        SharedBuffer buffer = SharedBuffer.Rent(ManifestResponseSize);
        WireWriter to = new(buffer.Span);
        to.Byte(Version);
        to.Byte(0);
        Write(ref to, manifest);
        to.CheckFull();
        return buffer;
    }

    /// <summary>Codes: MalformedRequest.</summary>
    public static Result<SegmentManifest> DecodeManifest(ReadOnlySpan<byte> bytes)
    {
        FieldReader from = new(bytes);
        bool isKnown = from.ReadByte() == Version & from.ReadByte() == 0;
        bool isSane = TryRead(ref from, out SegmentManifest manifest);
        return isKnown && isSane && bytes.Length == ManifestResponseSize ? manifest : Malformed("manifest");
    }

    /// <summary>Asks for at most <paramref name="maxBytes"/> of a segment from <paramref name="position"/> on. The caller owns the buffer.</summary>
    public static SharedBuffer EncodePartRequest(in SegmentAsker asker, in SegmentManifest manifest, long position, int maxBytes)
    {
        SharedBuffer buffer = SharedBuffer.Rent(PartRequestSize);
        WireWriter to = new(buffer.Span);
        Write(ref to, Part, asker);
        Write(ref to, manifest);
        to.Int64(position);
        to.Int32(maxBytes);
        to.CheckFull();
        return buffer;
    }

    /// <summary>Codes: MalformedRequest.</summary>
    public static Result<(SegmentAsker Asker, SegmentManifest Segment, long Position, int MaxBytes)> DecodePartRequest(ReadOnlySpan<byte> bytes)
    {
        FieldReader from = new(bytes);
        bool isSane = TryRead(ref from, Part, out SegmentAsker asker) & TryRead(ref from, out SegmentManifest manifest);
        long position = from.ReadInt64();
        int maxBytes = from.ReadInt32();
        bool fits = isSane && position >= 0 && position < manifest.SizeBytes && maxBytes > 0 && bytes.Length == PartRequestSize;
        return fits ? (asker, manifest, position, maxBytes) : Malformed("part request");
    }

    /// <summary>The head of an answer with these bytes, which follow it. The caller owns the buffer.</summary>
    public static SharedBuffer EncodePartHead(ReadOnlySpan<byte> part)
    {
        SharedBuffer buffer = SharedBuffer.Rent(PartHead);
        WireWriter to = new(buffer.Span);
        to.Byte(Version);
        to.Byte(0);
        to.UInt32(Crc32C.Compute(part));
        to.CheckFull();
        return buffer;
    }

    /// <summary>The bytes behind the head are sound and as many as can be expected. Codes: MalformedRequest.</summary>
    public static Error? CheckPart(ReadOnlySpan<byte> bytes, int expected)
    {
        FieldReader from = new(bytes);
        bool isKnown = from.ReadByte() == Version & from.ReadByte() == 0;
        uint checksum = from.ReadUInt32();
        bool isSound = isKnown && bytes.Length == PartHead + expected && Crc32C.Compute(bytes[PartHead..]) == checksum;
        return isSound ? null : Malformed("part");
    }

    private static void Write(ref WireWriter to, byte kind, in SegmentAsker asker)
    {
        to.Byte(Version);
        to.Byte(kind);
        to.Partition(asker.Partition);
        to.Int32(asker.LeaderEpoch.Value);
        to.Int64(asker.BrokerEpoch.Value);
    }

    private static void Write(ref WireWriter to, in SegmentManifest manifest)
    {
        to.Int64(manifest.BaseOffset.Value);
        to.Int64(manifest.EndOffset.Value);
        to.Int64(manifest.SizeBytes);
        to.UInt32(manifest.Checksum);
    }

    private static bool TryRead(ref FieldReader from, byte kind, out SegmentAsker asker)
    {
        bool isKnown = from.ReadByte() == Version & from.ReadByte() == kind;
        asker = new SegmentAsker(from.ReadPartition(), new LeaderEpoch(from.ReadInt32()), new BrokerEpoch(from.ReadInt64()));
        return isKnown && asker.Partition.Partition.Value >= 0 && asker.LeaderEpoch.Value >= 0 && asker.BrokerEpoch.Value >= 0;
    }

    private static bool TryRead(ref FieldReader from, out SegmentManifest manifest)
    {
        manifest = new SegmentManifest(new Offset(from.ReadInt64()), new Offset(from.ReadInt64()), from.ReadInt64(), from.ReadUInt32());
        return manifest.BaseOffset.Value >= 0 && manifest.EndOffset > manifest.BaseOffset && manifest.SizeBytes is > 0 and <= MaxSegmentBytes;
    }

    private static Error Malformed(string what) => new(ErrorCode.MalformedRequest, $"the segment {what} is not of a version and form known here, or damaged");
}
