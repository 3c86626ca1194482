using System.Net;

namespace GoQueue.Server.Configuration;

/// <summary>Where the node listens. Port 0 takes a free port, which the ready line announces.</summary>
internal sealed record ListenerOptions
{
    /// <summary>Address of every listener.</summary>
    public required IPAddress Bind { get; init; }

    /// <summary>REST, health and documentation, HTTP/1.1.</summary>
    public required int HttpPort { get; init; }

    /// <summary>gRPC, HTTP/2 without TLS.</summary>
    public required int GrpcPort { get; init; }

    /// <summary>Metrics in text form.</summary>
    public required int MetricsPort { get; init; }

    /// <summary>For other nodes.</summary>
    public required int PeerPort { get; init; }
}
