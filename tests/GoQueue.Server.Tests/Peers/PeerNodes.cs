using System.Net;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Server.Peers;

namespace GoQueue.Server.Tests.Peers;

/// <summary>Transports of one test, stopped at its end.</summary>
internal sealed class PeerNodes : IAsyncDisposable
{
    private readonly List<PeerTransport> started = [];

    public RecordedLog Log { get; } = new();

    public async Task<PeerTransport> StartAsync(string id, Guid? incarnation = null, string? cluster = null, PeerTls? tls = null, RecordedLog? log = null, TimeProvider? time = null, TimeSpan? silence = null)
    {
        PeerTransport transport = new(
            new PeerTransportOptions
            {
                Self = new NodeId(id),
                Incarnation = incarnation ?? Guid.NewGuid(),
                Listen = new IPEndPoint(IPAddress.Loopback, 0),
                ClusterId = cluster,
                Tls = tls,
                SilenceTimeout = silence ?? TimeSpan.FromSeconds(1),
            },
            time ?? TimeProvider.System,
            log ?? Log);
        await transport.StartAsync(CancellationToken.None);
        started.Add(transport);
        return transport;
    }

    public static PeerAddress AddressOf(PeerTransport transport, string? id = null) =>
        new(id is null ? transport.Self : new NodeId(id), "127.0.0.1", transport.Endpoint.Port);

    /// <summary>Watches the links of a node; the last state of each.</summary>
    public static Func<NodeId, PeerLinkState?> Watch(PeerTransport transport)
    {
        System.Collections.Concurrent.ConcurrentDictionary<NodeId, PeerLinkState> last = new();
        transport.OnLinkChange(change => last[change.Peer] = change.State);
        return peer => last.TryGetValue(peer, out PeerLinkState state) ? state : null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (PeerTransport transport in started)
        {
            await transport.DisposeAsync();
        }
    }
}
