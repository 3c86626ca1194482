using System.Buffers;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Server.Grpc.Protocol;
using GoQueue.Server.Grpc.Wire;

namespace GoQueue.Server.Grpc.Reading;

/// <summary>
/// Decoded messages: state records and expired messages are left out, and so is what lies before the offset asked for. A response is cut when it
/// reaches its size; what one batch inflates to is the most that is ever written without waiting for the client.
/// </summary>
internal sealed class MessagesWriter(GrpcCall call, PartitionIndex partition, Offset from, long maxMessages, int maxBytes, TimeProvider time)
    : ISubscriptionWriter
{
    private const int KeepAtMost = 4 << 20; // room that an idle subscription may hold on to

    private readonly FrameBuffer frame = new();
    private Offset next = from;
    private LeaderEpoch last = LeaderEpoch.None; // of the batch that the record before `next` stands in
    private long delivered;
    private int largest;

    public bool IsDone => maxMessages > 0 && delivered >= maxMessages;

    public async ValueTask<GrpcStatus> WriteAsync(FetchResult result)
    {
        UnixMillis now = UnixMillis.From(time);
        foreach (BufferSlice slice in result.Slices)
        {
            for (int at = 0; at < slice.Length && !IsDone;)
            {
                at += Encode(result, slice.Span[at..], now, out Error? damage);
                if (damage is { } error)
                {
                    Cut(result);
                    return error;
                }

                if (call.Output.UnflushedBytes > maxBytes && !await call.FlushAsync())
                {
                    return call.WhyCancelled();
                }
            }
        }

        if (frame.MessageLength > 0)
        {
            Cut(result);
        }

        if (call.Output.UnflushedBytes > 0 && !await call.FlushAsync())
        {
            return call.WhyCancelled();
        }

        if (largest > KeepAtMost)
        {
            frame.Dispose(); // rents anew when needed
            largest = 0;
        }

        return GrpcStatus.Ok;
    }

    public void Dispose() => frame.Dispose();

    /// <summary>Encodes the first batch of the bytes; answers its length.</summary>
    private int Encode(FetchResult result, ReadOnlySpan<byte> batches, UnixMillis now, out Error? damage)
    {
        RecordBatchSequence sequence = new(batches);
        Invariant.Check(sequence.MoveNext(), "a fetch answers whole batches");
        ReadOnlySpan<byte> batch = sequence.Current;
        RecordBatchHeader header = new(batch);
        damage = null;
        if (!header.IsControl)
        {
            using RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out Error? refused);
            if (refused is { } why)
            {
                damage = StoredBatch.Unreadable(header, why);
                return batch.Length;
            }

            foreach (Record record in reader)
            {
                if (record.Offset < next)
                {
                    continue;
                }

                if (!RecordTtl.IsExpired(record, now))
                {
                    Append(result, record, header.Lane);
                }

                next = record.Offset.Next;
                last = header.LeaderEpoch;
                if (IsDone)
                {
                    return batch.Length;
                }
            }
        }

        if (header.NextOffset >= next)
        {
            (next, last) = (header.NextOffset, header.LeaderEpoch);
        }

        return batch.Length;
    }

    private void Append(FetchResult result, in Record record, PriorityLane lane)
    {
        int size = MessageEncoder.FieldSize(record, lane, partition.Value);
        if (frame.MessageLength > 0 && frame.MessageLength + size > maxBytes)
        {
            Cut(result);
        }

        MessageEncoder.Append(frame, 2, record, lane, partition.Value);
        delivered++;
    }

    /// <summary>Ends the response under way and writes it.</summary>
    private void Cut(FetchResult result)
    {
        if (frame.MessageLength == 0)
        {
            return;
        }

        int size = WireSize.Int64(next.Value) + WireSize.Int64(result.HighWatermark.Value) + WireSize.Int64(result.LogStartOffset.Value)
            + WireSize.OptionalInt32(last.Value);
        WireWriter writer = new(frame.Extend(size));
        writer.Int64(3, next.Value);
        writer.Int64(4, result.HighWatermark.Value);
        writer.Int64(5, result.LogStartOffset.Value);
        writer.OptionalInt32(6, last.Value);
        call.Output.Write(frame.Frame);
        largest = Math.Max(largest, frame.MessageLength);
        frame.Clear();
    }
}
