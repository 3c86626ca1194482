using GoQueue.Core.Peers;
using GoQueue.Metadata.Topics;

namespace GoQueue.Server.Peers.Protocol;

/// <summary>Bounds of the peer protocol that are the same on every node: sender and receiver hold each other to them.</summary>
internal static class PeerLimits
{
    /// <summary>What a message costs in a queue beside its payload, so that empty ones are bounded too.</summary>
    public const int FrameOverhead = 64;

    /// <summary>Calls of one channel that wait for their reply; as many may be handled at one time for one peer.</summary>
    public const int MaxCallsUnderWay = 1024;

    /// <summary>Connections of others at one time: three of each of a hundred nodes, and some on their way in or out.</summary>
    public const int MaxConnections = 512;

    /// <summary>What may stand before the largest batch in one frame: an answer to a follower holds up to 8 MiB of other partitions first, and heads.</summary>
    private const int BesideLargestBatch = 16 << 20;

    /// <summary>The largest payload of one frame.</summary>
    public static int MaxPayload(PeerChannel channel) => channel switch
    {
        PeerChannel.Control => 4 << 20,
        PeerChannel.Request => 32 << 20, // a forwarded HTTP body of the default size and what stands before it
        _ => TopicSettings.LargestMessageBytes + BesideLargestBatch,
    };

    /// <summary>Bytes queued and not yet taken by the network. One message always fits into an empty queue.</summary>
    public static long MaxQueuedBytes(PeerChannel channel) => channel switch
    {
        PeerChannel.Control => 4 << 20,
        PeerChannel.Request => 16 << 20,
        _ => 64 << 20,
    };
}
