using System.Buffers;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Server.Grpc.Protocol;
using GoQueue.Server.Grpc.Wire;

namespace GoQueue.Server.Grpc.Reading;

/// <summary>
/// Raw batches: the stored bytes go into the response as they are, one field header in front. No record is looked at.
/// </summary>
internal sealed class BatchesWriter(GrpcCall call, Offset from, long maxMessages) : ISubscriptionWriter
{
    private long delivered;

    public bool IsDone => maxMessages > 0 && delivered >= maxMessages;

    public ValueTask<GrpcStatus> WriteAsync(FetchResult result)
    {
        if (maxMessages > 0)
        {
            return WriteCountedAsync(result);
        }

        long length = 0;
        foreach (BufferSlice slice in result.Slices)
        {
            length += slice.Length;
        }

        if (length == 0)
        {
            return new(GrpcStatus.Ok); // nothing came while the fetch waited
        }

        WriteHead(result, result.NextOffset, result.LastEpoch, checked((int)length));
        foreach (BufferSlice slice in result.Slices)
        {
            call.Output.Write(slice.Span);
        }

        return FlushAsync();
    }

    public void Dispose()
    {
        // Nothing is held between results.
    }

    /// <summary>As the plain way, and stops after the batch that holds the last message asked for.</summary>
    private ValueTask<GrpcStatus> WriteCountedAsync(FetchResult result)
    {
        int length = 0;
        Offset next = result.NextOffset;
        LeaderEpoch last = result.LastEpoch;
        foreach (BufferSlice slice in result.Slices)
        {
            if (!IsDone)
            {
                length += Count(slice.Span, ref next, ref last);
            }
        }

        if (length == 0)
        {
            return new(GrpcStatus.Ok);
        }

        WriteHead(result, next, last, length);
        int left = length;
        foreach (BufferSlice slice in result.Slices)
        {
            int taken = Math.Min(left, slice.Length);
            call.Output.Write(slice.Span[..taken]);
            left -= taken;
        }

        return FlushAsync();
    }

    /// <summary>Bytes of the batches up to the one that completes the count.</summary>
    private int Count(ReadOnlySpan<byte> batches, ref Offset next, ref LeaderEpoch last)
    {
        int length = 0;
        foreach (ReadOnlySpan<byte> batch in new RecordBatchSequence(batches))
        {
            RecordBatchHeader header = new(batch);
            length += batch.Length;
            if (!header.IsControl && header.NextOffset > from)
            {
                // A first batch that begins before the start counts by its offsets, which is exact unless it was compacted.
                delivered += header.BaseOffset >= from ? header.RecordCount : Math.Min(header.RecordCount, header.NextOffset - from);
            }

            if (IsDone)
            {
                next = header.NextOffset;
                last = header.LeaderEpoch;
                break;
            }
        }

        return length;
    }

    private void WriteHead(FetchResult result, Offset next, LeaderEpoch last, int batchBytes)
    {
        int size = WireSize.Int64(next.Value) + WireSize.Int64(result.HighWatermark.Value) + WireSize.Int64(result.LogStartOffset.Value)
            + WireSize.OptionalInt32(last.Value) + WireSize.Bytes(batchBytes);
        int head = GrpcFrame.PrefixSize + size - batchBytes;
        Span<byte> room = call.Output.GetSpan(head);
        GrpcFrame.WritePrefix(room, size);
        WireWriter writer = new(room[GrpcFrame.PrefixSize..]);
        writer.Int64(3, next.Value);
        writer.Int64(4, result.HighWatermark.Value);
        writer.Int64(5, result.LogStartOffset.Value);
        writer.OptionalInt32(6, last.Value);
        writer.BytesPrefix(1, batchBytes);
        Invariant.Check(writer.Written + GrpcFrame.PrefixSize == head, "a response head has the size computed for it", head, writer.Written);
        call.Output.Advance(head);
    }

    private ValueTask<GrpcStatus> FlushAsync()
    {
        ValueTask<bool> flush = call.FlushAsync();
        return flush.IsCompletedSuccessfully ? new(StatusOf(flush.Result)) : Awaited(flush);

        async ValueTask<GrpcStatus> Awaited(ValueTask<bool> pending) => StatusOf(await pending);

        GrpcStatus StatusOf(bool goesOn) => goesOn ? GrpcStatus.Ok : call.WhyCancelled();
    }
}
