using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;

namespace GoQueue.Storage.Recovery;

/// <summary>
/// The clean-shutdown marker: the end of the log when it was closed with everything flushed. Present and true to the files, it saves the scan.
/// </summary>
internal static class CleanMarker
{
    public const string FileName = "clean";

    public static void Write(LogFolder directory, CheckpointEntry end)
    {
        Span<byte> payload = stackalloc byte[24];
        BinaryPrimitives.WriteInt64BigEndian(payload, end.End.Value);
        BinaryPrimitives.WriteInt64BigEndian(payload[8..], end.SegmentBase.Value);
        BinaryPrimitives.WriteInt64BigEndian(payload[16..], end.Position);
        FramedFile.Replace(directory, FileName, FileKind.CleanShutdown, payload);
    }

    /// <summary>The end at the clean stop; null without a readable marker.</summary>
    public static CheckpointEntry? TryRead(LogFolder directory)
    {
        byte[]? payload = FramedFile.TryRead(directory, FileName, FileKind.CleanShutdown);
        return payload is null ? null : Parse(payload);
    }

    internal static CheckpointEntry? Parse(ReadOnlySpan<byte> payload)
    {
        if (payload.Length != 24)
        {
            return null;
        }

        CheckpointEntry entry = new(
            new Offset(BinaryPrimitives.ReadInt64BigEndian(payload)),
            new Offset(BinaryPrimitives.ReadInt64BigEndian(payload[8..])),
            BinaryPrimitives.ReadInt64BigEndian(payload[16..]),
            0);
        return entry.SegmentBase.Value >= 0 && entry.End >= entry.SegmentBase && entry.Position >= 0 ? entry : null;
    }
}
