using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Server.Errors;
using GoQueue.Server.Forwarding;

namespace GoQueue.Server.Grpc.Protocol;

/// <summary>How a call ended. A refusal of the broker keeps its <see cref="ErrorCode"/>; one of the protocol itself has none.</summary>
/// <param name="Leader">With NotLeader and FencedLeaderEpoch: where the client should go, when it is known.</param>
/// <param name="Diverging">With LogTruncated: the largest epoch of the log not above the reader's, and where the histories part.</param>
internal readonly record struct GrpcStatus(
    GrpcStatusCode Code, string Message, ErrorCode Cause = ErrorCode.None, LeaderHint? Leader = null, (LeaderEpoch Epoch, Offset Offset)? Diverging = null)
{
    public static readonly GrpcStatus Ok = new(GrpcStatusCode.Ok, string.Empty);

    public bool IsOk => Code == GrpcStatusCode.Ok;

    public static GrpcStatus Of(Error error) => new((GrpcStatusCode)ErrorMapping.ToGrpcStatus(error.Code), error.Detail, error.Code);

    public static GrpcStatus Of(ErrorCode code, string detail) => Of(new Error(code, detail));

    /// <summary>A refusal about a partition: one that says that it is not led here says where it is.</summary>
    public static GrpcStatus Of(Error error, IPartitionRoutes routes, TopicPartition partition) =>
        error.Code is ErrorCode.NotLeader or ErrorCode.FencedLeaderEpoch ? Of(error) with { Leader = routes.LeaderOf(partition) } : Of(error);

    /// <summary>A read that was refused.</summary>
    public static GrpcStatus Of(FetchResult refused, IPartitionRoutes routes, TopicPartition partition) =>
        refused.Error.Code == ErrorCode.LogTruncated ? Of(refused.Error) with { Diverging = (refused.LastEpoch, refused.NextOffset) } : Of(refused.Error, routes, partition);

    public static implicit operator GrpcStatus(Error error) => Of(error);
}
