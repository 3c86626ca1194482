using GoQueue.Core;

namespace GoQueue.Server.Grpc.Protocol;

/// <summary>What a unary method answers: a message, or why not.</summary>
internal readonly struct GrpcReply<TMessage>
    where TMessage : class
{
    private GrpcReply(TMessage? message, GrpcStatus status)
    {
        Message = message;
        Status = status;
    }

    /// <summary>Null exactly when the status is not OK.</summary>
    public TMessage? Message { get; }

    public GrpcStatus Status { get; }

    public static implicit operator GrpcReply<TMessage>(TMessage message) => new(message, GrpcStatus.Ok);

    public static implicit operator GrpcReply<TMessage>(Error error) => new(null, GrpcStatus.Of(error));

    public static implicit operator GrpcReply<TMessage>(GrpcStatus status)
    {
        Invariant.Check(!status.IsOk, "a call that succeeded has a message");
        return new(null, status);
    }
}
