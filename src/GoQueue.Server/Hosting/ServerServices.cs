using GoQueue.Broker.Requests;
using GoQueue.Server.Administration;
using GoQueue.Server.Configuration;
using GoQueue.Server.Formation;
using GoQueue.Server.Forwarding;
using GoQueue.Server.Grpc;
using GoQueue.Server.Grpc.Services;
using GoQueue.Server.Health;
using GoQueue.Server.Observability;
using GoQueue.Server.Observability.Metrics;
using GoQueue.Server.Rest;
using GoQueue.Server.Rest.Documentation;

namespace GoQueue.Server.Hosting;

/// <summary>Everything that the node is made of, except the broker, which is opened later.</summary>
internal static class ServerServices
{
    public static void Add(IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<NodeState>();
        services.AddSingleton<BoundListeners>();
        services.AddSingleton<IHostResolver>(options.Cluster.SeedDnsServer is { } nameServer ? new NameServerResolver(nameServer) : new SystemResolver());
        services.AddSingleton<BrokerPorts>();
        services.AddSingleton<ITopicRequests>(static all => all.GetRequiredService<BrokerPorts>());
        services.AddSingleton<IPartitionRoutes>(static all => all.GetRequiredService<BrokerPorts>());
        services.AddSingleton<IMetadataView>(static all => all.GetRequiredService<BrokerPorts>());
        services.AddSingleton<IProducerRequests>(static all => all.GetRequiredService<BrokerPorts>());

        services.AddMetrics();
        services.AddSingleton<MetricCollector>();
        services.AddSingleton<MetricsEndpoint>();
        services.AddSingleton<HttpMetrics>();
        services.AddSingleton<HttpFrontDoor>();

        services.AddSingleton<ClusterAdmin>();
        services.AddSingleton<IGrpcService, ClusterService>();

        services.AddSingleton<Readiness>();
        services.AddRouting();
        services.AddRest();
        services.AddDocumentation();
        services.AddGoQueueGrpc(options.Grpc);
    }
}
