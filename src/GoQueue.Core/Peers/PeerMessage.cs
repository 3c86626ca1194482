namespace GoQueue.Core.Peers;

/// <summary>What came from another node.</summary>
/// <param name="From">The sender, as its handshake proved.</param>
/// <param name="Incarnation">Of the sender's disk: another one than before means it lost what it had.</param>
/// <param name="Payload">Valid until the handler returns (for a call: until its task ends); retain the buffer to keep it.</param>
public readonly record struct PeerMessage(NodeId From, Guid Incarnation, SharedBuffer Payload);

/// <summary>The answer to a call: a head and, after it on the wire, slices of shared buffers that are sent without a copy.</summary>
/// <param name="Head">Its reference goes to the transport.</param>
/// <param name="Body">Null for none. One reference of each slice goes to the transport.</param>
public readonly record struct PeerReply(SharedBuffer Head, IReadOnlyList<BufferSlice>? Body = null);

/// <summary>Where a node's peer port is.</summary>
/// <param name="Host">A DNS name or an IP address.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record PeerAddress(NodeId Node, string Host, int Port);

/// <summary>A link came up, or went down and why.</summary>
public readonly record struct PeerLinkChange(NodeId Peer, Guid Incarnation, PeerLinkState State);

/// <summary>What is known of a link.</summary>
public enum PeerLinkState
{
    /// <summary>The handshake is done; messages flow.</summary>
    Up,

    /// <summary>The other end closed or reset it: evidence that the process went away. Tried again at once.</summary>
    Closed,

    /// <summary>A connection attempt was refused: nobody listens there, so the process is gone.</summary>
    Refused,

    /// <summary>Nothing was heard for the time-out; it may be slow, paused or cut off.</summary>
    Silent,
}
