using System.Net;
using System.Security.Authentication;
using GoQueue.Server.Peers.Connections;
using GoQueue.Server.Peers.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace GoQueue.Server.Peers.Links;

/// <summary>
/// The peer port. It stands on Kestrel's socket transport, but not under the web server: other nodes must reach this one before its broker is open
/// and until it has handed over its work, while the web server stops first.
/// </summary>
internal sealed class PeerListener(
    PeerTransportOptions options, Func<PeerIdentity> self, PeerHandlers handlers, InboundLinks links, Action<Hello, string> onLink, TimeProvider time, ILoggerFactory logging)
    : IAsyncDisposable
{
    private readonly ILogger log = logging.CreateLogger("GoQueue.Peers");
    private readonly OncePerMinute said = new(time);
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private readonly HashSet<Task> serving = [];
    private IConnectionListener? listener;
    private Task accepting = Task.CompletedTask;

    public IPEndPoint Endpoint => (IPEndPoint)(listener ?? throw new InvalidOperationException("the peer port is not open")).EndPoint;

    /// <exception cref="IOException">The address is in use or not one of this machine.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        SocketTransportFactory factory = new(Options.Create(new SocketTransportOptions { NoDelay = true, MaxReadBufferSize = 1 << 20, UnsafePreferInlineScheduling = true /* handlers do not block */ }), logging);
        try
        {
            listener = await factory.BindAsync(options.Listen, cancellationToken);
        }
        catch (AddressInUseException inUse)
        {
            throw new IOException($"Failed to bind to {options.Listen}, the port for other nodes: address already in use.", inUse);
        }
        catch (System.Net.Sockets.SocketException failure)
        {
            throw new IOException($"Failed to bind to {options.Listen}, the port for other nodes: {failure.Message}.", failure);
        }

        accepting = Task.Run(AcceptAsync, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        if (listener is { } open)
        {
            await open.UnbindAsync(CancellationToken.None);
            await accepting;
            links.EndAll();
            await Task.WhenAll(Serving());
            await open.DisposeAsync();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (await listener!.AcceptAsync(CancellationToken.None) is { } connection)
            {
                Task task = Task.Run(() => ServeAsync(connection));
                lock (gate)
                {
                    serving.Add(task);
                }

                _ = task.ContinueWith(Ended, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }
        catch (Exception failure)
        {
            Log.ListenerFailed(log, failure);
        }
    }

    private void Ended(Task task)
    {
        lock (gate)
        {
            serving.Remove(task);
        }
    }

    private Task[] Serving()
    {
        lock (gate)
        {
            return [.. serving];
        }
    }

    /// <summary>One connection from its first byte to its end. Never fails.</summary>
    private async Task ServeAsync(ConnectionContext accepted)
    {
        PeerWire wire = ListenedWire.Of(accepted);
        PeerConnection? connection = null;
        try
        {
            (wire, connection) = await GreetAsync(wire);
            if (connection is not null)
            {
                connection.Run();
                await connection.Ended;
            }
        }
        catch (AuthenticationException failure)
        {
            SayStranger(wire, $"TLS: {failure.InnerException?.Message ?? failure.Message}");
        }
        catch (OperationCanceledException)
        {
            if (!stopping.IsCancellationRequested)
            {
                SayStranger(wire, $"it said nothing that makes sense within {options.HandshakeTimeout.TotalSeconds} s");
            }
        }
        catch (Exception)
        {
            // It broke off during the handshake: whoever it was comes again.
        }

        if (connection is not null)
        {
            links.Remove(connection);
            await connection.DisposeAsync();
        }
        else
        {
            await wire.DisposeAsync();
        }
    }

    private async Task<(PeerWire Wire, PeerConnection? Connection)> GreetAsync(PeerWire wire)
    {
        using CancellationTokenSource patience = new(options.HandshakeTimeout, time);
        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, patience.Token);
        if (options.Tls is { } tls)
        {
            wire = await tls.AcceptAsync(wire, limited.Token);
        }

        Heard<Hello> heard = await Handshake.ReadHelloAsync(wire, limited.Token);
        if (heard.Greeting is not { } hello)
        {
            if (heard.Reason != RefusalReason.None)
            {
                await RefuseAsync(wire, heard.Reason, heard.Problem, wire.Remote);
            }
            else if (heard.Problem.Length > 0)
            {
                SayStranger(wire, heard.Problem);
            }

            return (wire, null);
        }

        PeerIdentity own = self();
        string caller = $"{hello.Sender.Node} at {wire.Remote}";
        PeerConnection connection = new(wire, hello.Channel, hello.Sender, hello.Sender.ClusterId == own.ClusterId, handlers, log);
        (RefusalReason Reason, string Detail) refusal = Judge(hello, own);
        bool isLink = hello.Purpose == HelloPurpose.Link;
        if (refusal.Reason == RefusalReason.None && isLink)
        {
            refusal = links.Admit(hello, connection);
        }

        if (refusal.Reason != RefusalReason.None)
        {
            await RefuseAsync(wire, refusal.Reason, refusal.Detail, caller);
            return (wire, null);
        }

        try
        {
            ushort version = Greeting.Choose(hello.LowestVersion, hello.HighestVersion) ?? Greeting.Version; // they meet: it was read
            await Handshake.SendAsync(wire, Greeting.Write(new Welcome(version, own, RefusalReason.None, string.Empty)));
        }
        catch
        {
            links.Remove(connection);
            throw;
        }

        if (own.ClusterId != self().ClusterId)
        {
            connection.End(ConnectionEnd.EndedHere); // the links were being made anew just then; this one was missed
        }

        if (isLink && hello.Channel == Core.Peers.PeerChannel.Control)
        {
            onLink(hello, wire.Remote);
        }

        return (wire, isLink ? connection : null);
    }

    private (RefusalReason Reason, string Detail) Judge(Hello hello, PeerIdentity own)
    {
        if (Serving().Length > PeerLimits.MaxConnections)
        {
            return (RefusalReason.Overloaded, $"node {own.Node} has {PeerLimits.MaxConnections} peer connections already");
        }

        if (hello.Expected is { } expected && expected != own.Node)
        {
            return (RefusalReason.WrongNode, $"this is node {own.Node}, and node {expected} was called; correct the address of one of them");
        }

        return Introductions.Judge(own, hello.Sender, hello.Purpose == HelloPurpose.Probe);
    }

    private async Task RefuseAsync(PeerWire wire, RefusalReason reason, string detail, string caller)
    {
        if (said.IsNews($"{caller[..Math.Max(0, caller.LastIndexOf(':'))]} {reason}")) // the port differs at every attempt
        {
            Log.RefusedConnection(log, caller, reason, detail);
        }

        await Handshake.SendAsync(wire, Greeting.Write(new Welcome(0, null, reason, detail)));
    }

    private void SayStranger(PeerWire wire, string detail)
    {
        if (said.IsNews(wire.Remote[..Math.Max(0, wire.Remote.LastIndexOf(':'))] + detail))
        {
            Log.StrangerClosed(log, wire.Remote, detail);
        }
    }
}
