using System.Collections.Concurrent;
using System.Net;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Server.Peers;
using GoQueue.Testing.Peers;
using Microsoft.Extensions.Logging.Abstractions;

namespace GoQueue.Server.Tests.Peers;

/// <summary>Real transports on loopback. Every node is reached through a relay of its own, which can be made silent.</summary>
internal sealed class LoopbackWorld : PeerTransportWorld
{
    private readonly ConcurrentDictionary<NodeId, Relay> relays = new();
    private readonly ConcurrentDictionary<NodeId, PeerTransport> transports = new();

    public override IPeerTransport Start(NodeId node, Guid incarnation)
    {
        PeerTransport transport = new(
            new PeerTransportOptions { Self = node, Incarnation = incarnation, Listen = new IPEndPoint(IPAddress.Loopback, 0) }, TimeProvider.System, NullLoggerFactory.Instance);
        transport.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        RelayOf(node).Open(transport.Endpoint);
        transports[node] = transport;
        return transport;
    }

    public override PeerAddress AddressOf(NodeId node) => new(node, "127.0.0.1", RelayOf(node).Port);

    public override async Task StopAsync(NodeId node)
    {
        RelayOf(node).Close();
        if (transports.TryRemove(node, out PeerTransport? transport))
        {
            await transport.DisposeAsync();
        }
    }

    public override void Silence(NodeId node) => RelayOf(node).IsSilent = true;

    public override void Restore(NodeId node) => RelayOf(node).IsSilent = false;

    public override async ValueTask DisposeAsync()
    {
        foreach (Relay relay in relays.Values)
        {
            relay.Close();
        }

        foreach (PeerTransport transport in transports.Values)
        {
            await transport.DisposeAsync();
        }
    }

    private Relay RelayOf(NodeId node) => relays.GetOrAdd(node, static _ => new Relay());
}
