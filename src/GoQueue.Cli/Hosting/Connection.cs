using GoQueue.Client;

namespace GoQueue.Cli.Hosting;

/// <summary>Opens the client library for a session.</summary>
internal static class Connection
{
    // A person waits: long enough for a node across the world, short enough to be told soon that none answers.
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    /// <summary>A client of the session's server. Nothing is opened before the first request.</summary>
    public static GoQueueClient Open(Session session)
    {
        session.Notices.Detail($"server {session.Server} ({session.ServerSource})");
        return GoQueueClient.Connect(Options(session, ConnectTimeout, RequestTimeout));
    }

    /// <summary>A client for shell completion, which must be quick or silent.</summary>
    public static GoQueueClient OpenBriefly(Session session) =>
        GoQueueClient.Connect(Options(session, TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(800)));

    private static GoQueueClientOptions Options(Session session, TimeSpan connect, TimeSpan request) => new()
    {
        Address = session.Server.ToString(),
        ClientId = "goqueue-cli/" + VersionCommand.Number,
        ConnectTimeout = connect,
        RequestTimeout = request,
    };
}
