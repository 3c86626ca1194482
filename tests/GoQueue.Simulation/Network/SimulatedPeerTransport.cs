using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Network;

/// <summary>
/// The peer port of one simulated process. What it sends is copied, so that no two nodes ever share memory, and arrives as an event of the
/// receiver: late, in the order of its channel, or not at all.
/// </summary>
internal sealed partial class SimulatedPeerTransport(SimulatedNetwork network, SimulatedProcess process, NodeId self, Guid incarnation) : IPeerTransport
{
    private readonly SortedDictionary<PeerMessageKind, Action<PeerMessage>> messages = [];
    private readonly SortedDictionary<PeerMessageKind, Func<PeerMessage, CancellationToken, ValueTask<Result<PeerReply>>>> calls = [];
    private readonly List<PendingCall> pending = [];
    private readonly List<Action<PeerLinkChange>> observers = [];
    private readonly SortedDictionary<int, PeerLinkChange> newest = [];
    private readonly List<(int Host, CancellationTokenSource Stop)> running = [];
    private IReadOnlyList<PeerAddress> peers = [];

    public NodeId Self { get; } = self;

    public Guid Incarnation { get; } = incarnation;

    public SimulatedProcess Process { get; } = process;

    private bool MayHandlersThrow => network.Options.MayHandlersThrow;

    private bool CanSend => Process.IsAlive && Process.HasDied?.Invoke() != true;

    public void SetPeers(IReadOnlyList<PeerAddress> peers)
    {
        this.peers = [.. peers.Where(peer => peer.Node != Self)];
        foreach (PeerAddress peer in this.peers)
        {
            network.Introduce(Process.Index, SimulatedNetwork.HostOf(peer));
        }

        for (int host = 0; host < network.HostCount; host++)
        {
            if (network.Find(Process.Index, host) is { IsUp: true } link && !Knows(host))
            {
                link.Break();
            }
        }
    }

    public bool Knows(int host)
    {
        foreach (PeerAddress peer in peers)
        {
            if (SimulatedNetwork.HostOf(peer) == host)
            {
                return network.Host(host) is not { } there || there.Self == peer.Node;
            }
        }

        return false;
    }

    public bool TrySend(NodeId to, PeerMessageKind kind, PeerChannel channel, SharedBuffer payload)
    {
        if (!TryFind(to, out int host, out PeerLink? link) || !HasRoom(link, channel))
        {
            payload.Release();
            return false;
        }

        Send(host, link, channel, new Delivery(this, host, link, channel, kind, Copy(payload), null));
        return true;
    }

    public ValueTask<Result<SharedBuffer>> CallAsync(NodeId to, PeerMessageKind kind, PeerChannel channel, SharedBuffer payload, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!TryFind(to, out int host, out PeerLink? link))
        {
            payload.Release();
            return new(new Error(ErrorCode.Unreachable, $"no link from {Self} to {to}"));
        }

        if (!HasRoom(link, channel))
        {
            payload.Release();
            return new(new Error(ErrorCode.Overloaded, $"the queue of channel {channel} to {to} is full"));
        }

        if (cancellationToken.IsCancellationRequested)
        {
            payload.Release();
            return ValueTask.FromCanceled<Result<SharedBuffer>>(cancellationToken);
        }

        PendingCall call = new(this, host);
        pending.Add(call);
        call.Begin(timeout, cancellationToken);
        Send(host, link, channel, new Delivery(this, host, link, channel, kind, Copy(payload), call));
        return new(call.Task);
    }

    public void OnMessage(PeerMessageKind kind, Action<PeerMessage> handler) => messages.Add(kind, handler);

    public void OnCall(PeerMessageKind kind, Func<PeerMessage, CancellationToken, ValueTask<Result<PeerReply>>> handler) => calls.Add(kind, handler);

    public void OnLinkChange(Action<PeerLinkChange> observer)
    {
        observers.Add(observer);
        foreach (PeerLinkChange known in newest.Values)
        {
            observer(known);
        }
    }

    /// <summary>Tells the handlers of calls from that host that nobody waits for them any more.</summary>
    public void CancelHandlers(int? host = null)
    {
        foreach ((int from, CancellationTokenSource stop) in running.ToArray())
        {
            if (host is null || from == host)
            {
                stop.Cancel();
            }
        }
    }

    /// <summary>News of a link reaches this process at that moment.</summary>
    internal void LinkChanged(long due, int host, Guid peerIncarnation, PeerLinkState state)
    {
        NodeId? peer = NodeOf(host);
        if (peer is null)
        {
            return;
        }

        PeerLinkChange change = new(peer.Value, peerIncarnation, state);
        network.Loop.ScheduleAt(due, Process, "link", _ => Observe(host, change), null);
    }

    private void Observe(int host, PeerLinkChange change)
    {
        network.Loop.Trace.Add(network.Loop.Now, "link-news", Process.Index, host, (long)change.State, change.State);
        if (change.State != PeerLinkState.Up)
        {
            for (int i = pending.Count - 1; i >= 0; i--)
            {
                if (pending[i].Host == host)
                {
                    pending[i].Finish(new Error(ErrorCode.OutcomeUnknown, $"the link of {Self} to {change.Peer} broke"));
                }
            }
        }

        newest[host] = change;
        if (change.State != PeerLinkState.Up)
        {
            CancelHandlers(host);
        }

        foreach (Action<PeerLinkChange> observer in observers)
        {
            observer(change);
        }
    }

    private bool TryFind(NodeId to, out int host, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PeerLink? link)
    {
        host = CanSend ? network.IndexOf(to, peers) : -1;
        link = host >= 0 ? network.Find(Process.Index, host) : null;
        return link is not null && link.IsUpFor(Process.Index);
    }

    private NodeId? NodeOf(int host)
    {
        foreach (PeerAddress peer in peers)
        {
            if (SimulatedNetwork.HostOf(peer) == host)
            {
                return peer.Node;
            }
        }

        return null;
    }

    private bool HasRoom(PeerLink link, PeerChannel channel) =>
        link.HasRoom(Process.Index, channel) && (network.IsCalm || !network.Random.PerMillion(network.Options.RefusedPerMillion));

    private void Send(int host, PeerLink link, PeerChannel channel, Delivery delivery)
    {
        NetworkOptions options = network.Options;
        long delay = network.Random.Between(options.MinDelay, options.MaxDelay);
        if (!network.IsCalm)
        {
            delay += network.Random.PerMillion(options.SlowPerMillion) ? network.Random.Between(0, options.SlowDelay) : 0;
            if (network.Random.PerMillion(options.LostPerMillion))
            {
                return;
            }
        }

        if (!link.IsUp)
        {
            return;
        }

        link.Enqueued(Process.Index, channel, delivery.Bytes);
        Transmit(host, link, channel, delivery, delay);
    }

    private void Transmit(int host, PeerLink link, PeerChannel channel, Delivery delivery, long delay)
    {
        if (!network.Carries(Process.Index, host))
        {
            link.Stall(Process.Index, () => Transmit(host, link, channel, delivery, delay));
        }
        else if (network.Host(host) is { } receiver)
        {
            long due = link.NextArrival(Process.Index, channel, delay);
            network.Loop.ScheduleAt(due, receiver.Process, "deliver", static state => ((Delivery)state!).Run(), delivery.To(receiver));
        }
    }

    /// <summary>Sends the answer to a call back, on the channel it came by.</summary>
    private void Reply(Delivery request, Result<SharedBuffer> answer)
    {
        int host = request.Sender.Process.Index;
        if (CanSend && network.Find(Process.Index, host) is { } link && link.Generation == request.Generation)
        {
            Send(host, link, request.Channel, new Delivery(this, host, link, request.Channel, request.Kind, answer, request.Call!));
        }
    }

    private static SharedBuffer Copy(SharedBuffer payload)
    {
        SharedBuffer copy = SharedBuffer.CopyOf(payload.Span);
        payload.Release();
        return copy;
    }

    private void Trace(string kind, long first, long second, object what) => network.Loop.Trace.Add(network.Loop.Now, kind, Process.Index, first, second, what);

    /// <summary>A call of this process that has no answer yet.</summary>
    private sealed class PendingCall(SimulatedPeerTransport owner, int host) : ICancellableEvent
    {
        private readonly TaskCompletionSource<Result<SharedBuffer>> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private CancellationTokenRegistration cancellation;

        public int Host { get; } = host;

        public Task<Result<SharedBuffer>> Task => answer.Task;

        public bool IsCancelled => answer.Task.IsCompleted;

        public void Begin(TimeSpan timeout, CancellationToken cancellationToken)
        {
            if (timeout != Timeout.InfiniteTimeSpan)
            {
                owner.Process.Loop.ScheduleTimer(owner.Process.Clock.TrueTicks(timeout.Ticks), owner.Process, this);
            }

            cancellation = cancellationToken.UnsafeRegister(
                static (state, token) =>
                {
                    PendingCall call = (PendingCall)state!;
                    call.Forget();
                    call.answer.TrySetCanceled(token);
                },
                this);
        }

        public void Run() => Finish(new Error(ErrorCode.Timeout, "no reply in time"));

        public void Finish(Result<SharedBuffer> result)
        {
            Forget();
            cancellation.Unregister();
            if (!answer.TrySetResult(result) && result.IsOk)
            {
                result.Value.Release();
            }
        }

        private void Forget() => owner.pending.Remove(this);
    }
}
