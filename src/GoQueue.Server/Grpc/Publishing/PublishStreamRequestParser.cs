using System.Buffers;
using GoQueue.Server.Grpc.Wire;

namespace GoQueue.Server.Grpc.Publishing;

/// <summary>A <c>goqueue.v1.PublishStreamRequest</c>: views of the message, nothing copied.</summary>
internal ref struct PublishStreamRequestParser
{
    public ulong CorrelationId;
    public ReadOnlySequence<byte> Topic;
    public int Partition;
    public int Acks;
    public ReadOnlySequence<byte> Batch;

    /// <summary>False when the bytes are not a request.</summary>
    public static bool TryParse(in ReadOnlySequence<byte> message, out PublishStreamRequestParser request)
    {
        request = default;
        WireReader reader = new(message);
        while (!reader.IsAtEnd)
        {
            if (!reader.TryReadTag(out int field, out WireType type))
            {
                return false;
            }

            bool read = (field, type) switch
            {
                (1, WireType.Varint) => reader.TryReadVarint(out request.CorrelationId),
                (2, WireType.Bytes) => reader.TryReadBytes(out request.Topic),
                (3, WireType.Varint) => reader.TryReadInt32(out request.Partition),
                (4, WireType.Varint) => reader.TryReadInt32(out request.Acks),
                (5, WireType.Bytes) => reader.TryReadBytes(out request.Batch),
                _ => reader.TrySkip(field, type),
            };
            if (!read)
            {
                return false;
            }
        }

        return true;
    }
}
