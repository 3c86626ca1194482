using GoQueue.Contracts.Rpc;
using GoQueue.Core;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace GoQueue.Server.Grpc.Protocol;

/// <summary>Writes a status as gRPC headers: into the trailers, or into the response headers of a call that has nothing else to say.</summary>
internal static class StatusTrailers
{
    public const string Domain = "goqueue";

    public static void Write(IHeaderDictionary target, GrpcStatus status)
    {
        if (status.IsOk)
        {
            target["grpc-status"] = "0";
            return;
        }

        target["grpc-status"] = ((int)status.Code).ToString();
        target["grpc-message"] = GrpcMessageText.Encode(status.Message);
        if (status.Cause != ErrorCode.None)
        {
            target["goqueue-error"] = ErrorCodes.Name(status.Cause);
            target["grpc-status-details-bin"] = Details(status);
        }

        if (status.Leader is { } leader)
        {
            target["goqueue-leader"] = leader.Node.Value;
            target["goqueue-leader-epoch"] = leader.Epoch.ToString();
            if (leader.Grpc is { } endpoint)
            {
                target["goqueue-leader-endpoint"] = endpoint.ToString();
            }
        }

        if (status.Diverging is { } diverging)
        {
            target["goqueue-diverging-offset"] = diverging.Offset.ToString();
            target["goqueue-diverging-epoch"] = diverging.Epoch.ToString();
        }
    }

    private static string Details(GrpcStatus status)
    {
        ErrorInfo info = new()
        {
            Reason = ErrorCodes.Name(status.Cause),
            Domain = Domain,
            Metadata =
            {
                ["code"] = ((int)status.Cause).ToString(),
                ["retriable"] = ErrorCodes.IsRetriable(status.Cause) ? "true" : "false",
            },
        };
        if (status.Leader is { } leader)
        {
            info.Metadata["leader"] = leader.Node.Value;
            info.Metadata["leader_endpoint"] = leader.Grpc?.ToString() ?? string.Empty;
            info.Metadata["leader_epoch"] = leader.Epoch.ToString();
        }

        if (status.Diverging is { } diverging)
        {
            info.Metadata["diverging_offset"] = diverging.Offset.ToString();
            info.Metadata["diverging_epoch"] = diverging.Epoch.ToString();
        }

        Status details = new() { Code = (int)status.Code, Message = status.Message, Details = { Any.Pack(info) } };
        return Convert.ToBase64String(details.ToByteArray());
    }
}
