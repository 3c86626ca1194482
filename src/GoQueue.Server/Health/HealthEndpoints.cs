using GoQueue.Broker.Requests;
using GoQueue.Metadata.Quorum;
using GoQueue.Server.Configuration;
using GoQueue.Server.Hosting;
using GoQueue.Server.Rest;
using GoQueue.Server.Rest.Documentation;

namespace GoQueue.Server.Health;

/// <summary><c>/health</c> says that the process runs, <c>/ready</c> whether it takes requests, <c>/</c> where things are.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        NodeState node = endpoints.ServiceProvider.GetRequiredService<NodeState>();
        Readiness readiness = endpoints.ServiceProvider.GetRequiredService<Readiness>();
        BrokerPorts broker = endpoints.ServiceProvider.GetRequiredService<BrokerPorts>();
        ServerOptions options = endpoints.ServiceProvider.GetRequiredService<ServerOptions>();
        endpoints.MapGet("/health", context => AnswerAsync(context, StatusCodes.Status200OK, new HealthAnswer { Status = "ok", Cluster = ClusterOf(broker) }))
            .Documented("Liveness", "200 as long as the process answers at all, with what this node knows of its cluster.", "Health", new Returns(200, typeof(HealthAnswer)));
        endpoints.MapGet("/ready", context => ReadyAsync(context, node, readiness))
            .Documented("Readiness", "200 while the node takes requests; 503 while it recovers, joins its cluster and catches up after the start, while it is fenced, and from when it was told to stop.", "Health",
                new Returns(200, typeof(HealthAnswer)), new Returns(503, typeof(HealthAnswer)));
        endpoints.MapGet("/", context => JsonReply.SendAsync(context, StatusCodes.Status200OK, options, static (json, in given) =>
            System.Text.Json.JsonSerializer.Serialize(json, IndexOf(given), RestJson.Strict.IndexAnswer)))
            .Documented("Index", "Where things are.", "Health", new Returns(200, typeof(IndexAnswer)));
    }

    private static Task ReadyAsync(HttpContext context, NodeState node, Readiness readiness)
    {
        IReadOnlyList<string> reasons = readiness.Reasons();
        if (reasons.Count == 0)
        {
            return AnswerAsync(context, StatusCodes.Status200OK, new HealthAnswer { Status = "ready" });
        }

        string status = node.Phase == NodePhase.Starting ? "starting" : node.Phase == NodePhase.Draining || node.IsHandingOver ? "draining" : "joining";
        return AnswerAsync(context, StatusCodes.Status503ServiceUnavailable, new HealthAnswer { Status = status, Reasons = reasons });
    }

    /// <summary>Null while the node takes part in no cluster. The process lives whatever it says.</summary>
    private static ClusterHealthAnswer? ClusterOf(BrokerPorts broker)
    {
        if (broker.IfOpen is not { Cluster: { } cluster, Quorum: { } quorum })
        {
            return null;
        }

        ClusterHealth health = cluster.Health();
        QuorumStatus status = quorum.Status;
        return new ClusterHealthAnswer
        {
            Healthy = health.IsHealthy,
            Controller = status.Leader?.Value,
            Term = status.Term,
            Voters = status.Members.Count(static member => member.Role == QuorumRole.Voter),
            FencedBrokers = health.FencedBrokers.Count,
            OfflinePartitions = health.OfflinePartitions,
            UnderMinInSyncPartitions = health.UnderMinInSyncPartitions,
            UnderReplicatedPartitions = health.UnderReplicatedPartitions,
        };
    }

    private static Task AnswerAsync(HttpContext context, int status, HealthAnswer answer)
    {
        context.Response.Headers.CacheControl = "no-store";
        return JsonReply.SendAsync(context, status, answer, static (json, in given) =>
            System.Text.Json.JsonSerializer.Serialize(json, given, RestJson.Strict.HealthAnswer));
    }

    private static IndexAnswer IndexOf(ServerOptions options) => new()
    {
        Name = "GoQueue.Raft",
        Version = ServerProcess.ProductVersion,
        NodeId = options.NodeId.Value,
        Links = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["topics"] = "/v1/topics",
            ["health"] = "/health",
            ["ready"] = "/ready",
            ["openapi"] = "/openapi/v1.json",
            ["docs"] = "/docs",
        },
    };
}
