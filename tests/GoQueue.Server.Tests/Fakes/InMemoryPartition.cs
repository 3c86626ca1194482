using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Server.Tests.Fakes;

/// <summary>One partition as a list of stamped batches, with the long poll of the real one.</summary>
internal sealed class InMemoryPartition
{
    private readonly Lock gate = new();
    private readonly List<byte[]> batches = [];
    private TaskCompletionSource appended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Offset start = Offset.Zero;
    private Offset end = Offset.Zero;

    public int MaxBatchBytes { get; set; }

    /// <summary>The leadership that batches are stored under from now on; readers are checked against it (E7).</summary>
    public LeaderEpoch Epoch { get; set; } = LeaderEpoch.Zero;

    public PartitionOffsets Offsets
    {
        get
        {
            lock (gate)
            {
                return new PartitionOffsets(start, end);
            }
        }
    }

    public PublishReceipt Append(SharedBuffer batch)
    {
        using SharedBuffer owned = batch;
        if ((RecordBatchValidator.Validate(batch.Span, MaxBatchBytes) ?? RecordBatchValidator.ValidateRecords(batch.Span, RecordReadLimits.Default)) is { } refused)
        {
            return new PublishReceipt(refused, Offset.None, UnixMillis.None, 0, false);
        }

        return AppendUnchecked(batch.Span.ToArray());
    }

    public PublishReceipt AppendUnchecked(byte[] stored)
    {
        PublishReceipt receipt;
        lock (gate)
        {
            RecordBatchHeader.Stamp(stored, end, Epoch);
            RecordBatchHeader header = new(stored);
            receipt = new PublishReceipt(default, end, header.MaxTimestamp, 1, true);
            end = header.NextOffset;
            batches.Add(stored);
        }

        Wake();
        return receipt;
    }

    public void Wake()
    {
        TaskCompletionSource wake;
        lock (gate)
        {
            wake = appended;
            appended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        wake.SetResult();
    }

    public async Task<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        Task wake;
        lock (gate)
        {
            wake = appended.Task;
        }

        FetchResult result = Read(request);
        if (!result.IsOk || result.Slices.Count > 0 || request.MaxWait <= TimeSpan.Zero)
        {
            return result;
        }

        try
        {
            await wake.WaitAsync(request.MaxWait, cancellationToken);
        }
        catch (TimeoutException)
        {
            // nothing came
        }

        return Read(request);
    }

    public Result<Offset> OffsetForTime(UnixMillis time)
    {
        lock (gate)
        {
            foreach (byte[] batch in batches)
            {
                using RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out _);
                foreach (Core.Records.Record record in reader)
                {
                    if (record.Timestamp >= time && record.Offset >= start)
                    {
                        return record.Offset;
                    }
                }
            }

            return Offset.None;
        }
    }

    /// <summary>The newest batches are gone, as after an unclean election.</summary>
    public void LoseNewest(int count)
    {
        lock (gate)
        {
            batches.RemoveRange(batches.Count - count, count);
            end = batches.Count == 0 ? start : new RecordBatchHeader(batches[^1]).NextOffset;
        }
    }

    public void DeleteBelow(Offset offset)
    {
        lock (gate)
        {
            start = offset;
            batches.RemoveAll(batch => new RecordBatchHeader(batch).NextOffset <= offset);
        }
    }

    public static FetchResult Nothing(Error error, Offset from, Offset start, Offset end, LeaderEpoch? last = null) => new()
    {
        Error = error,
        Slices = [],
        NextOffset = from,
        LastEpoch = last ?? LeaderEpoch.None,
        HighWatermark = end,
        LogStartOffset = start,
    };

    private FetchResult Read(FetchRequest request)
    {
        lock (gate)
        {
            if (request.KnownEpoch is { } known && known != Epoch)
            {
                return Nothing(new Error(known < Epoch ? ErrorCode.FencedLeaderEpoch : ErrorCode.UnknownLeaderEpoch, $"this is epoch {Epoch}"), request.From, start, end);
            }

            if (request.LastEpoch is { } last && EndOf(last) is var (epoch, ends) && (epoch != last || ends < request.From))
            {
                return Nothing(new Error(ErrorCode.LogTruncated, "taken back"), Offset.Min(ends, request.From), start, end, epoch);
            }

            if (request.From < start || request.From > end)
            {
                return Nothing(new Error(ErrorCode.OffsetOutOfRange, $"outside [{start}, {end}]"), request.From, start, end);
            }

            List<BufferSlice> slices = [];
            Offset next = request.From;
            int bytes = 0;
            foreach (byte[] batch in batches)
            {
                RecordBatchHeader header = new(batch);
                if (header.NextOffset <= request.From)
                {
                    continue;
                }

                if (slices.Count > 0 && bytes + batch.Length > request.MaxBytes)
                {
                    break;
                }

                slices.Add(new BufferSlice(SharedBuffer.CopyOf(batch), 0, batch.Length));
                bytes += batch.Length;
                next = header.NextOffset;
            }

            return new FetchResult { Error = default, Slices = slices, NextOffset = next, LastEpoch = EpochBefore(next), HighWatermark = end, LogStartOffset = start };
        }
    }

    private LeaderEpoch EpochBefore(Offset offset) =>
        batches.FindLast(batch => new RecordBatchHeader(batch).BaseOffset < offset) is { } before ? new RecordBatchHeader(before).LeaderEpoch : LeaderEpoch.None;

    private (LeaderEpoch Epoch, Offset End) EndOf(LeaderEpoch epoch) =>
        batches.FindLast(batch => new RecordBatchHeader(batch).LeaderEpoch <= epoch) is { } newest
            ? (new RecordBatchHeader(newest).LeaderEpoch, new RecordBatchHeader(newest).NextOffset)
            : (LeaderEpoch.None, start);
}
