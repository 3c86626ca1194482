using GoQueue.Broker.Requests;
using GoQueue.Server.Forwarding;
using GoQueue.Server.Grpc.Protocol;
using GoQueue.Server.Grpc.Publishing;
using GoQueue.Server.Grpc.Reading;
using GoQueue.Server.Grpc.Services;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace GoQueue.Server.Grpc;

/// <summary>How the host takes the gRPC layer in. The ports of topics and producers and the view of the metadata must be registered, and that of the partitions or their routes.</summary>
internal static class GrpcExtensions
{
    public static IServiceCollection AddGoQueueGrpc(this IServiceCollection services, GrpcLimits limits)
    {
        services.AddSingleton(limits);
        services.TryAddSingleton<IPartitionRoutes>(all => new HereOnly(all.GetRequiredService<IPartitionRequests>()));
        services.AddSingleton<NodeServing>();
        services.AddSingleton(all => new CallWatchdog(limits, all.GetRequiredService<TimeProvider>()));
        services.AddSingleton(all => new GrpcCallServices(
            limits, all.GetRequiredService<CallWatchdog>(), all.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping));
        services.AddSingleton<IGrpcService, GoQueueService>();
        services.AddSingleton<IGrpcService, MetadataService>();
        services.AddSingleton<IGrpcService, PublishMethods>();
        services.AddSingleton<IGrpcService, ReadMethods>();
        services.AddSingleton<IGrpcService, HealthService>();
        services.AddSingleton<IGrpcService, ReflectionService>();
        services.AddSingleton<GrpcDispatcher>();
        return services;
    }

    /// <summary>Serves every request of this route table as gRPC: map it in the pipeline branch of the gRPC listener only.</summary>
    public static IEndpointConventionBuilder MapGoQueueGrpc(this IEndpointRouteBuilder endpoints)
    {
        GrpcDispatcher dispatcher = endpoints.ServiceProvider.GetRequiredService<GrpcDispatcher>();
        return endpoints.Map("/{**path}", dispatcher.InvokeAsync).WithDisplayName("gRPC");
    }
}
