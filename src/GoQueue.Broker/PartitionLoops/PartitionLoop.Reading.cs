using GoQueue.Broker.Requests;
using GoQueue.Core.Scheduling;
using GoQueue.Core;
using GoQueue.Storage;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>Reading: beside the turns, on the caller's thread, below the high watermark only (semantics R1).</summary>
internal sealed partial class PartitionLoop
{
    public async ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        FetchResult result = await ReadAsync(request);
        if (request.MaxWait <= TimeSpan.Zero || !result.IsOk || result.Slices.Count > 0)
        {
            return result;
        }

        result.Dispose();
        await committed.WaitAsync(request.From, currentHighWatermark, request.MaxWait, time, cancellationToken);
        return await ReadAsync(request);
    }

    /// <summary>From memory at once; older data comes from the disk on a thread that may block.</summary>
    private ValueTask<FetchResult> ReadAsync(FetchRequest request) =>
        partitionLog.IsInMemory(request.From) ? new(Read(request)) : new(readers.RunAsync(() => Read(request)));

    public Result<Offset> OffsetForTime(UnixMillis instant)
    {
        Error why = WhyEndIsUnknown();
        return why.Code != ErrorCode.None ? why : partitionLog.OffsetForTime(instant, HighWatermark);
    }

    public Result<PartitionOffsets> Offsets()
    {
        Error why = WhyEndIsUnknown();
        return why.Code != ErrorCode.None ? why : new PartitionOffsets(LogStart, HighWatermark);
    }

    /// <summary>Committed data for a follower is not asked for; it gets everything appended.</summary>
    public ValueTask<LogRead> ReadForFollowerAsync(Offset from, int maxBytes) =>
        partitionLog.IsInMemory(from) ? new(partitionLog.Read(from, ServableEnd, maxBytes)) : new(readers.RunAsync(() => partitionLog.Read(from, ServableEnd, maxBytes)));

    /// <summary>Why questions about the end cannot be answered here and now: not the leader, or a new one that does not know yet what was exposed before it (R8).</summary>
    private Error WhyEndIsUnknown()
    {
        Error why = WhyNoReads(mayFollow: false);
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

            return notLeading.Code != ErrorCode.None && !(mayFollow && isFollowing) ? notLeading : default;
        }
    }

    private FetchResult Read(FetchRequest request)
    {
        // The order matters: start before end, so that a racing retention shows as "below the start", never as a hole.
        Error why = WhyNoReads(request.MayReadFromFollower);
        Offset start = partitionLog.StartOffset;
        Offset end = HighWatermark;
        if (why.Code != ErrorCode.None)
        {
            return Nothing(why, request.From, start, end);
        }

        if (CheckEpochs(request, start, end) is { } stale)
        {
            return stale;
        }

        if (request.From > end && !knowsEnd)
        {
            return Nothing(new Error(ErrorCode.OffsetNotAvailable, $"offset {request.From} of partition {Partition} is not known here to be committed yet"), request.From, start, end);
        }

        if (request.From < start || request.From > end)
        {
            string detail = $"offset {request.From} of partition {request.Partition.Partition} is outside [{start}, {end}]";
            return Nothing(new Error(ErrorCode.OffsetOutOfRange, detail), request.From, start, end);
        }

        if (request.From == end)
        {
            return Nothing(default, request.From, start, end);
        }

        LogRead read = partitionLog.Read(request.From, end, request.MaxBytes);
        if (read.Error is { } error)
        {
            return Nothing(error, request.From, start, end);
        }

        metrics.Fetched(read.Slices);
        return new FetchResult
        {
            Error = default,
            Slices = read.Slices,
            NextOffset = read.NextOffset,
            HighWatermark = end,
            LogStartOffset = start,
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
        Offset safe;
        lock (replicaGate)
        {
            code = replica.ValidateReader(request.KnownEpoch ?? LeaderEpoch.None, request.From, request.LastEpoch ?? LeaderEpoch.None, epochs, out safe);
        }

        return code == ErrorCode.None
            ? null
            : Nothing(new Error(code, $"offset {request.From} of partition {Partition}, known under epoch {request.KnownEpoch} behind a record of epoch {request.LastEpoch}: safe is {safe}"), safe, start, end);
    }

    private static FetchResult Nothing(Error error, Offset from, Offset start, Offset end) => new()
    {
        Error = error,
        Slices = [],
        NextOffset = from,
        HighWatermark = end,
        LogStartOffset = start,
    };
}
