using GoQueue.Core;
using GoQueue.Server.Errors;
using GoQueue.Server.Forwarding;

namespace GoQueue.Server.Grpc.Protocol;

/// <summary>How a call ended. A refusal of the broker keeps its <see cref="ErrorCode"/>; one of the protocol itself has none.</summary>
/// <param name="Leader">With NotLeader: where the client should go, when it is known.</param>
internal readonly record struct GrpcStatus(GrpcStatusCode Code, string Message, ErrorCode Cause = ErrorCode.None, LeaderHint? Leader = null)
{
    public static readonly GrpcStatus Ok = new(GrpcStatusCode.Ok, string.Empty);

    public bool IsOk => Code == GrpcStatusCode.Ok;

    public static GrpcStatus Of(Error error) => new((GrpcStatusCode)ErrorMapping.ToGrpcStatus(error.Code), error.Detail, error.Code);

    public static GrpcStatus Of(ErrorCode code, string detail) => Of(new Error(code, detail));

    /// <summary>A refusal about a partition: one that says that it is not led here says where it is.</summary>
    public static GrpcStatus Of(Error error, IPartitionRoutes routes, TopicPartition partition) =>
        error.Code == ErrorCode.NotLeader ? Of(error) with { Leader = routes.LeaderOf(partition) } : Of(error);

    public static implicit operator GrpcStatus(Error error) => Of(error);
}
