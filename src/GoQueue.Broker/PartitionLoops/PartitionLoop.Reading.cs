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
        Error why = Refusal;
        return why.Code != ErrorCode.None ? why : partitionLog.OffsetForTime(instant, HighWatermark);
    }

    private FetchResult Read(FetchRequest request)
    {
        // The order matters: start before end, so that a racing retention shows as "below the start", never as a hole.
        Error why = Refusal;
        Offset start = partitionLog.StartOffset;
        Offset end = HighWatermark;
        if (why.Code != ErrorCode.None)
        {
            return Nothing(why, request.From, start, end);
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

    private static FetchResult Nothing(Error error, Offset from, Offset start, Offset end) => new()
    {
        Error = error,
        Slices = [],
        NextOffset = from,
        HighWatermark = end,
        LogStartOffset = start,
    };
}
