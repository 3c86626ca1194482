using GoQueue.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Replication;
using GoQueue.Replication.Wire;
using GoQueue.Storage;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Shipping;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>Whole sealed segments, given as a leader and taken over as a follower (ADR 0014).</summary>
internal sealed partial class PartitionLoop
{
    /// <summary>A reassignment brings this replica in, and it is not in sync yet: what it takes is throttled.</summary>
    public bool IsBeingAdded => IsAdding(replica.Self);

    /// <summary>As <see cref="IsBeingAdded"/>, of another replica.</summary>
    public bool IsAdding(NodeId node) => replica.View.Find(node) is { IsAdding: true, IsInSync: false };

    /// <summary>What a replica that is being added still lacks and how fast it takes it; null when this node does not lead it. Any thread.</summary>
    public CatchUpReport? CatchUpOf(NodeId node)
    {
        CatchUpPosition? found;
        lock (replicaGate)
        {
            found = replica.CatchUpOf(node, Now);
        }

        if (found is not { } position)
        {
            return null;
        }

        Offset start = partitionLog.StartOffset;
        bool hasAsked = !position.End.IsNone;
        long left = partitionLog.EstimateBytes(hasAsked ? Offset.Max(position.End, start) : start, partitionLog.EndOffset);
        long taken = hasAsked ? partitionLog.EstimateBytes(Offset.Max(position.FirstEnd, start), position.End) : 0;
        return new CatchUpReport(Partition, node, left, (long)(taken / Math.Max(1, position.Since.TotalSeconds)));
    }

    /// <summary>Whether a follower that stands at <paramref name="end"/> is to take a segment whole. Any thread.</summary>
    public bool OffersSegmentAt(Offset end)
    {
        int ahead = partitionLog.CountSealedFrom(end);
        if (ahead == 0)
        {
            return false;
        }

        lock (replicaGate)
        {
            return replica.OffersSegments(ahead);
        }
    }

    public Task<Result<SealedSegment>> DescribeSealedAsync(Offset baseOffset) => readers.RunAsync(() => partitionLog.DescribeSealed(baseOffset));

    public Task<Result<SharedBuffer>> ReadSealedAsync(SealedSegment segment, long position, int maxBytes) => readers.RunAsync(() => partitionLog.ReadSealed(segment, position, maxBytes));

    /// <summary>Room for a segment that is on its way. Blocks on the disk.</summary>
    /// <exception cref="DiskFullException">There is none.</exception>
    public IncomingSegment BeginIncoming(SealedSegment segment) => partitionLog.BeginIncoming(segment);

    /// <summary>
    /// Takes over a segment that is there and verified, if this replica still stands where it begins and follows the leadership that offered it. Then it is
    /// folded, counts as durable, and the next position goes to the leader. Codes: PreconditionFailed, DiskFull, StorageFailure.
    /// </summary>
    public async Task<Error?> AdoptAsync(IncomingSegment incoming, LeaderEpoch epoch)
    {
        Error? refused = new Error(ErrorCode.StorageFailure, $"partition {Partition} failed");
        await InTurnAsync(() => refused = Adopt(incoming, epoch));
        return refused;
    }

    private Error? Adopt(IncomingSegment incoming, LeaderEpoch epoch)
    {
        bool mayAdopt;
        lock (replicaGate)
        {
            mayAdopt = !failed && !closed && replica.MayAdopt(epoch, incoming.Described.BaseOffset);
        }

        if (!mayAdopt)
        {
            return new Error(ErrorCode.PreconditionFailed, $"partition {Partition} no longer stands at {incoming.Described.BaseOffset} in epoch {epoch}");
        }

        UnixMillis now = UnixMillis.From(time);
        Offset from = partitionLog.EndOffset;
        try
        {
            partitionLog.Adopt(incoming, now);
            HasRoom();
        }
        catch (DiskFullException full)
        {
            HasNoRoom(full);
            return new Error(ErrorCode.DiskFull, full.Message);
        }

        state.Mark(); // what was sent is not taken back batch by batch: truncation restores from a snapshot
        Replay(partitionLog, state, from, now);
        lock (replicaGate)
        {
            replica.LogAppended(partitionLog.EndOffset);
        }

        hasFetched = true; // counted, and told to the leader, at the end of this turn's commands
        metrics.Replicated(incoming.Described.SizeBytes);
        Log.SegmentAdopted(log, Partition, from, partitionLog.EndOffset, incoming.Described.SizeBytes);
        return null;
    }
}
