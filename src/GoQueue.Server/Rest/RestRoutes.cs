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
    }
}
