namespace GoQueue.Server.Hosting;

/// <summary>Which requests go where: one branch for each listener, with its own routes, so that no route is reachable by another port.</summary>
internal static class Pipelines
{
    public static void Map(WebApplication app)
    {
        app.MapWhen(context => context.Features.CameBy(ListenerKind.Grpc), Grpc);
        app.MapWhen(context => context.Features.CameBy(ListenerKind.Http), Http);
        app.Run(context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
    }

    private static void Grpc(IApplicationBuilder branch)
    {
        branch.UseRouting();
        branch.UseEndpoints(static endpoints => { _ = endpoints; }); // the gRPC layer maps itself here: endpoints.MapGoQueueGrpc()
    }

    private static void Http(IApplicationBuilder branch)
    {
        branch.UseRouting();
        branch.UseEndpoints(static endpoints => endpoints.MapGet("/", static () => "goqueue"));
    }
}
