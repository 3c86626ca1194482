using System.Buffers;
using System.Runtime.CompilerServices;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Partitions.Producers;
using GoQueue.Partitions.Snapshots;

namespace GoQueue.Partitions;

/// <summary>
/// The fold over one partition's log; every replica computes the same state from the same batches. Two doors: <see cref="Decide"/> reads
/// and answers what is to happen with a batch, <see cref="Apply"/> is the only writer and takes what the log holds, whatever it is.
/// First part: idempotent producers (semantics I1 to I5).
/// </summary>
/// <remarks>
/// <para>Owned by the partition's loop: one thread at a time, no clock, no tasks. With known producers nothing here allocates.</para>
/// <para>Decide, stamp, apply the next, ... then append all: the state runs ahead of the log by at most that group. When the append fails,
/// <see cref="RollbackTo"/> takes the group back. A duplicate may therefore name offsets that are not flushed yet; its answer must wait for
/// them like the first attempt's.</para>
/// </remarks>
public sealed class PartitionState
{
    /// <summary>
    /// Producers remembered per partition, about 200 bytes each. Beyond it new producers are refused as overloaded until idle ones expire:
    /// forgetting a live one instead would let its retries be written twice.
    /// </summary>
    public const int DefaultMaxProducers = 200_000;

    private readonly ProducerTable producers = new();
    private readonly int maxProducers;

    public PartitionState(int maxProducers = DefaultMaxProducers)
    {
        Invariant.Check(maxProducers > 0, "a partition remembers at least one producer");
        this.maxProducers = maxProducers;
    }

    /// <summary>Producers remembered now.</summary>
    public int ProducerCount => producers.Count;

    /// <summary>
    /// Applied batches that the same state would not have accepted. Not zero after replaying a compacted log, or on a replica that kept a
    /// producer longer than its leader; worth a warning in live replication. Not part of the state.
    /// </summary>
    public long AnomalyCount { get; private set; }

    /// <summary>
    /// Whether a fresh batch may be appended (I1 to I4): codes <see cref="ErrorCode.OutOfOrderSequence"/>, <see cref="ErrorCode.DuplicateSequence"/>,
    /// <see cref="ErrorCode.InvalidProducerEpoch"/>, <see cref="ErrorCode.InvalidArgument"/> for an identity that makes no sense, and
    /// <see cref="ErrorCode.Overloaded"/> for a new producer when <see cref="DefaultMaxProducers"/> are remembered. Changes nothing.
    /// </summary>
    /// <remarks>Batches without a producer id and state records are always accepted. The batch was validated; its offsets are not looked at.</remarks>
    public ProducerDecision Decide(in RecordBatchHeader header)
    {
        if (!CarriesSequence(header))
        {
            return ProducerDecision.Accept();
        }

        if (!HasSaneSequence(header))
        {
            return ProducerDecision.Refuse(
                ErrorCode.InvalidArgument,
                $"producer {header.ProducerId} needs an epoch and a base sequence of 0 or more, the batch carries {header.ProducerEpoch} and {header.BaseSequence}");
        }

        ref readonly ProducerEntry entry = ref producers.Find(header.ProducerId);
        if (!Unsafe.IsNullRef(in entry))
        {
            return entry.Decide(header.ProducerEpoch, header.BaseSequence, header.LastOffsetDelta);
        }

        // I3: nothing is known, so any sequence is as good as the next one.
        return producers.Count < maxProducers
            ? ProducerDecision.Accept()
            : ProducerDecision.Refuse(ErrorCode.Overloaded, $"the partition remembers {producers.Count} producers, its bound; repeat when idle ones have expired");
    }

    /// <summary>
    /// Takes a batch with its final offsets, in log order, fresh or compacted. Never throws for what the batch says: the leader has decided and
    /// the log is the truth, so a batch out of line (I2) starts its producer anew, exactly as if nothing had been known. That way replicas
    /// that forgot the producer at different times agree again.
    /// </summary>
    /// <param name="stamped">The header as stored. A compacted batch may be empty and still carries its sequence (I5).</param>
    /// <param name="appendTime">The leader's clock at the append; during replay, the time of the start, which keeps a producer at most one idle period longer.</param>
    /// <returns>False when the batch was out of line; <see cref="AnomalyCount"/> has counted it.</returns>
    public bool Apply(in RecordBatchHeader stamped, UnixMillis appendTime)
    {
        if (!CarriesSequence(stamped))
        {
            return true;
        }

        if (!HasSaneSequence(stamped))
        {
            AnomalyCount++;
            return false;
        }

        BatchTrace batch = ProducerEntry.TraceOf(stamped);
        ref readonly ProducerEntry known = ref producers.Find(stamped.ProducerId);
        if (Unsafe.IsNullRef(in known))
        {
            producers.Add(ProducerEntry.StartingWith(stamped.ProducerId, stamped.ProducerEpoch, batch, appendTime));
            return true;
        }

        bool inSequence = known.IsInSequence(stamped.ProducerEpoch, stamped.BaseSequence);
        ref ProducerEntry entry = ref producers.Change(stamped.ProducerId);
        if (inSequence && entry.Epoch == stamped.ProducerEpoch)
        {
            entry.Remember(batch, appendTime);
        }
        else
        {
            entry = ProducerEntry.StartingWith(stamped.ProducerId, stamped.ProducerEpoch, batch, appendTime);
        }

        AnomalyCount += inSequence ? 0 : 1;
        return inSequence;
    }

    /// <summary>Starts remembering how to take back what follows, and forgets the marks before. Call it before each group of appends.</summary>
    public StateMark Mark() => producers.Undo.Mark();

    /// <summary>
    /// Takes back every change since the mark, for an append that failed as a whole. The mark stays good for another try. Only the newest mark
    /// may be given, and at most 65,536 changes after it.
    /// </summary>
    public void RollbackTo(StateMark mark) => producers.RollbackTo(mark);

    /// <summary>
    /// Forgets producers whose last append is at least <paramref name="idle"/> ago (I3: that must outlive every retry; one day by default), in
    /// order of their ids. Answers how many.
    /// </summary>
    public int ExpireProducers(UnixMillis now, TimeSpan idle)
    {
        long horizon = now.Value - (long)idle.TotalMilliseconds;
        int expired = 0;
        foreach (ProducerId id in producers.SortedIds())
        {
            if (producers.Find(id).LastAppend.Value <= horizon)
            {
                producers.Remove(id);
                expired++;
            }
        }

        return expired;
    }

    /// <summary>Writes the state in its canonical form (docs/internals/partition-state.md): equal states give equal bytes.</summary>
    public void WriteSnapshot(IBufferWriter<byte> destination) => PartitionSnapshotCodec.Write(producers, destination);

    /// <summary>
    /// The same without what a replica takes from its own clock, which is when a producer was last heard of and serves expiry alone: replicas that
    /// have folded the same log, and expired the same producers, give equal bytes. For comparing them; nobody restores from it.
    /// </summary>
    public void WriteShared(IBufferWriter<byte> destination) => PartitionSnapshotCodec.Write(producers, destination, isShared: true);

    /// <summary>Reads what <see cref="WriteSnapshot"/> wrote. Refuses anything else with <see cref="ErrorCode.CorruptLog"/>; then replay the log instead.</summary>
    public static Result<PartitionState> ReadSnapshot(ReadOnlySpan<byte> snapshot) => ReadSnapshot(snapshot, DefaultMaxProducers);

    /// <inheritdoc cref="ReadSnapshot(ReadOnlySpan{byte})"/>
    public static Result<PartitionState> ReadSnapshot(ReadOnlySpan<byte> snapshot, int maxProducers)
    {
        PartitionState state = new(maxProducers);
        return PartitionSnapshotCodec.Read(snapshot, state.producers) is { } refused ? refused : state;
    }

    /// <summary>State records have no sequence; markers of transactions only name their producer.</summary>
    private static bool CarriesSequence(in RecordBatchHeader batch) => !batch.ProducerId.IsNone && !batch.IsControl;

    private static bool HasSaneSequence(in RecordBatchHeader batch) =>
        batch.ProducerEpoch >= 0 && batch.BaseSequence >= 0 && batch.LastOffsetDelta >= 0;
}
