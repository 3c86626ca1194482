using System.Buffers;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Server.Forwarding;
using GoQueue.Server.Grpc.Protocol;
using GoQueue.Server.Grpc.Services;
using GoQueue.Server.Grpc.Wire;
using V1 = GoQueue.Contracts.V1;

namespace GoQueue.Server.Grpc.Reading;

/// <summary>One unary <c>Fetch</c>: decoded messages of one stretch of a partition.</summary>
internal sealed class FetchCall(GrpcCall call, V1.FetchRequest request, IPartitionRoutes partitions, TimeProvider time) : IDisposable
{
    private const int DefaultMessages = 500;
    private const int DefaultBytes = 1 << 20;
    private const int MaxRounds = 64;

    private readonly FrameBuffer frame = new();
    private readonly int maxMessages = request.MaxMessages == 0 ? DefaultMessages : Math.Min(request.MaxMessages, call.Limits.MaxFetchMessages);
    private readonly int maxBytes = request.MaxBytes == 0 ? DefaultBytes : Math.Min(request.MaxBytes, call.Limits.MaxFetchBytes);
    private readonly LeaderEpoch? asked = request.HasLastEpoch ? new LeaderEpoch(request.LastEpoch) : null;
    private Offset next;
    private LeaderEpoch last = LeaderEpoch.None; // of the record before `next`
    private int count;
    private bool isFull;

    public async ValueTask<GrpcStatus> RunAsync(PartitionTarget target)
    {
        if (request.MaxMessages < 0 || request.MaxBytes < 0 || request.WaitMs < 0)
        {
            return GrpcStatus.Of(ErrorCode.InvalidArgument, "max_messages, max_bytes and wait_ms are not negative");
        }

        StartPosition start = new(request.HasOffset ? request.Offset : null, request.HasFromTimeMs ? request.FromTimeMs : null);
        if (start.Mistake(asked) is { } mistake)
        {
            return mistake;
        }

        Result<Offset> resolved = await start.ResolveAsync(partitions, target.Partition, call.Token);
        if (!resolved.TryGet(out next, out Error error))
        {
            return GrpcStatus.Of(error, partitions, target.Partition);
        }

        TimeSpan wait = TimeSpan.FromMilliseconds(Math.Min(request.WaitMs, call.Limits.MaxFetchWait.TotalMilliseconds));
        long began = time.GetTimestamp();
        for (int round = 1; ; round++)
        {
            TimeSpan left = wait - time.GetElapsedTime(began);
            FetchRequest fetch = new(target.Partition, next, maxBytes, left > TimeSpan.Zero ? left : TimeSpan.Zero)
            {
                LastEpoch = round == 1 ? asked : last == LeaderEpoch.None ? null : last,
            };
            using FetchResult result = await partitions.FetchAsync(fetch, call.Token);
            if (!result.IsOk)
            {
                return GrpcStatus.Of(result, partitions, target.Partition);
            }

            Offset before = next;
            if (Decode(result) is { } damage)
            {
                return damage;
            }

            // Where only batches came that hold nothing for this reader (state records, expired messages), go on to the next ones. After many
            // of them answer without messages: the client asks again from next_offset.
            if (count > 0 || next == before || round == MaxRounds)
            {
                Write(result);
                return GrpcStatus.Ok;
            }
        }
    }

    public void Dispose() => frame.Dispose();

    private Error? Decode(FetchResult result)
    {
        UnixMillis now = UnixMillis.From(time);
        foreach (BufferSlice slice in result.Slices)
        {
            foreach (ReadOnlySpan<byte> batch in new RecordBatchSequence(slice.Span))
            {
                if (isFull)
                {
                    return null;
                }

                if (DecodeBatch(batch, now) is { } damage)
                {
                    return damage;
                }
            }
        }

        if (!isFull && result.NextOffset >= next)
        {
            (next, last) = (result.NextOffset, result.LastEpoch);
        }

        return null;
    }

    private Error? DecodeBatch(ReadOnlySpan<byte> batch, UnixMillis now)
    {
        RecordBatchHeader header = new(batch);
        if (header.IsControl)
        {
            (next, last) = (header.NextOffset, header.LeaderEpoch);
            return null;
        }

        using RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out Error? damage);
        if (damage is { } refused)
        {
            return StoredBatch.Unreadable(header, refused);
        }

        foreach (Record record in reader)
        {
            if (record.Offset < next)
            {
                continue;
            }

            if (!RecordTtl.IsExpired(record, now))
            {
                int size = MessageEncoder.FieldSize(record, header.Lane, request.Partition);
                if (count == maxMessages || (count > 0 && frame.MessageLength + size > maxBytes))
                {
                    isFull = true;
                    return null;
                }

                MessageEncoder.Append(frame, 1, record, header.Lane, request.Partition);
                count++;
            }

            (next, last) = (record.Offset.Next, header.LeaderEpoch);
        }

        if (header.NextOffset >= next)
        {
            (next, last) = (header.NextOffset, header.LeaderEpoch);
        }

        return null;
    }

    private void Write(FetchResult result)
    {
        int size = WireSize.Int64(next.Value) + WireSize.Int64(result.HighWatermark.Value) + WireSize.Int64(result.LogStartOffset.Value)
            + WireSize.OptionalInt32(last.Value);
        WireWriter writer = new(frame.Extend(size));
        writer.Int64(2, next.Value);
        writer.Int64(3, result.HighWatermark.Value);
        writer.Int64(4, result.LogStartOffset.Value);
        writer.OptionalInt32(5, last.Value);
        call.BeginResponse();
        call.Output.Write(frame.Frame);
    }
}
