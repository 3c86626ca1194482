using GoQueue.Broker.Requests;
using V1 = GoQueue.Contracts.V1;

namespace GoQueue.Server.Grpc.Publishing;

/// <summary>The <c>goqueue.v1.Acks</c> numbers, where 0 means the default, all.</summary>
internal static class WireAcks
{
    /// <summary>False for a number that has no name.</summary>
    public static bool TryParse(int wire, out Acks acks)
    {
        acks = wire == (int)V1.Acks.Unspecified ? Acks.All : (Acks)(wire - 1);
        return (uint)wire <= (uint)V1.Acks.All;
    }

    public static ulong ToWire(Acks acks) => (ulong)acks + 1;
}
