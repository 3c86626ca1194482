using GoQueue.Server.Rest.Administration;
using GoQueue.Server.Rest.Documentation;
using GoQueue.Server.Rest.Publishing;
using GoQueue.Server.Rest.Reading;
using GoQueue.Server.Rest.Topics;

namespace GoQueue.Server.Rest;

/// <summary>Registers and maps the REST interface.</summary>
internal static class RestRoutes
{
    public static IServiceCollection AddRest(this IServiceCollection services)
    {
        services.AddSingleton(all => new BodyMemory(all.GetRequiredService<Configuration.ServerOptions>().Http.BodyMemoryBytes));
        services.AddSingleton<RestContext>();
        services.AddSingleton<KeylessSpread>();
        services.AddSingleton<LongPolls>();
        services.AddSingleton(_ => PublishScratch.CreatePool());
        services.AddSingleton<TopicEndpoints>();
        services.AddSingleton<PublishEndpoint>();
        services.AddSingleton<BatchEndpoint>();
        services.AddSingleton<MessagesEndpoint>();
        services.AddSingleton<OffsetsEndpoint>();
        services.AddSingleton<ClusterEndpoints>();
        return services;
    }

    public static void MapRest(this IEndpointRouteBuilder endpoints)
    {
        IServiceProvider services = endpoints.ServiceProvider;
        TopicEndpoints topics = services.GetRequiredService<TopicEndpoints>();
        RouteGroupBuilder v1 = endpoints.MapGroup("/v1");
        v1.MapPost("/topics", topics.CreateAsync).Documented(RestDocs.CreateTopic);
        v1.MapGet("/topics", topics.ListAsync).Documented(RestDocs.ListTopics);
        v1.MapGet("/topics/{topic}", topics.GetAsync).Documented(RestDocs.GetTopic);
        v1.MapPatch("/topics/{topic}", topics.AlterAsync).Documented(RestDocs.AlterTopic);
        v1.MapDelete("/topics/{topic}", topics.DeleteAsync).Documented(RestDocs.DeleteTopic);
        v1.MapPost("/topics/{topic}/publish", services.GetRequiredService<PublishEndpoint>().HandleAsync).Documented(RestDocs.Publish);
        v1.MapPost("/topics/{topic}/batch", services.GetRequiredService<BatchEndpoint>().HandleAsync).Documented(RestDocs.Batch);
        v1.MapGet("/topics/{topic}/partitions/{partition}/messages", services.GetRequiredService<MessagesEndpoint>().HandleAsync).Documented(RestDocs.Messages);
        v1.MapGet("/topics/{topic}/partitions/{partition}/offsets", services.GetRequiredService<OffsetsEndpoint>().HandleAsync).Documented(RestDocs.Offsets);
        v1.MapPost("/topics/{topic}/partitions", topics.AddPartitionsAsync).Documented(RestDocs.AddPartitions);
        MapCluster(v1.MapGroup("/admin"), services.GetRequiredService<ClusterEndpoints>());
    }

    private static void MapCluster(RouteGroupBuilder admin, ClusterEndpoints cluster)
    {
        admin.MapGet("/cluster", cluster.GetClusterAsync).Documented(ClusterDocs.Cluster);
        admin.MapGet("/quorum", cluster.GetQuorumAsync).Documented(ClusterDocs.Quorum);
        admin.MapGet("/health", cluster.GetHealthAsync).Documented(ClusterDocs.Health);
        admin.MapGet("/events", cluster.ListEventsAsync).Documented(ClusterDocs.Events);
        admin.MapGet("/partitions", cluster.ListPartitionsAsync).Documented(ClusterDocs.Partitions);
        admin.MapGet("/brokers", cluster.ListBrokersAsync).Documented(ClusterDocs.Brokers);
        admin.MapPost("/brokers/{node}/drain", cluster.DrainAsync).Documented(ClusterDocs.Drain);
        admin.MapPost("/brokers/{node}/undrain", cluster.UndrainAsync).Documented(ClusterDocs.Undrain);
        admin.MapPost("/brokers/{node}/promote", cluster.PromoteAsync).Documented(ClusterDocs.Promote);
        admin.MapDelete("/brokers/{node}", cluster.RemoveAsync).Documented(ClusterDocs.Remove);
        admin.MapPost("/reassignments/plan", cluster.PlanAsync).Documented(ClusterDocs.Plan);
        admin.MapPost("/reassignments", cluster.StartReassignmentAsync).Documented(ClusterDocs.StartReassignment);
        admin.MapGet("/reassignments", cluster.GetReassignmentAsync).Documented(ClusterDocs.GetReassignment);
        admin.MapPatch("/reassignments", cluster.AlterReassignmentAsync).Documented(ClusterDocs.AlterReassignment);
        admin.MapDelete("/reassignments", cluster.CancelReassignmentAsync).Documented(ClusterDocs.CancelReassignment);
        admin.MapPost("/transfer-leader", cluster.TransferLeaderAsync).Documented(ClusterDocs.TransferLeader);
        admin.MapPost("/balance-leaders", cluster.BalanceLeadersAsync).Documented(ClusterDocs.BalanceLeaders);
        admin.MapPost("/transfer-controller", cluster.TransferControllerAsync).Documented(ClusterDocs.TransferController);
    }
}
