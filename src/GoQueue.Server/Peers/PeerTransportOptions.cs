using System.Net;
using GoQueue.Core;

namespace GoQueue.Server.Peers;

/// <summary>What a node says of itself to others, and how patient it is with them.</summary>
internal sealed record PeerTransportOptions
{
    public required NodeId Self { get; init; }

    /// <summary>Of the data directory.</summary>
    public required Guid Incarnation { get; init; }

    /// <summary>Where to listen; port 0 takes a free one.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Null while the node belongs to no cluster.</summary>
    public string? ClusterId { get; init; }

    /// <summary>Under which others should reach this node; empty leaves it to them.</summary>
    public string AdvertisedHost { get; init; } = string.Empty;

    /// <summary>Zero for the port that is listened on.</summary>
    public int AdvertisedPort { get; init; }

    /// <summary>
    /// Nothing heard for so long is silence. One second, 100 ms to 60 s: shorter takes a busy machine for a dead one, longer delays what waits for
    /// evidence. A closed connection is evidence at once and does not wait for it.
    /// </summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause between two attempts to connect; they begin at 10 ms and double.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Null for connections without TLS.</summary>
    public PeerTls? Tls { get; init; }

    /// <summary>For a handshake, which may meet a busy machine.</summary>
    public TimeSpan HandshakeTimeout => SilenceTimeout * 2;
}
