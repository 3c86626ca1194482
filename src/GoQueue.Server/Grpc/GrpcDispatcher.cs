using System.Collections.Frozen;
using GoQueue.Core;
using GoQueue.Server.Grpc.Protocol;
using GoQueue.Server.Grpc.Services;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Primitives;

namespace GoQueue.Server.Grpc;

/// <summary>Every request of the gRPC listener comes here: checks what HTTP/2 carries, finds the method, runs it, and ends the call with its status.</summary>
internal sealed class GrpcDispatcher
{
    private readonly FrozenDictionary<string, GrpcMethod> methods;
    private readonly GrpcCallServices services;
    private readonly NodeServing serving;
    private readonly ILogger<GrpcDispatcher> logger;

    public GrpcDispatcher(IEnumerable<IGrpcService> all, GrpcCallServices services, NodeServing serving, ILogger<GrpcDispatcher> logger)
    {
        methods = all.SelectMany(service => service.Methods).ToFrozenDictionary(method => method.Path, StringComparer.Ordinal);
        this.services = services;
        this.serving = serving;
        this.logger = logger;
    }

    public Task InvokeAsync(HttpContext http)
    {
        HttpRequest request = http.Request;
        if (!HttpMethods.IsPost(request.Method))
        {
            http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            http.Response.Headers.Allow = "POST";
            return Task.CompletedTask;
        }

        if (!IsGrpc(request.ContentType))
        {
            http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return Task.CompletedTask;
        }

        http.Response.ContentType = "application/grpc";
        return Refuse(request, out GrpcMethod? method, out TimeSpan? timeout, out bool isGzip) is { } refusal
            ? EndAtOnce(http, refusal)
            : RunAsync(http, method!, timeout, isGzip);
    }

    /// <summary>What can be refused by the headers alone; null when the call may run.</summary>
    private GrpcStatus? Refuse(HttpRequest request, out GrpcMethod? method, out TimeSpan? timeout, out bool isGzip)
    {
        timeout = null;
        isGzip = false;
        if (!methods.TryGetValue(request.Path.Value ?? string.Empty, out method))
        {
            return new GrpcStatus(GrpcStatusCode.Unimplemented, $"there is no method {request.Path.Value}");
        }

        if (!serving.IsServing && !method.Traits.HasFlag(GrpcTraits.WhileStarting))
        {
            return GrpcStatus.Of(ErrorCode.ShuttingDown, "the node is starting or stopping; call again soon, or another node");
        }

        if (MetadataSize(request.Headers) > services.Limits.MaxMetadataBytes)
        {
            return new GrpcStatus(GrpcStatusCode.ResourceExhausted, $"the metadata of the call is larger than {services.Limits.MaxMetadataBytes} bytes");
        }

        if (request.Headers.TryGetValue("grpc-encoding", out StringValues encodings))
        {
            string? encoding = encodings;
            if (!GrpcCompression.IsKnown(encoding))
            {
                request.HttpContext.Response.Headers["grpc-accept-encoding"] = GrpcCompression.Accepted;
                return new GrpcStatus(GrpcStatusCode.Unimplemented, $"messages may be {GrpcCompression.Accepted}, not {encoding}");
            }

            isGzip = encoding == "gzip";
        }

        if (request.Headers.TryGetValue("grpc-timeout", out StringValues timeouts))
        {
            if (!GrpcTimeout.TryParse(timeouts.ToString(), out TimeSpan wished))
            {
                return GrpcStatus.Of(ErrorCode.MalformedRequest, $"grpc-timeout is one to eight digits and one of H M S m u n, not '{timeouts}'");
            }

            if (wished <= TimeSpan.Zero)
            {
                return new GrpcStatus(GrpcStatusCode.DeadlineExceeded, "the deadline of the call has passed");
            }

            timeout = wished;
        }

        return null;
    }

    private static Task EndAtOnce(HttpContext http, GrpcStatus refusal)
    {
        StatusTrailers.Write(http.Response.Headers, refusal);
        return Task.CompletedTask;
    }

    private async Task RunAsync(HttpContext http, GrpcMethod method, TimeSpan? timeout, bool isGzip)
    {
        LiftBodyLimits(http);
        GrpcCall call = new(http, services, timeout, isGzip, method.Traits);
        try
        {
            GrpcStatus status;
            try
            {
                status = await method.InvokeAsync(call);
            }
            catch (OperationCanceledException) when (call.Token.IsCancellationRequested)
            {
                status = call.WhyCancelled();
            }
            catch (Exception failure)
            {
                if (IsClientGone(http, failure))
                {
                    Log.ClientGone(logger, method.Path);
                    return;
                }

                Log.CallFailed(logger, failure, method.Path);
                status = GrpcStatus.Of(ErrorCode.Internal, "the server failed; its log has more");
            }

            await EndAsync(call, status, method);
        }
        finally
        {
            await call.DisposeAsync();
        }
    }

    /// <summary>Nothing but writing to the client happens here, so whatever fails is the client's going.</summary>
    private async Task EndAsync(GrpcCall call, GrpcStatus status, GrpcMethod method)
    {
        try
        {
            await call.FinishAsync(status);
        }
        catch (Exception failure) when (Transport.IsFailure(failure))
        {
            Log.ClientGone(logger, method.Path);
        }
    }

    /// <summary>The body of a streaming call has no end: the limit is per message, and the time-outs are ours.</summary>
    private static void LiftBodyLimits(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    private static bool IsGrpc(string? contentType)
    {
        const string Base = "application/grpc";
        if (contentType is null || !contentType.StartsWith(Base, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        ReadOnlySpan<char> rest = contentType.AsSpan(Base.Length);
        return rest.IsEmpty || rest[0] == ';' || rest.Equals("+proto", StringComparison.OrdinalIgnoreCase)
            || rest.StartsWith("+proto;", StringComparison.OrdinalIgnoreCase);
    }

    private static int MetadataSize(IHeaderDictionary headers)
    {
        const int Overhead = 32; // RFC 9113 section 10.5.1: each field counts this much extra
        int size = 0;
        foreach ((string name, StringValues values) in headers)
        {
            foreach (string? value in values)
            {
                size += name.Length + (value?.Length ?? 0) + Overhead;
            }
        }

        return size;
    }

    private static bool IsClientGone(HttpContext http, Exception failure) =>
        failure is ConnectionAbortedException or ConnectionResetException || (http.RequestAborted.IsCancellationRequested && failure is IOException or OperationCanceledException);
}
