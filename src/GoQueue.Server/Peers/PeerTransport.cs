using System.Collections.Concurrent;
using System.Net;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Server.Peers.Connections;
using GoQueue.Server.Peers.Links;
using GoQueue.Server.Peers.Protocol;

namespace GoQueue.Server.Peers;

/// <summary>
/// The real <see cref="IPeerTransport"/>: framed TCP connections, three for each link (docs/internals/peer-protocol.md). Opened by
/// <see cref="StartAsync"/>; handlers may be named before and after it.
/// </summary>
internal sealed class PeerTransport : IPeerTransport, IAsyncDisposable
{
    /// <summary>Signs of life in one time-out for silence.</summary>
    private const int TicksOfSilence = 4;

    private readonly PeerTransportOptions options;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly PeerHandlers handlers;
    private readonly LinkObservers observers;
    private readonly InboundLinks inbound = new();
    private readonly ConcurrentDictionary<NodeId, OutboundLink> outbound = new();
    private readonly ConcurrentQueue<Task> removed = new();
    private readonly ConcurrentDictionary<NodeId, PeerAddress> callers = new();
    private readonly Lock settingPeers = new();
    private readonly Dialer dialer;
    private readonly PeerListener listener;
    private volatile string? clusterId;
    private ITimer? ticking;
    private long lastTick;
    private bool disposed;

    public PeerTransport(PeerTransportOptions options, TimeProvider time, ILoggerFactory logging)
    {
        this.options = options;
        this.time = time;
        log = logging.CreateLogger("GoQueue.Peers");
        clusterId = options.ClusterId;
        handlers = new PeerHandlers(options.Self, log);
        observers = new LinkObservers(log);
        dialer = new Dialer(options, Identify, time);
        listener = new PeerListener(options, Identify, handlers, inbound, OnInboundLink, time, logging);
    }

    public NodeId Self => options.Self;

    /// <summary>Null counts nothing.</summary>
    public PeerMetrics? Metrics
    {
        get;
        init
        {
            field = value;
            value?.ObserveLinks(() => outbound.Values.Count(link => link.Connection(PeerChannel.Control) is not null));
        }
    }

    /// <summary>What the peer port is bound to; known once started.</summary>
    public IPEndPoint Endpoint => listener.Endpoint;

    /// <exception cref="IOException">The address is in use or not one of this machine.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await listener.StartAsync(cancellationToken);
        ticking = time.CreateTimer(_ => Tick(), null, Interval, Interval);
    }

    /// <summary>
    /// The node became part of a cluster. Every link is made anew, so that from now on both ends of each have shown the same id; until then they
    /// carry nothing but formation.
    /// </summary>
    public void SetCluster(string id)
    {
        if (clusterId == id)
        {
            return;
        }

        clusterId = id;
        Log.ClusterSet(log, id);
        inbound.EndAll();
        foreach (OutboundLink link in outbound.Values)
        {
            link.Relink();
        }
    }

    /// <summary>Asks who listens at an address, which may be this node. Codes: Unreachable, PreconditionFailed (somebody who must not be talked to).</summary>
    public async Task<Result<PeerIdentity>> ProbeAsync(string host, int port, CancellationToken cancellationToken)
    {
        DialOutcome outcome = await dialer.DialAsync(host, port, HelloPurpose.Probe, PeerChannel.Control, 0, null, cancellationToken);
        if (outcome is { Wire: { } wire, Identity: { } peer })
        {
            await wire.DisposeAsync();
            return peer;
        }

        return new Error(outcome.Result == DialResult.Rejected ? ErrorCode.PreconditionFailed : ErrorCode.Unreachable, $"{host}:{port}: {outcome.Detail}");
    }

    public void SetPeers(IReadOnlyList<PeerAddress> peers)
    {
        lock (settingPeers)
        {
            if (disposed)
            {
                return;
            }

            Dictionary<NodeId, PeerAddress> wanted = peers.Where(peer => peer.Node != Self).ToDictionary(peer => peer.Node);
            foreach ((NodeId node, OutboundLink link) in outbound)
            {
                if (!wanted.TryGetValue(node, out PeerAddress? address) || address != link.Address)
                {
                    Drop(node, link);
                }
            }

            foreach (PeerAddress address in wanted.Values.Where(address => !outbound.ContainsKey(address.Node)))
            {
                OutboundLink link = new(address, () => clusterId, options, dialer, observers, time, log);
                outbound[address.Node] = link;
                link.Start();
            }
        }
    }

    public bool TrySend(NodeId to, PeerMessageKind kind, PeerChannel channel, SharedBuffer payload)
    {
        if (payload.Length > PeerLimits.MaxPayload(channel))
        {
            Log.MessageTooLarge(log, kind, payload.Length, to, channel, PeerLimits.MaxPayload(channel));
        }
        else if (Connection(to, channel) is { } connection)
        {
            Metrics?.Sent(channel, payload.Length);
            return connection.TrySend(new OutgoingFrame(FrameType.Message, kind, 0, payload));
        }

        payload.Release();
        return false;
    }

    public ValueTask<Result<SharedBuffer>> CallAsync(
        NodeId to, PeerMessageKind kind, PeerChannel channel, SharedBuffer payload, TimeSpan timeout, CancellationToken cancellationToken)
    {
        int length = payload.Length;
        if (length <= PeerLimits.MaxPayload(channel) && Connection(to, channel) is { } connection)
        {
            ValueTask<Result<SharedBuffer>> answer = connection.CallAsync(kind, payload, time, timeout, cancellationToken);
            return Metrics is { } metrics ? CountedAsync(metrics, channel, length, answer) : answer;
        }

        payload.Release();
        return ValueTask.FromResult<Result<SharedBuffer>>(length > PeerLimits.MaxPayload(channel)
            ? new Error(ErrorCode.MessageTooLarge, $"a request of {length} bytes to {to}: channel {channel} allows {PeerLimits.MaxPayload(channel)}")
            : new Error(ErrorCode.Unreachable, $"there is no link from {Self} to {to}"));
    }

    private async ValueTask<Result<SharedBuffer>> CountedAsync(PeerMetrics metrics, PeerChannel channel, int length, ValueTask<Result<SharedBuffer>> call)
    {
        long started = time.GetTimestamp();
        metrics.Sent(channel, length);
        Result<SharedBuffer> answer = await call;
        metrics.Answered(channel, answer, time.GetElapsedTime(started));
        return answer;
    }

    public void OnMessage(PeerMessageKind kind, Action<PeerMessage> handler) => handlers.Add(kind, handler);

    public void OnCall(PeerMessageKind kind, Func<PeerMessage, CancellationToken, ValueTask<Result<PeerReply>>> handler) => handlers.Add(kind, handler);

    public void OnLinkChange(Action<PeerLinkChange> observer) => observers.Add(observer);

    /// <summary>Closes the port first, so that whoever tries again at once is refused and knows.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (settingPeers)
        {
            disposed = true;
        }

        if (ticking is not null)
        {
            await ticking.DisposeAsync();
        }

        await listener.DisposeAsync();
        foreach ((NodeId node, OutboundLink link) in outbound)
        {
            Drop(node, link);
        }

        await Task.WhenAll(removed);
    }

    /// <summary>Nodes of this cluster that made a link to this one, where they say they are reached, else where they called from. Some may be gone.</summary>
    public IReadOnlyCollection<PeerAddress> Callers => [.. callers.Values];

    private TimeSpan Interval => options.SilenceTimeout / TicksOfSilence;

    private PeerConnection? Connection(NodeId to, PeerChannel channel) => outbound.TryGetValue(to, out OutboundLink? link) ? link.Connection(channel) : null;

    private void Drop(NodeId node, OutboundLink link)
    {
        outbound.TryRemove(node, out _);
        link.Stop();
        observers.Forget(node);
        while (removed.TryPeek(out Task? done) && done.IsCompleted)
        {
            removed.TryDequeue(out _);
        }

        removed.Enqueue(link.DisposeAsync().AsTask());
    }

    private void OnInboundLink(Hello hello, string remote)
    {
        PeerIdentity caller = hello.Sender;
        if (caller.ClusterId is not null && caller.ClusterId == clusterId && (callers.Count < PeerLimits.MaxConnections || callers.ContainsKey(caller.Node)))
        {
            callers[caller.Node] = new PeerAddress(caller.Node, caller.Host.Length > 0 ? caller.Host : remote[..Math.Max(0, remote.LastIndexOf(':'))], caller.Port);
        }

        if (outbound.TryGetValue(hello.Sender.Node, out OutboundLink? link) && link.Connection(PeerChannel.Control) is null)
        {
            link.Nudge();
        }
    }

    /// <summary>
    /// A busy thread pool lets ticks pile up and then runs them in one burst, ahead of what was received meanwhile: only the first of a burst counts, or everybody
    /// would be taken for silent at once.
    /// </summary>
    private void Tick()
    {
        long before = Volatile.Read(ref lastTick);
        long now = time.GetTimestamp();
        if ((before != 0 && time.GetElapsedTime(before, now) < Interval / 2) || Interlocked.CompareExchange(ref lastTick, now, before) != before)
        {
            return;
        }

        inbound.Tick(TicksOfSilence);
        foreach (OutboundLink link in outbound.Values)
        {
            link.Tick(TicksOfSilence);
        }
    }

    private PeerIdentity Identify() => new(
        options.Self, options.Incarnation, clusterId, Features: 0, options.AdvertisedHost, options.AdvertisedPort == 0 ? listener.Endpoint.Port : options.AdvertisedPort);
}
