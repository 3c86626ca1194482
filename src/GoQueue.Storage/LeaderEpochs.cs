using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;

namespace GoQueue.Storage;

/// <summary>An epoch and the first offset that was appended, or may be appended, under it.</summary>
public readonly record struct EpochStart(LeaderEpoch Epoch, Offset StartOffset);

/// <summary>
/// The durable list of (epoch, start offset) of one partition (semantics E1, E3, E5). Monotonic in both: an entry that contradicts the tail
/// replaces it. Changed by the log's writer only; look-ups run on any thread against an immutable copy.
/// </summary>
public sealed class LeaderEpochs
{
    internal const string FileName = "leader-epochs";

    private const int EntrySize = 12;

    private readonly LogFolder directory;
    private EpochStart[] entries;

    private LeaderEpochs(LogFolder directory, EpochStart[] entries)
    {
        this.directory = directory;
        this.entries = entries;
    }

    /// <summary>All entries, oldest first.</summary>
    public IReadOnlyList<EpochStart> Entries => Volatile.Read(ref entries);

    /// <summary>The newest epoch; none when nothing was ever assigned.</summary>
    public LeaderEpoch Latest => Volatile.Read(ref entries) is [.., EpochStart last] ? last.Epoch : LeaderEpoch.None;

    /// <summary>
    /// E3: the largest known epoch not above <paramref name="epoch"/> with its end offset, which is the start of the next larger epoch or
    /// <paramref name="logEnd"/>. Older than everything kept: that epoch with the start of the first kept one. Newer than everything
    /// known, or nothing known: none.
    /// </summary>
    public EpochStart EndOffsetFor(LeaderEpoch epoch, Offset logEnd)
    {
        EpochStart[] seen = Volatile.Read(ref entries);
        if (epoch.Value < 0 || seen.Length == 0 || epoch > seen[^1].Epoch)
        {
            return new EpochStart(LeaderEpoch.None, Offset.None);
        }

        int index = seen.Length - 1;
        while (index >= 0 && seen[index].Epoch > epoch)
        {
            index--;
        }

        return index < 0
            ? new EpochStart(epoch, seen[0].StartOffset)
            : new EpochStart(seen[index].Epoch, index == seen.Length - 1 ? logEnd : seen[index + 1].StartOffset);
    }

    /// <summary>The epoch under which <paramref name="offset"/> was appended; none when it is older than everything kept.</summary>
    public LeaderEpoch EpochAt(Offset offset)
    {
        EpochStart[] seen = Volatile.Read(ref entries);
        for (int index = seen.Length - 1; index >= 0; index--)
        {
            if (seen[index].StartOffset <= offset)
            {
                return seen[index].Epoch;
            }
        }

        return LeaderEpoch.None;
    }

    /// <summary>The epoch of the record before <paramref name="start"/> and where it began; none when it is older than everything kept.</summary>
    public EpochStart Before(Offset start)
    {
        EpochStart[] seen = Volatile.Read(ref entries);
        int covering = Array.FindLastIndex(seen, entry => entry.StartOffset < start);
        return covering < 0 ? new EpochStart(LeaderEpoch.None, Offset.None) : seen[covering];
    }

    /// <summary>
    /// E5: notes that <paramref name="epoch"/> starts at <paramref name="start"/>; tail entries that contradict it are dropped. Durable when
    /// it returns. Nothing changes when the epoch is the latest already and starts no later.
    /// </summary>
    /// <exception cref="DiskFullException">Nothing changed.</exception>
    public void Assign(LeaderEpoch epoch, Offset start)
    {
        Invariant.Check(epoch.Value >= 0 && start.Value >= 0, "an epoch starts somewhere");
        EpochStart[] current = entries;
        if (current is [.., EpochStart last] && last.Epoch == epoch && last.StartOffset <= start)
        {
            return;
        }

        List<EpochStart> kept = [.. current];
        kept.RemoveAll(entry => entry.Epoch >= epoch || entry.StartOffset >= start);
        kept.Add(new EpochStart(epoch, start));
        Store([.. kept]);
    }

    /// <summary>
    /// E5, at a follower: a batch of <paramref name="epoch"/> is about to stand at <paramref name="start"/>. Larger epochs that begin there or behind are
    /// leaderships that never wrote a record; they go. Durable when it returns.
    /// </summary>
    internal void DropContradicting(LeaderEpoch epoch, Offset start)
    {
        if (Latest > epoch)
        {
            EpochStart[] kept = Array.FindAll(entries, entry => entry.Epoch <= epoch || entry.StartOffset < start);
            if (kept.Length != entries.Length)
            {
                Store(kept);
            }
        }
    }

    internal static LeaderEpochs Load(LogFolder directory, out bool isMissing)
    {
        byte[]? payload = FramedFile.TryRead(directory, FileName, FileKind.LeaderEpochs);
        EpochStart[]? parsed = payload is null ? null : Parse(payload);
        isMissing = parsed is null;
        return new LeaderEpochs(directory, parsed ?? []);
    }

    /// <summary>Null when the payload breaks a rule of the list.</summary>
    internal static EpochStart[]? Parse(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 4)
        {
            return null;
        }

        int count = BinaryPrimitives.ReadInt32BigEndian(payload);
        if (count < 0 || payload.Length != 4 + ((long)count * EntrySize))
        {
            return null;
        }

        EpochStart[] parsed = new EpochStart[count];
        for (int index = 0; index < count; index++)
        {
            ReadOnlySpan<byte> bytes = payload[(4 + (index * EntrySize))..];
            parsed[index] = new EpochStart(
                new LeaderEpoch(BinaryPrimitives.ReadInt32BigEndian(bytes)), new Offset(BinaryPrimitives.ReadInt64BigEndian(bytes[4..])));
            bool follows = index == 0
                ? parsed[0].Epoch.Value >= 0 && parsed[0].StartOffset.Value >= 0
                : parsed[index].Epoch > parsed[index - 1].Epoch && parsed[index].StartOffset > parsed[index - 1].StartOffset;
            if (!follows)
            {
                return null;
            }
        }

        return parsed;
    }

    /// <summary>E8: forgets epochs that start behind the end. An epoch that starts exactly there is a leadership without a record yet, and stays.</summary>
    internal void TruncateTo(Offset end)
    {
        EpochStart[] kept = Array.FindAll(entries, entry => entry.StartOffset <= end);
        if (kept.Length != entries.Length)
        {
            Store(kept);
        }
    }

    /// <summary>
    /// After retention: entries wholly below the record before the start go; the one of that record stays as it is. A follower that stands at the start is judged by it:
    /// 1. records of epoch 7 from 45 on are at one follower only; 2. the leader of epoch 8 writes others there, they are committed and retired, its log begins at 48; 3. the follower
    /// asks from 48 on, behind a record of epoch 7. "Epoch 7 ended at 48, or before" would let it keep what was never committed; it ended at 45.
    /// </summary>
    internal void RaiseStart(Offset start)
    {
        EpochStart[] current = entries;
        int covering = Array.FindLastIndex(current, entry => entry.StartOffset < start);
        if (covering > 0)
        {
            Store(current[covering..]);
        }
    }

    /// <summary>In the directory of a log that is about to begin behind records of this epoch. Durable when it returns.</summary>
    internal static void Begin(LogFolder directory, EpochStart before) => new LeaderEpochs(directory, []).Store([before]);

    private void Store(EpochStart[] next)
    {
        byte[] payload = new byte[4 + (next.Length * EntrySize)];
        BinaryPrimitives.WriteInt32BigEndian(payload, next.Length);
        for (int index = 0; index < next.Length; index++)
        {
            Span<byte> bytes = payload.AsSpan(4 + (index * EntrySize));
            BinaryPrimitives.WriteInt32BigEndian(bytes, next[index].Epoch.Value);
            BinaryPrimitives.WriteInt64BigEndian(bytes[4..], next[index].StartOffset.Value);
        }

        FramedFile.Replace(directory, FileName, FileKind.LeaderEpochs, payload);
        Volatile.Write(ref entries, next);
    }
}
