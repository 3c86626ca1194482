namespace GoQueue.Server.Configuration;

/// <summary>The effective configuration of a node, checked as a whole before anything starts.</summary>
internal sealed record ServerOptions
{
    public ListenerOptions Listeners { get; init; } = new();

    /// <summary>How long requests under way may take to finish once the node is told to stop. Default 30 s.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
