using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Server.Peers.Connections;
using GoQueue.Server.Peers.Protocol;

namespace GoQueue.Server.Peers.Links;

/// <summary>
/// The link from here to one other node: three connections, one for each channel, that come up and go down together. Every node makes its own
/// links, also to nodes that have made one to it: so each sees for itself when an attempt is refused.
/// </summary>
/// <remarks>
/// down -> dial all three -> up -> one ends -> all end -> down. After a connection closed by the other end the next attempt is made at once,
/// because a refused one is proof that the process is gone; other attempts wait, longer each time.
/// </remarks>
internal sealed class OutboundLink : IAsyncDisposable
{
    private static readonly PeerChannel[] Channels = [PeerChannel.Control, PeerChannel.Request, PeerChannel.Bulk];
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(10);

    /// <summary>A link that broke sooner was not worth a fresh start of the pauses.</summary>
    private static readonly TimeSpan Lasting = TimeSpan.FromMilliseconds(200);

    private readonly Func<string?> clusterId;
    private readonly PeerTransportOptions options;
    private readonly Dialer dialer;
    private readonly LinkObservers observers;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly CancellationTokenSource stopping = new();
    private volatile PeerConnection[]? up;
    private CancellationTokenSource? pausing;
    private volatile bool nudged;
    private Guid incarnation;
    private string? loggedRefusal;
    private Task loop = Task.CompletedTask;

    /// <param name="clusterId">Which the node belongs to now.</param>
    public OutboundLink(PeerAddress address, Func<string?> clusterId, PeerTransportOptions options, Dialer dialer, LinkObservers observers, TimeProvider time, ILogger log)
    {
        Address = address;
        this.clusterId = clusterId;
        this.options = options;
        this.dialer = dialer;
        this.observers = observers;
        this.time = time;
        this.log = log;
    }

    public PeerAddress Address { get; }

    /// <summary>It was taken out of the list: nobody is told of it any more.</summary>
    public bool IsStopped => stopping.IsCancellationRequested;

    public void Start() => loop = Task.Run(RunAsync);

    public PeerConnection? Connection(PeerChannel channel) => up?[(int)channel];

    public void Tick(int ticksOfSilence)
    {
        foreach (PeerConnection connection in up ?? [])
        {
            connection.Tick(ticksOfSilence);
        }
    }

    /// <summary>There is news that the node is there: the next attempt is made now.</summary>
    public void Nudge()
    {
        nudged = true;
        try
        {
            Volatile.Read(ref pausing)?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The pause is over already.
        }
    }

    /// <summary>Makes the link anew, so that both sides show again who they are.</summary>
    public void Relink()
    {
        foreach (PeerConnection connection in up ?? [])
        {
            connection.End(ConnectionEnd.EndedHere);
        }

        Nudge();
    }

    /// <summary>Nothing is sent from now on.</summary>
    public void Stop()
    {
        stopping.Cancel();
        Relink();
        up = null;
    }

    public async ValueTask DisposeAsync()
    {
        Stop();
        await loop;
    }

    private async Task RunAsync()
    {
        TimeSpan backoff = FirstBackoff;
        try
        {
            while (!IsStopped)
            {
                string? shown = clusterId();
                (PeerConnection[]? connections, PeerLinkState failure) = await ConnectAsync();
                if (connections is null)
                {
                    Tell(failure);
                    backoff = await PauseAsync(backoff);
                    continue;
                }

                long since = time.GetTimestamp();
                ConnectionEnd end = await ServeAsync(connections, shown);
                if (time.GetElapsedTime(since) > Lasting)
                {
                    backoff = FirstBackoff;
                }
                else if (end != ConnectionEnd.EndedHere)
                {
                    backoff = await PauseAsync(backoff);
                }
            }
        }
        catch (OperationCanceledException) when (IsStopped)
        {
            // Told to stop in the middle of an attempt.
        }
    }

    /// <summary>Carries the link until it ends. The new state is told before the connections are cleared away.</summary>
    private async Task<ConnectionEnd> ServeAsync(PeerConnection[] connections, string? shown)
    {
        foreach (PeerConnection connection in connections)
        {
            connection.Run();
        }

        up = connections;
        Tell(PeerLinkState.Up);
        if (IsStopped || shown != clusterId())
        {
            Relink(); // whoever asked for that while the link was being made did not find it
        }

        ConnectionEnd end = await await Task.WhenAny(connections.Select(connection => connection.Ended));
        up = null;
        if (end != ConnectionEnd.EndedHere)
        {
            Tell(end == ConnectionEnd.Silent ? PeerLinkState.Silent : PeerLinkState.Closed);
        }

        await DisposeAsync(connections);
        return end;
    }

    private async Task<(PeerConnection[]? Connections, PeerLinkState Failure)> ConnectAsync()
    {
        nudged = false;
        ulong link = (ulong)Random.Shared.NextInt64();
        List<PeerConnection> made = [];
        foreach (PeerChannel channel in Channels)
        {
            DialOutcome outcome = await dialer.DialAsync(Address.Host, Address.Port, HelloPurpose.Link, channel, link, Address.Node, stopping.Token);
            if (outcome is not { Wire: { } wire, Identity: { } peer } || (made.Count > 0 && made[0].Peer.Incarnation != peer.Incarnation))
            {
                if (outcome.Wire is { } unused)
                {
                    await unused.DisposeAsync(); // another process than a moment ago
                }

                await DisposeAsync(made);
                Report(outcome);
                return (null, outcome.Result == DialResult.Refused ? PeerLinkState.Refused : PeerLinkState.Silent);
            }

            made.Add(new PeerConnection(wire, channel, peer, sharesCluster: false, ReplyReceiver.Instance, log)); // only replies come back on it
            incarnation = peer.Incarnation;
        }

        loggedRefusal = null;
        return ([.. made], PeerLinkState.Up);
    }

    private void Report(DialOutcome outcome)
    {
        if (outcome.Result != DialResult.Rejected)
        {
            Log.DialFailed(log, Address.Node, Address.Host, Address.Port, outcome.Detail);
        }
        else if (loggedRefusal != outcome.Detail)
        {
            loggedRefusal = outcome.Detail; // once, although it is tried again and again
            Log.RefusedByPeer(log, Address.Node, Address.Host, Address.Port, outcome.Reason, outcome.Detail);
        }
    }

    private void Tell(PeerLinkState state)
    {
        if (!observers.Tell(new PeerLinkChange(Address.Node, incarnation, state), this))
        {
            return;
        }

        if (state == PeerLinkState.Up)
        {
            Log.LinkUp(log, Address.Node, Address.Host, Address.Port, incarnation);
        }
        else
        {
            Log.LinkDown(log, Address.Node, Address.Host, Address.Port, state);
        }
    }

    private async Task<TimeSpan> PauseAsync(TimeSpan backoff)
    {
        using CancellationTokenSource pause = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        Volatile.Write(ref pausing, pause);
        try
        {
            if (!nudged)
            {
                await Task.Delay(backoff * (0.5 + (0.5 * Random.Shared.NextDouble())), time, pause.Token);
            }
        }
        catch (OperationCanceledException) when (!IsStopped)
        {
            return FirstBackoff;
        }
        finally
        {
            Volatile.Write(ref pausing, null);
        }

        return backoff * 2 < options.MaxBackoff ? backoff * 2 : options.MaxBackoff;
    }

    private static async Task DisposeAsync(IReadOnlyList<PeerConnection> connections)
    {
        foreach (PeerConnection connection in connections)
        {
            connection.End(ConnectionEnd.EndedHere);
        }

        foreach (PeerConnection connection in connections)
        {
            await connection.DisposeAsync();
        }
    }
}
