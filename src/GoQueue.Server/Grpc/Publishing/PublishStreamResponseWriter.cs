using System.Buffers;
using System.Text;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Server.Grpc.Protocol;
using GoQueue.Server.Grpc.Wire;

namespace GoQueue.Server.Grpc.Publishing;

/// <summary>Writes a <c>goqueue.v1.PublishStreamResponse</c> with its frame.</summary>
internal static class PublishStreamResponseWriter
{
    public static void Write(IBufferWriter<byte> output, PendingBatch batch)
    {
        PublishReceipt receipt = batch.Receipt;
        string detail = receipt.Error.Detail ?? string.Empty;
        int detailSize = detail.Length == 0 ? 0 : Encoding.UTF8.GetByteCount(detail);
        long timestamp = receipt.Timestamp.IsNone ? 0 : receipt.Timestamp.Value;
        int size = WireSize.UInt64(batch.CorrelationId) + WireSize.Int64(receipt.BaseOffset.Value) + WireSize.Int64((int)receipt.Error.Code)
            + (detailSize == 0 ? 0 : WireSize.Bytes(detailSize)) + WireSize.Int64(timestamp)
            + (receipt.IsOk ? WireDurability.FieldSize(batch.Acks, receipt.Replicas, receipt.Flushed) : 0);

        Span<byte> frame = output.GetSpan(GrpcFrame.PrefixSize + size);
        GrpcFrame.WritePrefix(frame, size);
        WireWriter writer = new(frame[GrpcFrame.PrefixSize..]);
        writer.UInt64(1, batch.CorrelationId);
        writer.Int64(2, receipt.BaseOffset.Value);
        writer.Int64(3, (int)receipt.Error.Code);
        writer.Text(4, detail, detailSize);
        if (receipt.IsOk)
        {
            WireDurability.Write(ref writer, 5, batch.Acks, receipt.Replicas, receipt.Flushed);
        }

        writer.Int64(6, timestamp);
        Invariant.Check(writer.Written == size, "a response has the size computed for it", size, writer.Written);
        output.Advance(GrpcFrame.PrefixSize + size);
    }
}
