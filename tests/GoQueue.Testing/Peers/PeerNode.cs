using System.Collections.Concurrent;
using GoQueue.Core;
using GoQueue.Core.Peers;

namespace GoQueue.Testing.Peers;

/// <summary>A node of the contract suite: its transport, and what it heard of its links.</summary>
internal sealed class PeerNode
{
    private readonly ConcurrentQueue<PeerLinkChange> changes = new();

    public PeerNode(IPeerTransport transport, Guid incarnation)
    {
        Transport = transport;
        Incarnation = incarnation;
        transport.OnLinkChange(changes.Enqueue);
    }

    public IPeerTransport Transport { get; }

    public Guid Incarnation { get; }

    public NodeId Id => Transport.Self;

    public PeerLinkChange? LastChange(NodeId peer) => Changes(peer) is { Length: > 0 } seen ? seen[^1] : null;

    public PeerLinkChange[] Changes(NodeId peer) => [.. changes.Where(change => change.Peer == peer)];

    public bool IsUp(NodeId peer) => LastChange(peer)?.State == PeerLinkState.Up;

    public ValueTask<Result<SharedBuffer>> CallAsync(PeerNode to, byte[] request, PeerChannel channel = PeerChannel.Request, int timeoutMilliseconds = 20_000) =>
        CallAsync(to.Id, request, channel, timeoutMilliseconds);

    public ValueTask<Result<SharedBuffer>> CallAsync(NodeId to, byte[] request, PeerChannel channel = PeerChannel.Request, int timeoutMilliseconds = 20_000) =>
        Transport.CallAsync(to, PeerMessageKind.Propose, channel, SharedBuffer.CopyOf(request), TimeSpan.FromMilliseconds(timeoutMilliseconds), CancellationToken.None);

    public bool TrySend(PeerNode to, byte[] message, PeerChannel channel = PeerChannel.Control) =>
        Transport.TrySend(to.Id, PeerMessageKind.Raft, channel, SharedBuffer.CopyOf(message));
}
