using GoQueue.Server.Configuration;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace GoQueue.Server.Hosting;

/// <summary>Opens the three listeners. Their order is part of the contract with <see cref="ServerHost"/>: http, grpc, metrics.</summary>
internal static class Listeners
{
    private const int MaxRequestLineBytes = 8 << 10;
    private const int MaxHeaderCount = 100;

    public static void Configure(KestrelServerOptions kestrel, ServerOptions options)
    {
        ConnectionPlaces places = new(options.Http.MaxConnections);
        PrefaceWatch preface = new(options.Http.HeaderTimeout, TimeProvider.System);
        kestrel.AddServerHeader = false;
        kestrel.AllowResponseHeaderCompression = false; // nothing secret and attacker-chosen may meet in one compression window
        SetLimits(kestrel.Limits, options.Http);
        options.Grpc.ApplyTo(kestrel.Limits);

        ListenerOptions listeners = options.Listeners;
        // Without TLS a listener speaks one protocol: there is no handshake in which the caller could name another.
        kestrel.Listen(listeners.Bind, listeners.HttpPort, listen => Mark(listen, places, ListenerKind.Http, HttpProtocols.Http1));
        kestrel.Listen(listeners.Bind, listeners.GrpcPort, listen =>
        {
            Mark(listen, places, ListenerKind.Grpc, HttpProtocols.Http2);
            listen.Use(next => connection => preface.WatchAsync(connection, next));
        });
        kestrel.Listen(listeners.Bind, listeners.MetricsPort, listen => Mark(listen, places, ListenerKind.Metrics, HttpProtocols.Http1));
    }

    /// <summary>Kestrel has one set of limits for all listeners; what gRPC needs beyond it is lifted per call.</summary>
    private static void SetLimits(KestrelServerLimits limits, HttpOptions http)
    {
        limits.MaxConcurrentConnections = null; // ConnectionPlaces counts them
        limits.RequestHeadersTimeout = http.HeaderTimeout;
        limits.KeepAliveTimeout = http.IdleTimeout;
        limits.MaxRequestHeadersTotalSize = http.MaxHeaderBytes;
        limits.MaxRequestHeaderCount = MaxHeaderCount;
        limits.MaxRequestLineSize = MaxRequestLineBytes;

        // RequestBody holds bodies to the configured size. Kestrel would hang up on a caller that is still sending, who then never sees the 413;
        // without its limit it reads and drops the rest for up to five seconds.
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
    }

    private static void Mark(ListenOptions listen, ConnectionPlaces places, ListenerKind kind, HttpProtocols protocols)
    {
        ListenerMark mark = new(kind);
        listen.Protocols = protocols;
        listen.Use(next => connection => places.AdmitAsync(connection, next));
        listen.Use(next => connection =>
        {
            connection.Features.Set(mark);
            return next(connection);
        });
    }
}
