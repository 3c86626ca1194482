using GoQueue.Server.Grpc;
using GoQueue.Server.Health;
using GoQueue.Server.Observability.Metrics;
using GoQueue.Server.Rest;
using GoQueue.Server.Rest.Documentation;

namespace GoQueue.Server.Hosting;

/// <summary>Which requests go where: one branch for each listener, with its own routes, so that no route is reachable by another port.</summary>
internal static class Pipelines
{
    public static void Map(WebApplication app)
    {
        app.MapWhen(static context => context.Features.CameBy(ListenerKind.Grpc), Grpc);
        app.MapWhen(static context => context.Features.CameBy(ListenerKind.Http), Http);
        MetricsEndpoint metrics = app.Services.GetRequiredService<MetricsEndpoint>();
        app.Run(metrics.HandleAsync);
    }

    private static void Grpc(IApplicationBuilder branch)
    {
        branch.UseRouting();
        branch.UseEndpoints(static endpoints => endpoints.MapGoQueueGrpc());
    }

    private static void Http(IApplicationBuilder branch)
    {
        HttpFrontDoor door = branch.ApplicationServices.GetRequiredService<HttpFrontDoor>();
        branch.Use(door.InvokeAsync);
        branch.UseRouting();
        branch.UseEndpoints(static endpoints =>
        {
            endpoints.MapRest();
            endpoints.MapHealth();
            endpoints.MapDocumentation();
        });
        branch.Run(static context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
    }
}
