using Google.Protobuf;

namespace GoQueue.Server.Grpc.Protocol;

/// <summary>One method of a service: its path and the code behind it.</summary>
/// <param name="Path"><c>/package.Service/Method</c>.</param>
/// <param name="Traits">What the dispatcher has to know about it.</param>
/// <param name="InvokeAsync">Reads requests, writes responses, returns the status.</param>
internal sealed record GrpcMethod(string Path, GrpcTraits Traits, Func<GrpcCall, ValueTask<GrpcStatus>> InvokeAsync)
{
    /// <summary>A method with one message each way, both of generated types.</summary>
    public static GrpcMethod Unary<TRequest, TResponse>(
        string path,
        MessageParser<TRequest> parser,
        Func<TRequest, CancellationToken, ValueTask<GrpcReply<TResponse>>> handler,
        GrpcTraits traits = GrpcTraits.None)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        return new GrpcMethod(path, traits | GrpcTraits.TakesOneMessage, InvokeAsync);

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
}

/// <summary>What the dispatcher has to know about a method.</summary>
[Flags]
internal enum GrpcTraits
{
    None = 0,

    /// <summary>The client sends one message, which has to arrive within the message time-out.</summary>
    TakesOneMessage = 1,

    /// <summary>May take for ever, so it ends with UNAVAILABLE when the node begins to stop, instead of holding the stop up.</summary>
    EndsWithTheNode = 2,

    /// <summary>Answered also before the node is ready.</summary>
    WhileStarting = 4,
}
