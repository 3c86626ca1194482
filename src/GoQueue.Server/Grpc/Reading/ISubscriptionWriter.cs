using GoQueue.Broker.Requests;
using GoQueue.Server.Grpc.Protocol;

namespace GoQueue.Server.Grpc.Reading;

/// <summary>Turns fetch results into responses of a subscription.</summary>
internal interface ISubscriptionWriter : IDisposable
{
    /// <summary>True once the client has as many messages as it asked for.</summary>
    bool IsDone { get; }

    /// <summary>Writes and flushes; does not keep the result. Not OK: the subscription ends with this status.</summary>
    ValueTask<GrpcStatus> WriteAsync(FetchResult result);
}
