using GoQueue.Consensus.Core;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage;
using GoQueue.Storage.Directories;

namespace GoQueue.Consensus.Storage;

/// <summary>
/// What a member has on its disk: hard state, snapshots, and the entries in a partition log, one batch with one record each, the entry of index i at
/// offset i - 1. Used by the loop only, but for <see cref="SaveSnapshot"/>.
/// </summary>
internal sealed class RaftDisk : IDisposable
{
    private readonly ILogDirectory directory;
    private readonly Guid incarnation;
    private readonly RaftOptions options;
    private readonly HardStateFile hardState;
    private readonly RecordBatchBuilder builder = new();
    private readonly List<SharedBuffer> batches = [];
    private PartitionLog log;
    private readonly StoredHardState first;
    private long boot;
    private long? owedCut; // entries from here on were taken back while there was no room to cut the log; nothing counts on them

    public RaftDisk(ILogDirectory directory, Guid incarnation, RaftOptions options, HardStateFile hardState, in StoredHardState stored, PartitionLog log)
    {
        this.directory = directory;
        this.incarnation = incarnation;
        this.options = options;
        this.hardState = hardState;
        this.log = log;
        first = stored;
        boot = stored.Boot;
    }

    /// <summary>The log let us down; nothing more is written before the next start.</summary>
    public bool IsFailed => log.IsFailed;

    /// <summary>Index of the last entry written and not taken back.</summary>
    public long LastIndex => owedCut is { } from ? from - 1 : log.EndOffset.Value;

    /// <summary>Durable when it returns, unless a deliberate bug says otherwise.</summary>
    public void SaveHardState(HardState state, long commit, bool isFlushed)
    {
        StoredHardState stored = first with { State = state, Commit = commit, Boot = boot };
        if (isFlushed)
        {
            hardState.Save(stored);
        }
        else
        {
            hardState.SaveWithoutFlushing(stored);
        }
    }

    /// <summary>Notes a start of the node, whose proposals count from 1 again.</summary>
    public void BeginBoot(long number, HardState state, long commit)
    {
        boot = number;
        SaveHardState(state, commit, isFlushed: true);
    }

    /// <summary>Writes entries behind the last one; durable after <see cref="Flush"/>.</summary>
    /// <exception cref="DiskFullException">While the log is not failed: the entries above <see cref="LastIndex"/> are not there.</exception>
    public void Append(IReadOnlyList<RaftEntry> entries, UnixMillis now)
    {
        if (owedCut is { } from)
        {
            TruncateFrom(from);
        }

        try
        {
            foreach (RaftEntry entry in entries)
            {
                batches.Add(Encode(entry, now));
            }

            // A term that a truncation took every entry of still stands at the end of the list; the entries that take their place may be of an older one.
            log.ForgetEpochsAbove(new LeaderEpoch((int)entries[0].Term));
            log.Append(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(batches), now);
        }
        finally
        {
            batches.ForEach(batch => batch.Release());
            batches.Clear();
        }
    }

    public void Flush() => log.Flush();

    /// <summary>
    /// Takes back the entries from <paramref name="index"/> on. Without room they stay in the log and are cut before the next one is appended; a start in between
    /// finds them again, as it would if it had come before they were taken back: nobody was told of either.
    /// </summary>
    /// <exception cref="DiskFullException">No room to cut the log. They are taken back all the same, as far as <see cref="LastIndex"/> goes.</exception>
    public void TruncateFrom(long index)
    {
        owedCut = Math.Min(index, owedCut ?? index);
        log.TruncateTo(new Offset(owedCut.Value - 1));
        owedCut = null;
    }

    /// <summary>Makes a snapshot durable. May run beside everything else.</summary>
    public void SaveSnapshot(RaftSnapshot snapshot) => SnapshotFiles.Save(directory, snapshot, ".own.tmp");

    /// <summary>Lets go of what no kept snapshot needs. Whole segments only.</summary>
    public void Compact(long upTo, UnixMillis now)
    {
        log.ApplyRetention(retentionMillis: -1, retentionBytes: 0, notBeyond: new Offset(upTo), now);
        SnapshotFiles.Prune(directory);
    }

    /// <summary>
    /// Begins anew behind a snapshot from the leader. In this order: the snapshot durable; a new log behind it; the old log deleted. A start after a crash in
    /// between finds the snapshot, sees that the log does not reach it, and goes on from there.
    /// </summary>
    /// <exception cref="DiskFullException">No room; what was there is still in use, though the snapshot and an empty directory of the new log may be there already (<see cref="RaftRecovery"/>).</exception>
    public void Install(RaftSnapshot snapshot, UnixMillis now)
    {
        SnapshotFiles.Save(directory, snapshot, ".received.tmp");
        PartitionLog next = LogGenerations.Create(directory, incarnation, options.Log, snapshot.Index, now);
        log.Dispose();
        log = next;
        owedCut = null;
        LogGenerations.DeleteOthers(directory, snapshot.Index);
        SnapshotFiles.Prune(directory);
    }

    /// <summary>Closes properly, so that the next start need not recover.</summary>
    public void Close(HardState state, long commit)
    {
        log.Close();
        SaveHardState(state, commit, isFlushed: true);
        Dispose();
    }

    public void Dispose()
    {
        log.Dispose();
        hardState.Dispose();
        builder.Dispose();
    }

    private SharedBuffer Encode(in RaftEntry entry, UnixMillis now)
    {
        Invariant.Check(entry.Term <= int.MaxValue, "a term fits the epoch field of a batch", int.MaxValue, entry.Term);
        using SharedBuffer value = SharedBuffer.Rent(EntryRecord.HeaderSize + entry.Payload.Length);
        EntryRecord.Write(entry, value.Span);
        builder.Reset();
        bool fits = builder.TryAppend(now, [], keyIsNull: true, value.Span, valueIsNull: false, [], options.Log.SegmentBytes);
        Invariant.Check(fits, "an entry fits a segment");
        SharedBuffer batch = builder.Build();
        RecordBatchHeader.Stamp(batch.Span, new Offset(entry.Index - 1), new LeaderEpoch((int)entry.Term));
        return batch;
    }
}
