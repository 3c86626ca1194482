using GoQueue.Consensus.Core;
using GoQueue.Consensus.State;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage;
using GoQueue.Storage.Directories;
using Microsoft.Extensions.Logging;

namespace GoQueue.Consensus.Storage;

/// <summary>What a start found, and goes on from.</summary>
/// <param name="Boot">Number of this start.</param>
internal sealed record RecoveredRaft(RaftDisk Disk, RaftStart Start, ReplicatedState State, long Boot);

/// <summary>
/// Makes a member from its directory. Refuses rather than guesses: damage, a hole, a file of a newer program or another cluster's directory end the
/// start with a sentence. What a crash left half done is finished.
/// </summary>
internal sealed class RaftRecovery
{
    private const int ReadBytes = 1 << 20;

    private readonly ILogDirectory directory;
    private readonly Genesis genesis;
    private readonly RaftOptions options;
    private readonly MemberId self;
    private readonly UnixMillis now;
    private readonly ILogger logger;

    private RaftRecovery(ILogDirectory directory, Genesis genesis, RaftOptions options, MemberId self, UnixMillis now, ILogger logger)
    {
        this.directory = directory;
        this.genesis = genesis;
        this.options = options;
        this.self = self;
        this.now = now;
        this.logger = logger;
    }

    private uint Cluster => Crc32C.Compute(System.Text.Encoding.ASCII.GetBytes(genesis.ClusterId));

    /// <exception cref="MetadataLogUnusableException">What is stored cannot be used as it is.</exception>
    /// <exception cref="NewerFormatException">A file is of a later version; nothing was changed.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static RecoveredRaft Open(ILogDirectory directory, Genesis genesis, RaftOptions options, MemberId self, UnixMillis now, ILogger logger)
    {
        options.Check();
        Invariant.Check(genesis.Validate() is null, "a genesis is validated before a member starts under it");
        return new RaftRecovery(directory, genesis, options, self, now, logger).Run();
    }

    private RecoveredRaft Run()
    {
        OldProgramGuard.RefuseItsFiles(directory);
        Sweep();
        OldProgramGuard.Place(directory);
        bool isEmpty = SnapshotFiles.Find(directory).Count == 0 && LogGenerations.Find(directory).Count == 0;
        HardStateFile? hardState = HardStateFile.TryOpen(directory, out StoredHardState stored);
        PartitionLog? log = null;
        try
        {
            if (hardState is not null && stored.Cluster != Cluster)
            {
                throw Unusable($"it belongs to another cluster than {genesis.ClusterId}; give this node its own directory, or an empty one");
            }

            if (hardState is null && isEmpty)
            {
                // Before anything else is there: from now on a missing file means that it was lost.
                stored = new StoredHardState(default, 0, 0, Cluster, IsVoteLost: false);
                hardState = HardStateFile.Create(directory, stored);
            }

            RaftSnapshot? snapshot = LoadSnapshot();
            ReplicatedState state = RestoreState(snapshot);
            log = OpenLog(snapshot);
            List<RaftEntry> entries = ReadEntries(log, snapshot?.Index ?? 0);
            long lastTerm = entries.Count > 0 ? entries[^1].Term : snapshot?.Term ?? 0;
            RaftConfiguration configuration = snapshot?.Configuration ?? RaftConfiguration.Of(genesis);
            if (hardState is null || stored.State.Term < lastTerm)
            {
                hardState?.Dispose();
                stored = WithoutVote(stored.Boot, lastTerm, NewestConfiguration(configuration, entries));
                hardState = HardStateFile.Create(directory, stored);
            }

            long boot = Math.Max(Math.Max(stored.Boot, state.LastBootOf(self.Incarnation)), LastBootIn(entries)) + 1;
            RaftDisk disk = new(directory, self.Incarnation, options, hardState, stored, log);
            disk.BeginBoot(boot, stored.State, stored.Commit);
            RaftStart start = new()
            {
                Self = self,
                HardState = stored.State,
                Snapshot = snapshot,
                Configuration = configuration,
                Entries = entries,
                BaseTerm = snapshot?.Term ?? 0,
                Commit = stored.Commit,
                MayVote = !stored.IsVoteLost,
            };
            return new RecoveredRaft(disk, start, state, boot);
        }
        catch
        {
            log?.Dispose();
            hardState?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Nobody knows what this member promised. A sole voter promised nothing to anybody else and goes on; any other follows and never votes again.
    /// </summary>
    private StoredHardState WithoutVote(long boot, long term, RaftConfiguration configuration)
    {
        bool isLost = !configuration.IsSoleVoter(self);
        if (isLost)
        {
            Log.VoteStateLost(logger, directory.Path);
        }

        return new StoredHardState(new HardState(term, null), 0, boot, Cluster, isLost);
    }

    /// <summary>What was being written or deleted when the node stopped.</summary>
    private void Sweep()
    {
        foreach (LogDirectoryEntry entry in directory.List())
        {
            if (!entry.IsDirectory && entry.Name.EndsWith(".tmp", StringComparison.Ordinal))
            {
                directory.Delete(entry.Name);
            }
        }

        PartitionLog.SweepDeleted(directory);
    }

    private RaftSnapshot? LoadSnapshot()
    {
        List<string> damaged = [];
        RaftSnapshot? snapshot = SnapshotFiles.LoadNewest(directory, damaged);
        foreach (string name in damaged)
        {
            Log.SnapshotDamaged(logger, name, directory.Path);
        }

        return snapshot;
    }

    private ReplicatedState RestoreState(RaftSnapshot? snapshot)
    {
        if (snapshot is null)
        {
            return new ReplicatedState();
        }

        return ReplicatedState.ReadSnapshot(snapshot.State.Span, snapshot.Index).TryGet(out ReplicatedState? state, out Error error)
            ? state
            : throw Unusable(error.Detail);
    }

    /// <summary>The log in use, when it goes on from the snapshot; else a new one behind it (see <see cref="RaftDisk.Install"/>).</summary>
    private PartitionLog OpenLog(RaftSnapshot? snapshot)
    {
        List<long> generations = LogGenerations.Find(directory);
        long behind = generations.Count > 0 ? generations[^1] : 0;
        PartitionLog log = LogGenerations.Open(directory, self.Incarnation, options.Log, behind, now);
        try
        {
            directory.Sync();
            for (int i = generations.Count - 2; i >= 0 && snapshot is not null && log.EndOffset == log.StartOffset; i--)
            {
                if (TryOpenOlder(generations[i], snapshot) is { } older)
                {
                    log.Dispose();
                    log = older;
                    behind = generations[i];
                }
            }

            CheckSound(log);
            if (snapshot is null || GoesOnFrom(log, snapshot))
            {
                LogGenerations.DeleteOthers(directory, behind);
                return log;
            }

            log.Dispose();
            log = LogGenerations.Create(directory, self.Incarnation, options.Log, snapshot.Index, now);
            LogGenerations.DeleteOthers(directory, snapshot.Index);
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>
    /// An older log, when all newer ones are empty and this one reaches beyond the snapshot: it was still in use. 1. A snapshot from the leader was saved, and there was
    /// no room for the new log behind it; 2. the member went on with the old log, and acknowledged entries above the snapshot; 3. it starts again. The new directory
    /// is there, and holds nothing. (Where the old log was given up indeed, its entries above the snapshot are as they were before: they may be there again.)
    /// </summary>
    private PartitionLog? TryOpenOlder(long behind, RaftSnapshot snapshot)
    {
        PartitionLog log = LogGenerations.Open(directory, self.Incarnation, options.Log, behind, now);
        try
        {
            if (log.EndOffset.Value > snapshot.Index)
            {
                CheckSound(log);
                if (GoesOnFrom(log, snapshot))
                {
                    return log;
                }
            }
        }
        catch
        {
            log.Dispose();
            throw;
        }

        log.Dispose();
        return null;
    }

    private void CheckSound(PartitionLog log)
    {
        if (log.Recovery.CorruptRanges is [CorruptRange damage, ..])
        {
            throw Unusable($"entries {damage.Start.Value + 1} to {damage.End.Value} are damaged on disk; remove this node from the cluster and add it again with an empty directory");
        }
    }

    private bool GoesOnFrom(PartitionLog log, RaftSnapshot snapshot)
    {
        if (log.StartOffset.Value > snapshot.Index)
        {
            throw Unusable($"the newest sound snapshot ends at entry {snapshot.Index}, but the log starts behind {log.StartOffset.Value}: entries are missing");
        }

        if (log.StartOffset.Value == snapshot.Index)
        {
            return true;
        }

        // The epoch list says the term of every entry that the log holds.
        return log.EndOffset.Value >= snapshot.Index && log.Epochs.EpochAt(new Offset(snapshot.Index - 1)).Value == snapshot.Term;
    }

    private List<RaftEntry> ReadEntries(PartitionLog log, long above)
    {
        if (log.StartOffset.Value > above)
        {
            throw Unusable($"the log starts behind entry {log.StartOffset.Value} and no sound snapshot holds what was before");
        }

        List<RaftEntry> entries = [];
        Offset from = new(above);
        while (from < log.EndOffset)
        {
            LogRead read = log.Read(from, log.EndOffset, ReadBytes);
            if (read.Error is { } error)
            {
                throw Unusable(error.Detail);
            }

            Invariant.Check(read.NextOffset > from, "a read below the end moves on", from.Value + 1, read.NextOffset.Value);
            try
            {
                foreach (BufferSlice slice in read.Slices)
                {
                    ReadBatches(slice.Span, from, entries);
                }
            }
            finally
            {
                foreach (BufferSlice slice in read.Slices)
                {
                    slice.Buffer.Release();
                }
            }

            from = read.NextOffset;
        }

        return entries;
    }

    private void ReadBatches(ReadOnlySpan<byte> batches, Offset from, List<RaftEntry> entries)
    {
        foreach (ReadOnlySpan<byte> batch in new RecordBatchSequence(batches))
        {
            long term = new RecordBatchHeader(batch).LeaderEpoch.Value;
            using RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out Error? error);
            if (error is { } refused)
            {
                throw Unusable(refused.Detail);
            }

            foreach (Record record in reader)
            {
                if (record.Offset < from)
                {
                    continue;
                }

                long index = record.Offset.Value + 1;
                if (EntryRecord.TryRead(record.Value, index, term, out RaftEntry entry))
                {
                    entries.Add(entry);
                    continue;
                }

                throw Unusable(EntryRecord.IsNewer(record.Value)
                    ? $"entry {index} was written by a newer goqueue-server; start that version or a later one"
                    : $"entry {index} of term {term} is damaged");
            }
        }
    }

    private static RaftConfiguration NewestConfiguration(RaftConfiguration first, List<RaftEntry> entries)
    {
        int last = entries.FindLastIndex(entry => entry.Kind == RaftEntryKind.Configuration);
        return last < 0 ? first : RaftConfiguration.TryRead(entries[last].Payload.Span)!;
    }

    private long LastBootIn(List<RaftEntry> entries)
    {
        long last = 0;
        foreach (RaftEntry entry in entries)
        {
            if (entry.Kind == RaftEntryKind.Command && CommandEnvelope.TryReadHead(entry.Payload.Span) is { } head && head.Client == self.Incarnation)
            {
                last = Math.Max(last, head.Boot);
            }
        }

        return last;
    }

    private MetadataLogUnusableException Unusable(string why) =>
        new($"the metadata log in {directory.Path} cannot be used: {why}. Nothing was changed.");
}
