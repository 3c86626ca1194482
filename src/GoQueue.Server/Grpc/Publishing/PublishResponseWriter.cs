using System.Text;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Server.Grpc.Protocol;
using GoQueue.Server.Grpc.Wire;

namespace GoQueue.Server.Grpc.Publishing;

/// <summary>Writes a <c>goqueue.v1.PublishResponse</c> straight into the response.</summary>
internal static class PublishResponseWriter
{
    /// <summary>The reason when every message was refused for the same one: then the call itself fails. Else null.</summary>
    public static Error? CommonRefusal(UnaryPublish publish)
    {
        Error first = ResultOf(publish, publish.Messages[0]).Error;
        if (first.Code == ErrorCode.None)
        {
            return null;
        }

        foreach (ref readonly PublishedMessage message in publish.Messages)
        {
            if (ResultOf(publish, message).Error.Code != first.Code)
            {
                return null;
            }
        }

        return first;
    }

    public static void Write(GrpcCall call, UnaryPublish publish)
    {
        int results = 0;
        foreach (ref readonly PublishedMessage message in publish.Messages)
        {
            results += WireSize.Bytes(SizeOf(ResultOf(publish, message)));
        }

        (int replicas, bool isFlushed) = WeakestOf(publish);
        int size = results + WireDurability.FieldSize(publish.Acks, replicas, isFlushed);
        call.BeginResponse();
        Span<byte> frame = call.Output.GetSpan(GrpcFrame.PrefixSize + size);
        GrpcFrame.WritePrefix(frame, size);
        WireWriter writer = new(frame[GrpcFrame.PrefixSize..]);
        foreach (ref readonly PublishedMessage message in publish.Messages)
        {
            Write(ref writer, ResultOf(publish, message));
        }

        WireDurability.Write(ref writer, 2, publish.Acks, replicas, isFlushed);
        Invariant.Check(writer.Written == size, "a response has the size computed for it", size, writer.Written);
        call.Output.Advance(GrpcFrame.PrefixSize + size);
    }

    private static Result ResultOf(UnaryPublish publish, in PublishedMessage message)
    {
        if (message.Refusal.Code != ErrorCode.None)
        {
            return new Result(message.Partition, Offset.None.Value, 0, message.Refusal);
        }

        ref readonly PublishReceipt receipt = ref publish.Batches[message.Batch].Receipt;
        bool hasOffset = receipt.IsOk && !receipt.BaseOffset.IsNone;
        return new Result(
            message.Partition,
            hasOffset ? receipt.BaseOffset.Value + message.Delta : Offset.None.Value,
            receipt.IsOk ? message.TimestampMillis : 0,
            receipt.Error);
    }

    private static int SizeOf(in Result result)
    {
        int detail = Encoding.UTF8.GetByteCount(result.Error.Detail ?? string.Empty);
        return WireSize.Int64(result.Partition) + WireSize.Int64(result.Offset) + WireSize.Int64(result.TimestampMillis)
            + WireSize.Int64((int)result.Error.Code) + (detail == 0 ? 0 : WireSize.Bytes(detail));
    }

    private static void Write(ref WireWriter writer, in Result result)
    {
        writer.BytesPrefix(1, SizeOf(result));
        writer.Int64(1, result.Partition);
        writer.Int64(2, result.Offset);
        writer.Int64(3, result.TimestampMillis);
        writer.Int64(4, (int)result.Error.Code);
        string detail = result.Error.Detail ?? string.Empty;
        writer.Text(5, detail, Encoding.UTF8.GetByteCount(detail));
    }

    /// <summary>The promise of the whole response is that of its weakest batch.</summary>
    private static (int Replicas, bool IsFlushed) WeakestOf(UnaryPublish publish)
    {
        int replicas = int.MaxValue;
        bool isFlushed = true;
        foreach (ref readonly PublishedBatch batch in publish.Batches)
        {
            if (batch.Receipt.IsOk)
            {
                replicas = Math.Min(replicas, batch.Receipt.Replicas);
                isFlushed &= batch.Receipt.Flushed;
            }
        }

        return replicas == int.MaxValue ? (0, false) : (replicas, isFlushed);
    }

    private readonly record struct Result(int Partition, long Offset, long TimestampMillis, Error Error);
}
