using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;

namespace GoQueue.Storage.Cleaning;

/// <summary>A compaction finished at <paramref name="At"/> with everything below <paramref name="UpTo"/> compacted.</summary>
internal readonly record struct CleaningPass(Offset UpTo, UnixMillis At);

/// <summary>
/// What compaction remembers. <paramref name="GapsBelow"/> is made durable before the first segment is swapped: below it batches may have gaps
/// between them. <paramref name="Passes"/> says how far each completed pass came, and when: a tombstone may go a delay after the first
/// pass that covered it, because only a completed pass has removed every older value of its key.
/// </summary>
internal sealed record CleanerState(Offset GapsBelow, bool HasTombstones, IReadOnlyList<CleaningPass> Passes)
{
    public const string FileName = "cleaner";

    private const int MaxPasses = 64;
    private const int FixedSize = 9;
    private const int EntrySize = 16;

    public static readonly CleanerState Empty = new(Offset.Zero, HasTombstones: false, []);

    /// <summary>Everything below it was compacted at least once.</summary>
    public Offset CleanedUpTo => Passes is [.., CleaningPass last] ? last.UpTo : Offset.Zero;

    public static CleanerState Load(LogFolder directory) =>
        FramedFile.TryRead(directory, FileName, FileKind.CleanerState) is byte[] payload ? Parse(payload) ?? Empty : Empty;

    /// <summary>Gaps that a leader's compaction brought in meanwhile stay noted.</summary>
    public void Store(LogFolder directory)
    {
        Offset gapsBelow = Offset.Max(GapsBelow, Load(directory).GapsBelow);
        byte[] payload = new byte[FixedSize + (Passes.Count * EntrySize)];
        BinaryPrimitives.WriteInt64BigEndian(payload, gapsBelow.Value);
        payload[8] = HasTombstones ? (byte)1 : (byte)0;
        for (int index = 0; index < Passes.Count; index++)
        {
            Span<byte> entry = payload.AsSpan(FixedSize + (index * EntrySize));
            BinaryPrimitives.WriteInt64BigEndian(entry, Passes[index].UpTo.Value);
            BinaryPrimitives.WriteInt64BigEndian(entry[8..], Passes[index].At.Value);
        }

        FramedFile.Replace(directory, FileName, FileKind.CleanerState, payload);
    }

    /// <summary>The state after a completed pass; passes whose delay is over are merged into the newest of them.</summary>
    public CleanerState WithPass(Offset upTo, UnixMillis at, bool hasTombstones, long tombstoneMillis)
    {
        List<CleaningPass> passes = [.. Passes];
        if (upTo > CleanedUpTo)
        {
            passes.Add(new CleaningPass(upTo, at));
        }

        while (passes.Count > 1 && passes[1].At.Value <= at.Value - tombstoneMillis)
        {
            passes.RemoveAt(0);
        }

        while (passes.Count > MaxPasses)
        {
            passes.RemoveAt(1); // its tombstones wait for the next pass instead: later, never too early
        }

        return this with { HasTombstones = hasTombstones, Passes = passes };
    }

    /// <summary>After a truncation: what is appended from <paramref name="end"/> on has not been compacted.</summary>
    public CleanerState TruncateTo(Offset end) => this with { Passes = [.. Passes.Where(pass => pass.UpTo <= end)] };

    /// <summary>Tombstones below it may go.</summary>
    public Offset TombstonesGoBelow(UnixMillis now, long tombstoneMillis)
    {
        Offset below = Offset.Zero;
        foreach (CleaningPass pass in Passes)
        {
            below = pass.At.Value <= now.Value - tombstoneMillis ? pass.UpTo : below;
        }

        return below;
    }

    /// <summary>Null when the entries do not grow.</summary>
    internal static CleanerState? Parse(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < FixedSize || (payload.Length - FixedSize) % EntrySize != 0 || payload[8] > 1)
        {
            return null;
        }

        List<CleaningPass> passes = [];
        for (int at = FixedSize; at < payload.Length; at += EntrySize)
        {
            CleaningPass pass = new(
                new Offset(BinaryPrimitives.ReadInt64BigEndian(payload[at..])), new UnixMillis(BinaryPrimitives.ReadInt64BigEndian(payload[(at + 8)..])));
            if (pass.UpTo.Value < 0 || (passes.Count > 0 && pass.UpTo <= passes[^1].UpTo))
            {
                return null;
            }

            passes.Add(pass);
        }

        Offset gapsBelow = new(BinaryPrimitives.ReadInt64BigEndian(payload));
        return gapsBelow.Value < 0 ? null : new CleanerState(gapsBelow, payload[8] == 1, passes);
    }
}
