using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Storage.Directories;

namespace GoQueue.Storage.Files;

/// <summary>
/// An offset below which everything is committed, so that a restart need not take all it holds for uncommitted. A lower bound: a missing or damaged file says 0.
/// Durable before what relies on it: the removal of records for which a snapshot stands, and of older snapshots.
/// </summary>
internal static class CommittedEndFile
{
    public const string FileName = "committed";

    public static Offset Load(LogFolder directory) =>
        FramedFile.TryRead(directory, FileName, FileKind.CommittedEnd) is { Length: sizeof(long) } payload
            ? Offset.Max(Offset.Zero, new Offset(BinaryPrimitives.ReadInt64BigEndian(payload)))
            : Offset.Zero;

    /// <exception cref="DiskFullException">No room; the older one still stands.</exception>
    public static void Store(LogFolder directory, Offset end)
    {
        Span<byte> payload = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(payload, end.Value);
        FramedFile.Replace(directory, FileName, FileKind.CommittedEnd, payload);
    }

    /// <summary>An unclean election took committed records back: nothing is known of what will stand there. The caller syncs the directory.</summary>
    public static void Forget(LogFolder directory) => directory.Delete(FileName);
}
