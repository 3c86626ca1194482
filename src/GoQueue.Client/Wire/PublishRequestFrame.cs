using GoQueue.Client.Transport;
using GoQueue.Core;

namespace GoQueue.Client.Wire;

/// <summary>
/// Writes <c>goqueue.v1.PublishStreamRequest</c>, gRPC prefix included, straight from a built batch: correlation_id 1, topic 2, partition 3,
/// acks 4, batch 5. The generated class would copy the batch into a ByteString first.
/// </summary>
internal readonly struct PublishRequestFrame(ulong correlation, ReadOnlyMemory<byte> topic, int partition, ProducerAcks acks)
{
    /// <summary>Bytes of everything but the batch, at most.</summary>
    private const int MaxHeadBytes = GrpcFrame.PrefixBytes + (5 * 11);

    /// <summary>Room to have before <see cref="Write"/>.</summary>
    public int MaxSize(int batchBytes) => MaxHeadBytes + topic.Length + batchBytes;

    /// <summary>Writes the frame and answers its size.</summary>
    public int Write(Span<byte> destination, ReadOnlySpan<byte> batch)
    {
        ProtoWriter writer = new(destination[GrpcFrame.PrefixBytes..]);
        writer.Number(1, correlation);
        if (!topic.IsEmpty)
        {
            writer.Prefix(2, topic.Length);
            writer.Bytes(topic.Span);
        }

        writer.Number(3, (ulong)partition);
        writer.Number(4, (ulong)acks + 1); // ACKS_NONE is 1
        writer.Prefix(5, batch.Length);
        writer.Bytes(batch);
        Invariant.Check(writer.Position <= MaxSize(batch.Length) - GrpcFrame.PrefixBytes, "a publish frame fits the room computed for it");
        GrpcFrame.WritePrefix(destination, writer.Position);
        return GrpcFrame.PrefixBytes + writer.Position;
    }
}
