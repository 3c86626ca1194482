using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;

namespace GoQueue.Storage.Cleaning;

/// <summary>A compaction finished at <paramref name="At"/> with everything below <paramref name="UpTo"/> compacted.</summary>
internal readonly record struct CleaningPass(Offset UpTo, UnixMillis At);

/// <summary>
/// What compaction remembers: how far each of its passes came, and when. A tombstone may go a delay after the first pass that covered it. Also
/// tells readers and recovery below which offset batches may have gaps between them.
/// </summary>
internal sealed record CleanerState(IReadOnlyList<CleaningPass> Passes)
{
    public const string FileName = "cleaner";
    public const int MaxPasses = 64;

    private const int EntrySize = 16;

    public static readonly CleanerState Empty = new([]);

    /// <summary>Everything below it was compacted at least once.</summary>
    public Offset CleanedUpTo => Passes is [.., CleaningPass last] ? last.UpTo : Offset.Zero;

    public static CleanerState Load(ILogDirectory directory) =>
        FramedFile.TryRead(directory, FileName, FileKind.CleanerState) is byte[] payload ? Parse(payload) ?? Empty : Empty;

    public void Store(ILogDirectory directory)
    {
        byte[] payload = new byte[Passes.Count * EntrySize];
        for (int index = 0; index < Passes.Count; index++)
        {
            BinaryPrimitives.WriteInt64BigEndian(payload.AsSpan(index * EntrySize), Passes[index].UpTo.Value);
            BinaryPrimitives.WriteInt64BigEndian(payload.AsSpan((index * EntrySize) + 8), Passes[index].At.Value);
        }

        FramedFile.Replace(directory, FileName, FileKind.CleanerState, payload);
    }

    /// <summary>Null when the entries do not grow.</summary>
    internal static CleanerState? Parse(ReadOnlySpan<byte> payload)
    {
        if (payload.Length % EntrySize != 0)
        {
            return null;
        }

        List<CleaningPass> passes = [];
        for (int at = 0; at < payload.Length; at += EntrySize)
        {
            CleaningPass pass = new(
                new Offset(BinaryPrimitives.ReadInt64BigEndian(payload[at..])), new UnixMillis(BinaryPrimitives.ReadInt64BigEndian(payload[(at + 8)..])));
            if (pass.UpTo.Value < 0 || (passes.Count > 0 && pass.UpTo <= passes[^1].UpTo))
            {
                return null;
            }

            passes.Add(pass);
        }

        return new CleanerState(passes);
    }
}
