using GoQueue.Core;

namespace GoQueue.Metadata.Quorum;

/// <summary>A node of the metadata quorum. A wiped disk has another incarnation and is another member.</summary>
/// <param name="Incarnation">Of its data directory; never empty.</param>
/// <param name="Host">Of its peer port: a DNS name or an IP address, 1 to 253 ASCII characters.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record QuorumMember(NodeId Node, Guid Incarnation, string Host, int Port);
