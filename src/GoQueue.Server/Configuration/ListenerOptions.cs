using System.Net;

namespace GoQueue.Server.Configuration;

/// <summary>Where the node listens. Port 0 takes a free port, which the ready line announces.</summary>
internal sealed record ListenerOptions
{
    /// <summary>Address of every listener. Default loopback: a node without authentication is reachable from its own machine only.</summary>
    public IPAddress Bind { get; init; } = IPAddress.Loopback;

    /// <summary>REST, health and documentation, HTTP/1.1 and HTTP/2. Default 8080.</summary>
    public int HttpPort { get; init; } = 8080;

    /// <summary>gRPC, HTTP/2 without TLS. Default 9000.</summary>
    public int GrpcPort { get; init; } = 9000;

    /// <summary>Metrics in text form. Default 9090.</summary>
    public int MetricsPort { get; init; } = 9090;
}
