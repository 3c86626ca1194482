using GoQueue.Broker.Requests;
using GoQueue.Core.Scheduling;
using GoQueue.Core;
using GoQueue.Replication;
using GoQueue.Storage;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>Reading: beside the turns, on the caller's thread, below the high watermark only (semantics R1).</summary>
internal sealed partial class PartitionLoop
{
    /// <summary>How often a read starts over because the log was cut under it; each time needs a truncation.</summary>
    private const int MaxReadAttempts = 3;

    private int cuts; // odd while the log is being cut: what is read then may be of two histories

    public async ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        LeaderEpoch epoch = LeadingEpoch;
        FetchResult result = await FetchHereAsync(request, cancellationToken);
        bool isFinal = result.Error.Code is ErrorCode.OffsetOutOfRange or ErrorCode.LogTruncated;
        if (!isFinal || !replication.Proofs.AreNeeded || await replication.Proofs.AskAsync(Partition, epoch).UnlessCancelledAsync(cancellationToken))
        {
            return result;
        }

        // Deposed without knowing it, this log may end before what the reader has read at the leader that took over.
        return Nothing(NotProved(epoch), request.From, result.LogStartOffset, result.HighWatermark);
    }

    private async ValueTask<FetchResult> FetchHereAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        FetchResult result = await ReadAsync(request);
        bool isEarly = result.Error.Code == ErrorCode.OffsetNotAvailable; // the high watermark is on its way: to a follower, or to a new leader
        if (request.MaxWait <= TimeSpan.Zero || (!isEarly && !result.IsOk) || result.Slices.Count > 0)
        {
            return result;
        }

        result.Dispose();
        Offset awaited = isEarly ? new Offset(request.From.Value - 1) : request.From;
        await committed.WaitAsync(awaited, currentHighWatermark, request.MaxWait, time, cancellationToken);
        return await ReadAsync(request);
    }

    /// <summary>From memory at once; older data comes from the disk on a thread that may block.</summary>
    private ValueTask<FetchResult> ReadAsync(FetchRequest request) =>
        partitionLog.IsInMemory(request.From) ? new(Read(request)) : new(readers.RunAsync(() => Read(request)));

    public Result<Offset> OffsetForTime(UnixMillis instant)
    {
        Error why = WhyEndIsUnknown();
        return why.Code != ErrorCode.None ? why : partitionLog.OffsetForTime(instant, HighWatermark, LogStart);
    }

    /// <summary>
    /// L11. A leader that was deposed without knowing it would tell an end from before. What was acknowledged before the question is below this one's high watermark if it led at
    /// any moment after it; the proof says that it did, and the watermark is read after that.
    /// </summary>
    public async ValueTask<Result<PartitionOffsets>> OffsetsAsync(CancellationToken cancellationToken)
    {
        LeaderEpoch epoch = LeadingEpoch;
        Error why = WhyEndIsUnknown();
        if (why.Code == ErrorCode.None && replication.Proofs.AreNeeded)
        {
            why = await replication.Proofs.AskAsync(Partition, epoch).UnlessCancelledAsync(cancellationToken) ? WhyEndIsUnknown() : NotProved(epoch);
        }

        return why.Code != ErrorCode.None ? why : new PartitionOffsets(LogStart, HighWatermark);
    }

    public Result<Offset> FirstOffset()
    {
        Error why = WhyStartIsUnknown();
        return why.Code != ErrorCode.None ? why : LogStart;
    }

    /// <summary>Committed data for a follower is not asked for; it gets everything appended.</summary>
    public ValueTask<LogRead> ReadForFollowerAsync(Offset from, int maxBytes) =>
        partitionLog.IsInMemory(from) ? new(partitionLog.Read(from, ServableEnd, maxBytes)) : new(readers.RunAsync(() => partitionLog.Read(from, ServableEnd, maxBytes)));

    /// <summary>As <see cref="WhyEndIsUnknown"/>: a new leader that does not know yet which start the one before it told (ADR 0017).</summary>
    private Error WhyStartIsUnknown()
    {
        Error why = WhyNoReads(mayFollow: false);
        return why.Code == ErrorCode.None && !knowsStart
            ? new Error(ErrorCode.OffsetNotAvailable, $"the new leader of partition {Partition} does not know yet where it begins")
            : why;
    }

    /// <summary>Why questions about the range cannot be answered here and now: not the leader, or a new one that does not know yet what was exposed before it (R8).</summary>
    private Error WhyEndIsUnknown()
    {
        Error why = WhyStartIsUnknown();
        return why.Code == ErrorCode.None && !knowsEnd
            ? new Error(ErrorCode.OffsetNotAvailable, $"the new leader of partition {Partition} does not know yet how far it is committed")
            : why;
    }

    private Error WhyNoReads(bool mayFollow)
    {
        lock (door)
        {
            if (refusal.Code != ErrorCode.None)
            {
                return refusal;
            }

            return notLeading.Code != ErrorCode.None && !(mayFollow && isFollowing && isInSync) ? notLeading : default;
        }
    }

    private FetchResult Read(FetchRequest request)
    {
        for (int attempt = 0; attempt < MaxReadAttempts; attempt++)
        {
            int seen = Volatile.Read(ref cuts);
            FetchResult result = ReadOnce(request);
            Interlocked.MemoryBarrier();
            if (seen % 2 == 0 && Volatile.Read(ref cuts) == seen)
            {
                return result;
            }

            result.Dispose();
        }

        return Nothing(new Error(ErrorCode.OffsetNotAvailable, $"the log of partition {Partition} is being cut"), request.From, ToldStart(LogStart), HighWatermark);
    }

    /// <summary>
    /// The start as a reader may be told: by a leader that does not know it yet none, because another leader may have told a higher one; by a follower what it
    /// heard last.
    /// </summary>
    private Offset ToldStart(Offset known) => LeadingEpoch != LeaderEpoch.None && !knowsStart ? Offset.None : known;

    private FetchResult ReadOnce(in FetchRequest request)
    {
        // The order matters: start before end, so that a racing retention shows as "below the start", never as a hole.
        Error why = WhyNoReads(request.MayReadFromFollower);
        Offset start = LogStart;
        Offset told = ToldStart(start);
        Offset end = HighWatermark;
        if (why.Code != ErrorCode.None)
        {
            return Nothing(why, request.From, told, end);
        }

        if (CheckEpochs(request, told, end) is { } stale)
        {
            return stale;
        }

        bool leads = LeadingEpoch != LeaderEpoch.None;
        if ((request.From > end && !knowsEnd) || (request.From < start && !leads))
        {
            return Nothing(new Error(ErrorCode.OffsetNotAvailable, leads || request.From > end
                ? $"offset {request.From} of partition {Partition.Partition} is not known here to be committed yet"
                : $"this follower holds partition {Partition.Partition} from offset {start} on; the leader is to be asked for {request.From}"), request.From, told, end);
        }

        if (request.From < start || request.From > end)
        {
            string detail = $"offset {request.From} of partition {request.Partition.Partition} is outside [{start}, {end}]";
            return Nothing(new Error(ErrorCode.OffsetOutOfRange, detail), request.From, told, end);
        }

        if (request.From == end)
        {
            return Nothing(default, request.From, told, end, EpochBefore(request.From));
        }

        LogRead read = partitionLog.Read(request.From, end, request.MaxBytes);
        if (read.Error is { } error)
        {
            return Nothing(error, request.From, told, end);
        }

        metrics.Fetched(read.Slices);
        return new FetchResult
        {
            Error = default,
            Slices = read.Slices,
            NextOffset = read.NextOffset,
            LastEpoch = EpochBefore(read.NextOffset),
            HighWatermark = end,
            LogStartOffset = told,
        };
    }

    /// <summary>E7: a reader that knows an older or newer leadership, or that stands on records an unclean election took back.</summary>
    private FetchResult? CheckEpochs(in FetchRequest request, Offset start, Offset end)
    {
        if (request.KnownEpoch is null && request.LastEpoch is null)
        {
            return null;
        }

        ErrorCode code;
        EpochEnd parting;
        lock (replicaGate)
        {
            code = replica.ValidateReader(request.KnownEpoch ?? LeaderEpoch.None, request.From, request.LastEpoch ?? LeaderEpoch.None, epochs, out parting);
        }

        if (code == ErrorCode.None)
        {
            return null;
        }

        string detail = code switch
        {
            ErrorCode.LogTruncated =>
                $"offset {request.From} of partition {Partition.Partition} was read behind a record of leader epoch {request.LastEpoch}, which an unclean election took back: the log parts from that history at offset {parting.EndOffset}, the end of epoch {parting.Epoch}",
            ErrorCode.OffsetNotAvailable => $"this replica of partition {Partition} does not hold the record of epoch {request.LastEpoch} before offset {request.From}; the leader is to be asked",
            _ => $"the reader of partition {Partition} knows leader epoch {request.KnownEpoch} and has read a record of epoch {request.LastEpoch}, this replica acts under epoch {replica.Epoch}",
        };
        return Nothing(new Error(code, detail), parting.EndOffset, start, end, parting.Epoch);
    }

    /// <summary>The epoch of the record before an offset, for the reader to come back with (E7); none at the start of the log.</summary>
    private LeaderEpoch EpochBefore(Offset next) => next > partitionLog.StartOffset ? partitionLog.Epochs.EpochAt(new Offset(next.Value - 1)) : LeaderEpoch.None;

    private static FetchResult Nothing(Error error, Offset from, Offset start, Offset end, LeaderEpoch? last = null) => new()
    {
        Error = error,
        Slices = [],
        NextOffset = from,
        LastEpoch = last ?? LeaderEpoch.None,
        HighWatermark = end,
        LogStartOffset = start,
    };
}
