using GoQueue.Server.Configuration;

namespace GoQueue.Server.Observability.Metrics;

/// <summary><c>GET /metrics</c> on the metrics listener; nothing else is there.</summary>
internal sealed class MetricsEndpoint(MetricCollector collector, ServerOptions options)
{
    public async Task HandleAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        if (context.Request.Path != "/metrics")
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = "GET, HEAD";
            return;
        }

        TextExposition text = new(context.Request.Headers.Accept.ToString().Contains("application/openmetrics-text", StringComparison.OrdinalIgnoreCase));
        collector.Collect(text.Write);
        ProcessMetrics.Write(text, options.NodeId.Value);
        byte[] body = text.Finish();
        response.ContentType = text.ContentType;
        response.ContentLength = body.Length;
        response.Headers.XContentTypeOptions = "nosniff";
        if (HttpMethods.IsGet(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }
}
