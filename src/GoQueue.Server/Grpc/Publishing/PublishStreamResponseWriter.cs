using System.Buffers;
using System.Text;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Server.Forwarding;
using GoQueue.Server.Grpc.Protocol;
using GoQueue.Server.Grpc.Wire;
using Google.Protobuf;
using V1 = GoQueue.Contracts.V1;

namespace GoQueue.Server.Grpc.Publishing;

/// <summary>Writes a <c>goqueue.v1.PublishStreamResponse</c> with its frame.</summary>
internal static class PublishStreamResponseWriter
{
    /// <param name="leader">Who leads the partition, for an answer that says that this node does not.</param>
    public static void Write(IBufferWriter<byte> output, PendingBatch batch, LeaderHint? leader)
    {
        ReadOnlySpan<byte> hint = leader is { } known ? Encode(known) : default;
        PublishReceipt receipt = batch.Receipt;
        string detail = receipt.Error.Detail ?? string.Empty;
        int detailSize = detail.Length == 0 ? 0 : Encoding.UTF8.GetByteCount(detail);
        long timestamp = receipt.Timestamp.IsNone ? 0 : receipt.Timestamp.Value;
        int size = WireSize.UInt64(batch.CorrelationId) + WireSize.Int64(receipt.BaseOffset.Value) + WireSize.Int64((int)receipt.Error.Code)
            + (detailSize == 0 ? 0 : WireSize.Bytes(detailSize)) + WireSize.Int64(timestamp)
            + (receipt.IsOk ? WireDurability.FieldSize(batch.Acks, receipt.Replicas, receipt.Flushed) : 0) + (hint.IsEmpty ? 0 : WireSize.Bytes(hint.Length));

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
        if (!hint.IsEmpty)
        {
            writer.Bytes(7, hint);
        }

        Invariant.Check(writer.Written == size, "a response has the size computed for it", size, writer.Written);
        output.Advance(GrpcFrame.PrefixSize + size);
    }

    private static byte[] Encode(in LeaderHint leader) =>
        new V1.PartitionLeader { Node = leader.Node.Value, Endpoint = leader.Grpc?.ToString() ?? string.Empty, LeaderEpoch = leader.Epoch.Value }.ToByteArray();
}
