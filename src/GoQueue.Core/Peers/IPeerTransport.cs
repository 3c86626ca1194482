namespace GoQueue.Core.Peers;

/// <summary>
/// The port to the other nodes of the cluster: messages and calls between nodes that know each other by id. One contract suite holds for the
/// real one (framed connections) and the simulated one (tests: PeerTransportContract).
/// </summary>
/// <remarks>
/// Promises: what arrives is what was sent (checked), from the node it names, of this cluster; within one channel of one link, messages arrive in
/// the order sent or not at all. Not promised: arrival, or order across channels or reconnects. Everything queued is bounded; what does not
/// fit is refused, never waited for. Every member may be called from any thread. Handlers are called one at a time per link and channel; a
/// handler that blocks holds up its channel only.
/// </remarks>
public interface IPeerTransport
{
    NodeId Self { get; }

    /// <summary>
    /// Who may be reached, and where. Replaces the list before; links to nodes no longer in it are closed, of which nobody is told. A node in
    /// the list that is this one is left out.
    /// </summary>
    void SetPeers(IReadOnlyList<PeerAddress> peers);

    /// <summary>
    /// Sends a message that nobody answers. Takes over the caller's reference of the payload. False when it was dropped at once: no link, or the
    /// channel's queue is full. A message of a kind that nobody receives there is dropped.
    /// </summary>
    bool TrySend(NodeId to, PeerMessageKind kind, PeerChannel channel, SharedBuffer payload);

    /// <summary>
    /// Sends a request and waits for its reply, whose reference the caller then owns. Takes over the caller's reference of the payload. Codes beside
    /// those of the remote handler: Unreachable (certainly not handled: no link, or nobody receives this kind there yet), Overloaded (bounds of
    /// either side, certainly not handled), OutcomeUnknown (the link broke after it was sent), Timeout (no reply in time; may have been handled),
    /// Internal (the remote handler threw).
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled; it may have been handled.</exception>
    ValueTask<Result<SharedBuffer>> CallAsync(NodeId to, PeerMessageKind kind, PeerChannel channel, SharedBuffer payload, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Names the receiver of a kind of message, once per kind. Also while links are up: until then such messages are dropped.</summary>
    void OnMessage(PeerMessageKind kind, Action<PeerMessage> handler);

    /// <summary>Names the receiver of a kind of call, once per kind. Calls run beside each other once their handler awaits. The handler owns nothing of the message beyond its own run; it answers within the caller's time.</summary>
    void OnCall(PeerMessageKind kind, Func<PeerMessage, CancellationToken, ValueTask<Result<PeerReply>>> handler);

    /// <summary>Called at every change of a link, in order per peer; several may watch. A late one is told first of the links that are up. Must not block.</summary>
    void OnLinkChange(Action<PeerLinkChange> observer);
}
