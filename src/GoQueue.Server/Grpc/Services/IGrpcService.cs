using GoQueue.Server.Grpc.Protocol;

namespace GoQueue.Server.Grpc.Services;

/// <summary>A service by its methods.</summary>
internal interface IGrpcService
{
    IEnumerable<GrpcMethod> Methods { get; }
}
