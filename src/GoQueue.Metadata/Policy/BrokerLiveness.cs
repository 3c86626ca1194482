using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Metadata.Brokers;

namespace GoQueue.Metadata.Policy;

/// <summary>
/// Who is there, as one node sees it: heartbeats while it is the controller, links always. Monotonic time only; one owner.
/// </summary>
/// <remarks>
/// A broker is gone when it was not heard of for the time-out, or at once when its link was closed and an attempt after that refused: nobody listens there. (An
/// attempt in between may end without an answer, while the process is being torn down.) A heartbeat that comes just after the close may have been on
/// its way already; a later one proves that the process is there and only its port is not reached. A link that closes and comes up again, or falls
/// silent, says nothing by itself. A new controller, and one that stood still itself, gives
/// everybody a fresh time-out, because what it did not hear proves nothing.
/// </remarks>
public sealed class BrokerLiveness(TimeSpan timeOut)
{
    /// <summary>How long after a close a heartbeat may still be one from before: a process that starts anew takes longer to register.</summary>
    private static readonly TimeSpan late = TimeSpan.FromMilliseconds(300);

    private readonly SortedDictionary<NodeId, Known> known = [];

    /// <summary>This node begins to be the controller, or woke from a pause.</summary>
    public void RenewAll(IEnumerable<BrokerImage> brokers, TimeSpan now)
    {
        foreach (BrokerImage broker in brokers)
        {
            Known renewed = Of(broker.Node);
            renewed.LastHeard = now;
            renewed.HeardEpoch = BrokerEpoch.None; // a fresh time-out keeps who is unfenced; who is fenced has to be heard
        }
    }

    /// <summary>A heartbeat came.</summary>
    /// <param name="applied">The image version the broker has.</param>
    public void Heard(NodeId node, BrokerEpoch epoch, long applied, bool wantsToStop, TimeSpan now)
    {
        Known broker = Of(node);
        broker.LastHeard = now;
        broker.HeardEpoch = epoch;
        broker.Applied = applied;
        broker.WantsToStop = wantsToStop;
        bool mayBeLate = broker.ClosedAt is { } closed && now - closed < late;
        if (!mayBeLate)
        {
            broker.ClosedAt = null;
            broker.IsRefused = false;
        }
    }

    /// <summary>A link to the node changed.</summary>
    public void LinkChanged(PeerLinkChange change, TimeSpan now)
    {
        Known broker = Of(change.Peer);
        broker.Incarnation = Guid.Empty; // what a link proved that is down speaks of a disk that may be gone since; another may be a member by now
        switch (change.State)
        {
            case PeerLinkState.Up:
                // Where nobody listened, another process does now: it is there, and what the one before said of itself does not count for it.
                broker.HeardEpoch = broker.IsRefused ? BrokerEpoch.None : broker.HeardEpoch;
                broker.ClosedAt = null;
                broker.IsRefused = false;
                broker.Incarnation = change.Incarnation;
                break;
            case PeerLinkState.Closed:
                broker.ClosedAt = now;
                break;
            case PeerLinkState.Refused:
                broker.IsRefused |= broker.ClosedAt is not null;
                break;
        }
    }

    public bool IsGone(NodeId node, TimeSpan now) => known.TryGetValue(node, out Known? broker) && (broker.IsRefused || (broker.LastHeard is { } heard && now - heard >= timeOut));

    /// <summary>It was heard under this registration and has applied it: it may be unfenced.</summary>
    public bool IsReady(BrokerImage broker, TimeSpan now) =>
        known.TryGetValue(broker.Node, out Known? heard) && heard.HeardEpoch == broker.Epoch && heard.Applied >= broker.Epoch.Value && !IsGone(broker.Node, now);

    /// <summary>It asked to stop under this registration.</summary>
    public bool WantsToStop(BrokerImage broker) => known.TryGetValue(broker.Node, out Known? heard) && heard.HeardEpoch == broker.Epoch && heard.WantsToStop;

    /// <summary>The disk that each node's peer port proved, of those whose link is up.</summary>
    public IReadOnlyDictionary<NodeId, Guid> Incarnations
    {
        get
        {
            SortedDictionary<NodeId, Guid> proved = [];
            foreach ((NodeId node, Known broker) in known)
            {
                if (broker.Incarnation != Guid.Empty)
                {
                    proved.Add(node, broker.Incarnation);
                }
            }

            return proved;
        }
    }

    private Known Of(NodeId node)
    {
        if (!known.TryGetValue(node, out Known? broker))
        {
            known.Add(node, broker = new Known());
        }

        return broker;
    }

    private sealed class Known
    {
        /// <summary>Null: never, which proves nothing.</summary>
        public TimeSpan? LastHeard { get; set; }

        /// <summary>When its link was last closed from there; null since it came up again, or was heard in spite of that.</summary>
        public TimeSpan? ClosedAt { get; set; }

        public bool IsRefused { get; set; }

        public BrokerEpoch HeardEpoch { get; set; }

        public long Applied { get; set; }

        public bool WantsToStop { get; set; }

        public Guid Incarnation { get; set; }
    }
}
