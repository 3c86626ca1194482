using GoQueue.Core;
using GoQueue.Server.Configuration;
using GoQueue.Server.Observability;
using GoQueue.Server.Rest;

namespace GoQueue.Server.Hosting;

/// <summary>
/// What every request of the HTTP listener passes: it is counted and timed, refused while the node cannot serve it, and whatever goes wrong on
/// the way becomes one problem answer.
/// </summary>
internal sealed class HttpFrontDoor(NodeState node, ServerOptions options, HttpMetrics metrics, TimeProvider time, ILogger<HttpFrontDoor> log)
{
    private const string UnmatchedRoute = "unmatched";

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        long started = time.GetTimestamp();
        metrics.Began();
        try
        {
            context.Response.Headers.XContentTypeOptions = "nosniff";
            await ServeAsync(context, next);
        }
        finally
        {
            metrics.Ended(context.Request.Method, RouteOf(context), context.Response.StatusCode, time.GetElapsedTime(started));
        }
    }

    private async Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            if (!node.IsReady && context.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal))
            {
                await Problem.WriteAsync(context, ErrorCode.ShuttingDown, node.Phase == NodePhase.Starting
                    ? "the node is starting: it recovers its logs; call again soon"
                    : "the node is stopping; call again soon, or another node");
                return;
            }

            await next(context);
            if (!context.Response.HasStarted && context.Response.StatusCode >= 400 && context.Response.ContentLength is null && context.Response.ContentType is null)
            {
                await Problem.WriteAsync(context, Unanswered(context), context.Response.StatusCode);
            }

            await SlowCaller.TakesAsync(context, context.Response.CompleteAsync(), options.Http.WriteTimeout, time);
        }
        catch (BadHttpRequestException bad)
        {
            ErrorCode code = bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? ErrorCode.MessageTooLarge : ErrorCode.MalformedRequest;
            await Problem.WriteAsync(context, new Error(code, bad.Message), bad.StatusCode);
        }
        catch (Exception gone) when (gone is OperationCanceledException || (context.RequestAborted.IsCancellationRequested && gone is IOException or ObjectDisposedException))
        {
            // Nobody is there to be told; the status is for the metrics.
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            }
        }
        catch (Exception failure)
        {
            Log.RequestFailed(log, context.Request.Method, RouteOf(context), context.TraceIdentifier, failure);
            await Problem.WriteAsync(context, ErrorCode.Internal, "the server failed; its log has more under the trace id");
        }
    }

    private static Error Unanswered(HttpContext context) => new(ErrorCode.MalformedRequest, context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => "there is nothing at this path; GET / lists what is here",
        StatusCodes.Status405MethodNotAllowed => $"{ServerLogging.OneLine(context.Request.Method)} is not possible here; allowed is {context.Response.Headers.Allow}",
        _ => "the request cannot be answered",
    });

    private static string RouteOf(HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? UnmatchedRoute;
}
