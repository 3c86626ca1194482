using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Storage.Directories;

namespace GoQueue.Storage.Files;

/// <summary>
/// Where a partition begins (ADR 0017): what this replica has promised, and the last it heard that a leader tells. Both only grow, but for a truncation below the
/// promise, which only an unclean election brings about. A missing or damaged file says nothing: then the first offset that is kept counts.
/// </summary>
/// <param name="Promised">This replica tells no start below it when it leads. 0 or more.</param>
/// <param name="Told">The partition begins there or behind. 0 or more.</param>
internal readonly record struct LogStartFile(Offset Promised, Offset Told)
{
    public const string FileName = "log-start";

    private const int PayloadBytes = 2 * sizeof(long);

    public static LogStartFile Load(LogFolder directory) =>
        FramedFile.TryRead(directory, FileName, FileKind.LogStart) is { Length: PayloadBytes } payload
            ? new LogStartFile(Read(payload), Read(payload.AsSpan(sizeof(long))))
            : default;

    /// <exception cref="DiskFullException">No room; the older one still stands.</exception>
    public void Store(LogFolder directory)
    {
        Span<byte> payload = stackalloc byte[PayloadBytes];
        BinaryPrimitives.WriteInt64BigEndian(payload, Promised.Value);
        BinaryPrimitives.WriteInt64BigEndian(payload[sizeof(long)..], Told.Value);
        FramedFile.Replace(directory, FileName, FileKind.LogStart, payload);
    }

    /// <summary>An unclean election took back records below the promise: nothing is known of what will stand there. The caller syncs the directory.</summary>
    public static void Forget(LogFolder directory) => directory.Delete(FileName);

    private static Offset Read(ReadOnlySpan<byte> bytes) => Offset.Max(Offset.Zero, new Offset(BinaryPrimitives.ReadInt64BigEndian(bytes)));
}
