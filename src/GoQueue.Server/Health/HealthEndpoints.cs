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
        ServerOptions options = endpoints.ServiceProvider.GetRequiredService<ServerOptions>();
        endpoints.MapGet("/health", static context => AnswerAsync(context, StatusCodes.Status200OK, new HealthAnswer { Status = "ok" }))
            .Documented("Liveness", "200 as long as the process answers at all.", "Health", new Returns(200, typeof(HealthAnswer)));
        endpoints.MapGet("/ready", context => ReadyAsync(context, node))
            .Documented("Readiness", "200 while the node takes requests; 503 while it recovers after the start and while it drains before the end.", "Health",
                new Returns(200, typeof(HealthAnswer)), new Returns(503, typeof(HealthAnswer)));
        endpoints.MapGet("/", context => JsonReply.SendAsync(context, StatusCodes.Status200OK, options, static (json, in given) =>
            System.Text.Json.JsonSerializer.Serialize(json, IndexOf(given), RestJson.Strict.IndexAnswer)))
            .Documented("Index", "Where things are.", "Health", new Returns(200, typeof(IndexAnswer)));
    }

    private static Task ReadyAsync(HttpContext context, NodeState node) => node.Phase switch
    {
        NodePhase.Ready => AnswerAsync(context, StatusCodes.Status200OK, new HealthAnswer { Status = "ready" }),
        NodePhase.Starting => AnswerAsync(context, StatusCodes.Status503ServiceUnavailable, new HealthAnswer { Status = "starting", Reasons = ["the broker recovers its logs"] }),
        _ => AnswerAsync(context, StatusCodes.Status503ServiceUnavailable, new HealthAnswer { Status = "draining", Reasons = ["the node was told to stop"] }),
    };

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
