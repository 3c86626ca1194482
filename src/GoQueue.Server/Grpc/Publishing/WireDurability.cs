using GoQueue.Broker.Requests;
using GoQueue.Server.Grpc.Wire;

namespace GoQueue.Server.Grpc.Publishing;

/// <summary>Writes a <c>goqueue.v1.Durability</c> field.</summary>
internal static class WireDurability
{
    public static int FieldSize(Acks acks, int replicas, bool isFlushed) => WireSize.Bytes(Size(acks, replicas, isFlushed));

    public static void Write(ref WireWriter writer, int field, Acks acks, int replicas, bool isFlushed)
    {
        writer.BytesPrefix(field, Size(acks, replicas, isFlushed));
        writer.UInt64(1, WireAcks.ToWire(acks));
        writer.Int64(2, replicas);
        writer.UInt64(3, isFlushed ? 1UL : 0);
    }

    private static int Size(Acks acks, int replicas, bool isFlushed) =>
        WireSize.UInt64(WireAcks.ToWire(acks)) + WireSize.Int64(replicas) + WireSize.UInt64(isFlushed ? 1UL : 0);
}
