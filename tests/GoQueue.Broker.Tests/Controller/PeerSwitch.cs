using GoQueue.Core;
using GoQueue.Core.Peers;

namespace GoQueue.Broker.Tests.Controller;

/// <summary>Calls between the nodes of a test, without bytes on a wire and without delay; nodes can be cut off.</summary>
internal sealed class PeerSwitch
{
    private readonly SortedDictionary<NodeId, Port> ports = [];

    public Port Join(NodeId node, Guid incarnation)
    {
        Port port = new(this, node, incarnation);
        ports[node] = port;
        return port;
    }

    /// <summary>Everybody else hears of a link to this node.</summary>
    public void Tell(NodeId node, params PeerLinkState[] states)
    {
        foreach (PeerLinkState state in states)
        {
            foreach (Port port in ports.Values.Where(port => port.Self != node && !port.IsCutOff))
            {
                port.Observers.ForEach(observer => observer(new PeerLinkChange(node, ports[node].Incarnation, state)));
            }
        }
    }

    internal sealed class Port(PeerSwitch owner, NodeId self, Guid incarnation) : IPeerTransport
    {
        private readonly Dictionary<PeerMessageKind, Func<PeerMessage, CancellationToken, ValueTask<Result<PeerReply>>>> calls = [];

        public NodeId Self { get; } = self;

        public Guid Incarnation { get; } = incarnation;

        public bool IsCutOff { get; set; }

        public List<Action<PeerLinkChange>> Observers { get; } = [];

        public void SetPeers(IReadOnlyList<PeerAddress> peers)
        {
        }

        public bool TrySend(NodeId to, PeerMessageKind kind, PeerChannel channel, SharedBuffer payload) => throw new NotSupportedException();

        public async ValueTask<Result<SharedBuffer>> CallAsync(
            NodeId to, PeerMessageKind kind, PeerChannel channel, SharedBuffer payload, TimeSpan timeout, CancellationToken cancellationToken)
        {
            using (payload)
            {
                await Task.Yield();
                if (IsCutOff || !owner.ports.TryGetValue(to, out Port? there) || there.IsCutOff)
                {
                    return new Error(ErrorCode.Unreachable, $"{Self} does not reach {to}");
                }

                Result<PeerReply> reply = await there.calls[kind](new PeerMessage(Self, Incarnation, payload), cancellationToken);
                return reply.IsOk ? reply.Value.Head : reply.Error;
            }
        }

        public void OnMessage(PeerMessageKind kind, Action<PeerMessage> handler) => throw new NotSupportedException();

        public void OnCall(PeerMessageKind kind, Func<PeerMessage, CancellationToken, ValueTask<Result<PeerReply>>> handler) => calls.Add(kind, handler);

        public void OnLinkChange(Action<PeerLinkChange> observer) => Observers.Add(observer);
    }
}
