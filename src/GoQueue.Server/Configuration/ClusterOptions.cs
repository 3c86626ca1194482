using System.Net;
using GoQueue.Core.Peers;
using GoQueue.Server.Peers;
using Endpoint = GoQueue.Metadata.Brokers.Endpoint;

namespace GoQueue.Server.Configuration;

/// <summary>What a node is told about the others. Without a list and without a name it is a cluster of its own.</summary>
internal sealed record ClusterOptions
{
    /// <summary>The static list, this node included; empty when there is none.</summary>
    public required IReadOnlyList<PeerAddress> Peers { get; init; }

    /// <summary>The name under which nodes are found; null when there is none.</summary>
    public required Endpoint? SeedDns { get; init; }

    /// <summary>Who is asked for it; null for the operating system.</summary>
    public required IPEndPoint? SeedDnsServer { get; init; }

    public required int ExpectedNodes { get; init; }

    /// <summary>Null: the cluster draws one.</summary>
    public required string? ClusterId { get; init; }

    public required string? Rack { get; init; }

    /// <summary>Under which others reach this node; null leaves it to the address that is listened on. Port 0 means the one that is listened on.</summary>
    public required Endpoint? AdvertisedPeer { get; init; }

    public required Endpoint? AdvertisedHttp { get; init; }

    public required Endpoint? AdvertisedGrpc { get; init; }

    /// <summary>Null for connections without TLS.</summary>
    public required PeerTls? Tls { get; init; }

    public bool IsAlone => Peers.Count == 0 && SeedDns is null;
}
