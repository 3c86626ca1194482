using GoQueue.Core;
using GoQueue.Server.Errors;

namespace GoQueue.Server.Grpc.Protocol;

/// <summary>How a call ended. A refusal of the broker keeps its <see cref="ErrorCode"/>; one of the protocol itself has none.</summary>
internal readonly record struct GrpcStatus(GrpcStatusCode Code, string Message, ErrorCode Cause = ErrorCode.None)
{
    public static readonly GrpcStatus Ok = new(GrpcStatusCode.Ok, string.Empty);

    public bool IsOk => Code == GrpcStatusCode.Ok;

    public static GrpcStatus Of(Error error) => new((GrpcStatusCode)ErrorMapping.ToGrpcStatus(error.Code), error.Detail, error.Code);

    public static GrpcStatus Of(ErrorCode code, string detail) => Of(new Error(code, detail));

    public static implicit operator GrpcStatus(Error error) => Of(error);
}
