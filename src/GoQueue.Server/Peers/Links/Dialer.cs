using System.Net.Sockets;
using System.Security.Authentication;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Server.Peers.Connections;
using GoQueue.Server.Peers.Protocol;

namespace GoQueue.Server.Peers.Links;

/// <summary>What came of an attempt to connect.</summary>
internal enum DialResult
{
    Connected,

    /// <summary>Nobody listens there.</summary>
    Refused,

    /// <summary>No answer, or it broke off: nothing is known.</summary>
    Unanswered,

    /// <summary>Somebody is there and does not take this node, or is not who was expected.</summary>
    Rejected,
}

internal sealed record DialOutcome(DialResult Result, PeerWire? Wire, PeerIdentity? Identity, RefusalReason Reason, string Detail);

/// <summary>Connects to other nodes and says hello.</summary>
internal sealed class Dialer(PeerTransportOptions options, Func<PeerIdentity> self, TimeProvider time)
{
    public async Task<DialOutcome> DialAsync(string host, int port, HelloPurpose purpose, PeerChannel channel, ulong link, NodeId? expected, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = new(options.HandshakeTimeout, time);
        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        PeerWire? wire = null;
        try
        {
            await socket.ConnectAsync(host, port, limited.Token);
            wire = new SocketWire(socket);
            if (options.Tls is { } tls)
            {
                wire = await tls.ConnectAsync(wire, host, limited.Token);
            }

            PeerIdentity own = self();
            await Handshake.SendAsync(wire, Greeting.Write(new Hello(Greeting.LowestVersion, Greeting.Version, purpose, channel, link, own, expected)));
            DialOutcome outcome = Judge(await Handshake.ReadWelcomeAsync(wire, limited.Token), wire, own, expected);
            wire = outcome.Wire is null ? wire : null;
            return outcome;
        }
        catch (SocketException failure) when (wire is null && failure.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return Failed(DialResult.Refused, failure.Message);
        }
        catch (AuthenticationException failure)
        {
            return new DialOutcome(DialResult.Rejected, null, null, RefusalReason.Malformed, $"TLS: {failure.InnerException?.Message ?? failure.Message}");
        }
        catch (Exception failure) when (failure is SocketException or IOException or ObjectDisposedException)
        {
            return Failed(DialResult.Unanswered, failure.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed(DialResult.Unanswered, $"no answer within {options.HandshakeTimeout.TotalSeconds} s");
        }
        finally
        {
            await DisposeUnusedAsync();
        }

        async ValueTask DisposeUnusedAsync()
        {
            if (wire is not null)
            {
                await wire.DisposeAsync();
            }
            else if (!socket.Connected)
            {
                socket.Dispose();
            }
        }
    }

    private static DialOutcome Judge(Heard<Welcome> heard, PeerWire wire, PeerIdentity own, NodeId? expected)
    {
        if (heard.Greeting is not { } welcome)
        {
            return heard.Reason == RefusalReason.None
                ? Failed(DialResult.Unanswered, "it hung up before it answered")
                : new DialOutcome(DialResult.Rejected, null, null, heard.Reason, heard.Problem);
        }

        if (welcome.Sender is not { } peer)
        {
            return new DialOutcome(DialResult.Rejected, null, null, welcome.Reason, welcome.Detail);
        }

        (RefusalReason Reason, string Detail) = Introductions.Judge(own, peer, isProbe: expected is null);
        if (Reason == RefusalReason.None && expected is { } name && name != peer.Node)
        {
            (Reason, Detail) = (RefusalReason.WrongNode, $"node {peer.Node} answers there");
        }

        return Reason == RefusalReason.None
            ? new DialOutcome(DialResult.Connected, wire, peer, RefusalReason.None, string.Empty)
            : new DialOutcome(DialResult.Rejected, null, null, Reason, Detail);
    }

    private static DialOutcome Failed(DialResult result, string detail) => new(result, null, null, RefusalReason.None, detail);
}

/// <summary>Whether two nodes that met may talk. Both sides decide by the same rules.</summary>
internal static class Introductions
{
    /// <param name="isProbe">It only asks who is there; it may be the node itself that finds its own address.</param>
    public static (RefusalReason Reason, string Detail) Judge(PeerIdentity own, PeerIdentity other, bool isProbe)
    {
        if (own.ClusterId is { } ours && other.ClusterId is { } theirs && ours != theirs)
        {
            return (RefusalReason.WrongCluster, $"node {other.Node} belongs to cluster {theirs}, node {own.Node} to cluster {ours}");
        }

        if (own.Node != other.Node)
        {
            return (RefusalReason.None, string.Empty);
        }

        if (own.Incarnation != other.Incarnation)
        {
            return (RefusalReason.SameNodeTwice,
                $"two nodes with the same id {own.Node}: one has incarnation {own.Incarnation}, another {other.Incarnation}; give each its own --node-id");
        }

        return isProbe ? (RefusalReason.None, string.Empty) : (RefusalReason.Self, $"node {own.Node} called itself; its own address stands under another node's id");
    }
}
