using Google.Protobuf;

namespace GoQueue.Server.Grpc.Protocol;

/// <summary>One method of a service: its path and the code behind it.</summary>
/// <param name="Path"><c>/package.Service/Method</c>.</param>
/// <param name="IsUnary">One message each way. Others end with the node and may stay open for ever.</param>
/// <param name="WhileStarting">Answered also before the node is ready.</param>
/// <param name="InvokeAsync">Reads requests, writes responses, returns the status.</param>
internal sealed record GrpcMethod(string Path, bool IsUnary, bool WhileStarting, Func<GrpcCall, ValueTask<GrpcStatus>> InvokeAsync)
{
    /// <summary>A method with one message each way, both of generated types.</summary>
    public static GrpcMethod Unary<TRequest, TResponse>(
        string path,
        MessageParser<TRequest> parser,
        Func<TRequest, CancellationToken, ValueTask<GrpcReply<TResponse>>> handler,
        bool whileStarting = false)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        return new GrpcMethod(path, IsUnary: true, whileStarting, InvokeAsync);

        async ValueTask<GrpcStatus> InvokeAsync(GrpcCall call)
        {
            (TRequest? request, GrpcStatus status) = await SingleMessage.ReadAsync(call, parser);
            if (request is null)
            {
                return status;
            }

            GrpcReply<TResponse> reply = await handler(request, call.Token);
            if (reply.Message is { } response)
            {
                call.Write(response);
            }

            return reply.Status;
        }
    }

    /// <summary>A method that reads its messages itself and still has one each way, for the hot ones.</summary>
    public static GrpcMethod RawUnary(string path, Func<GrpcCall, ValueTask<GrpcStatus>> handler) => new(path, IsUnary: true, WhileStarting: false, handler);

    public static GrpcMethod Stream(string path, Func<GrpcCall, ValueTask<GrpcStatus>> handler, bool whileStarting = false) =>
        new(path, IsUnary: false, whileStarting, handler);
}
