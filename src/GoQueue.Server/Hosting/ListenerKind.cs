using Microsoft.AspNetCore.Http.Features;

namespace GoQueue.Server.Hosting;

/// <summary>Which listener a connection came in by. Requests are routed by this, never by the Host header, which the caller chooses.</summary>
internal enum ListenerKind
{
    Http,
    Grpc,
    Metrics,
}

/// <summary>The mark that a listener puts on its connections; requests see it through their features.</summary>
internal sealed record ListenerMark(ListenerKind Kind);

internal static class ListenerMarkExtensions
{
    public static bool CameBy(this IFeatureCollection features, ListenerKind kind) => features.Get<ListenerMark>()?.Kind == kind;
}
