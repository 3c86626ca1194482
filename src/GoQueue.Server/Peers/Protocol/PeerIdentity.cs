using GoQueue.Core;

namespace GoQueue.Server.Peers.Protocol;

/// <summary>What a node says of itself in the handshake.</summary>
/// <param name="Incarnation">Of its data directory; never empty.</param>
/// <param name="ClusterId">Null while the node belongs to none.</param>
/// <param name="Features">Bits of optional abilities; unknown bits are ignored. None are defined yet.</param>
/// <param name="Host">Under which others should reach it; empty when it has no opinion.</param>
/// <param name="Port">Of its peer port.</param>
internal sealed record PeerIdentity(NodeId Node, Guid Incarnation, string? ClusterId, ulong Features, string Host, int Port);
