using System.Buffers;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Storage;
using GoQueue.Storage.Directories;
using Microsoft.Extensions.Logging;

namespace GoQueue.Consensus.SingleNode;

/// <summary>
/// The state and the partition log it is folded from, kept in step by one thread: written, flushed, then applied. Each group of commands is one
/// record batch with a record per command, so it is written whole or not at all; a record's offset is its command's position.
/// </summary>
internal sealed class MetadataJournal : IDisposable
{
    private readonly PartitionLog log;
    private readonly SingleNodeMetadataLogOptions options;
    private readonly ILogger logger;
    private readonly RecordBatchBuilder builder = new();
    private readonly ArrayBufferWriter<byte> snapshot = new();
    private Offset snapshotAt;
    private Offset snapshotDue;

    private MetadataJournal(PartitionLog log, SingleNodeMetadataLogOptions options, ILogger logger, RestoredMetadata restored)
    {
        this.log = log;
        this.options = options;
        this.logger = logger;
        State = restored.State;
        snapshotAt = restored.SnapshotAt;
        snapshotDue = snapshotAt + options.SnapshotEveryCommands;
    }

    public MetadataState State { get; }

    /// <summary>The disk let the log down; nothing more is written before the next start.</summary>
    public bool IsFailed => log.IsFailed;

    public static MetadataJournal Open(ILogDirectory directory, SingleNodeMetadataLogOptions options, UnixMillis now, ILogger logger)
    {
        options.Check();
        PartitionLog opened = PartitionLog.Open(directory, options.Log, now);
        try
        {
            RestoredMetadata restored = MetadataReplay.Restore(opened, directory.Path, logger);
            return new MetadataJournal(opened, options, logger, restored);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Makes the group durable and applies it; then each proposal has its outcome.</summary>
    /// <exception cref="DiskFullException">While the log is not failed: nothing of the group was written, nothing applied.</exception>
    /// <exception cref="IOException">Whether the group survives is not known; nothing was applied, and the log is done for.</exception>
    public void Commit(ReadOnlySpan<Proposal> group, UnixMillis now)
    {
        long position = log.EndOffset.Value;
        using (SharedBuffer batch = Encode(group, now))
        {
            RecordBatchHeader.Stamp(batch.Span, log.EndOffset, LeaderEpoch.Zero);
            log.Append([batch], now);
        }

        log.Flush();
        foreach (Proposal proposal in group)
        {
            proposal.Outcome = State.Apply(proposal.Command, position++);
        }
    }

    /// <summary>Bytes that a command takes in a group.</summary>
    public static int SizeInGroup(Proposal proposal) => proposal.Encoded.Length + 32; // varints of the record frame, generously

    /// <summary>Writes a snapshot when enough commands were applied since the last, and lets go of the log that no kept snapshot needs.</summary>
    /// <exception cref="IOException">The log is done for.</exception>
    public void SnapshotIfDue(UnixMillis now)
    {
        if (log.EndOffset < snapshotDue)
        {
            return;
        }

        snapshotDue = log.EndOffset + options.SnapshotEveryCommands;
        try
        {
            snapshot.ResetWrittenCount();
            State.WriteSnapshot(snapshot);
            log.WriteState(snapshot.WrittenSpan);

            // The log goes on from the snapshot before, so that a start can do with that one when the newest is damaged.
            Offset keepFrom = snapshotAt;
            snapshotAt = log.EndOffset;
            Offset start = log.ApplyRetention(retentionMillis: -1, retentionBytes: 0, notBeyond: keepFrom, now);
            Log.SnapshotWritten(logger, snapshot.WrittenCount, snapshotAt, start);
        }
        catch (DiskFullException full) when (!log.IsFailed)
        {
            Log.SnapshotDiskFull(logger, full);
        }
    }

    /// <summary>Closes properly, so that the next start need not recover.</summary>
    public void Close()
    {
        log.Close();
        Dispose();
    }

    public void Dispose()
    {
        log.Dispose();
        builder.Dispose();
    }

    private SharedBuffer Encode(ReadOnlySpan<Proposal> group, UnixMillis now)
    {
        builder.Reset();
        foreach (Proposal proposal in group)
        {
            bool fits = builder.TryAppend(now, [], keyIsNull: true, proposal.Encoded.Span, valueIsNull: false, [], options.Log.SegmentBytes);
            Invariant.Check(fits, "a group of commands fits a segment");
        }

        return builder.Build();
    }
}
