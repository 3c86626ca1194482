using GoQueue.Server.Configuration;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace GoQueue.Server.Hosting;

/// <summary>Opens the three listeners. Their order is part of the contract with <see cref="ServerHost"/>: http, grpc, metrics.</summary>
internal static class Listeners
{
    public static void Configure(KestrelServerOptions kestrel, ServerOptions options)
    {
        ListenerOptions listeners = options.Listeners;
        kestrel.AddServerHeader = false;
        kestrel.Listen(listeners.Bind, listeners.HttpPort, listen => Mark(listen, ListenerKind.Http, HttpProtocols.Http1AndHttp2));
        kestrel.Listen(listeners.Bind, listeners.GrpcPort, listen => Mark(listen, ListenerKind.Grpc, HttpProtocols.Http2));
        kestrel.Listen(listeners.Bind, listeners.MetricsPort, listen => Mark(listen, ListenerKind.Metrics, HttpProtocols.Http1));
    }

    private static void Mark(ListenOptions listen, ListenerKind kind, HttpProtocols protocols)
    {
        ListenerMark mark = new(kind);
        listen.Protocols = protocols;
        listen.Use(next => connection =>
        {
            connection.Features.Set(mark);
            return next(connection);
        });
    }
}
