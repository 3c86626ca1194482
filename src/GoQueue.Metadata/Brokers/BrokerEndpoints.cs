using System.Text;
using GoQueue.Core;

namespace GoQueue.Metadata.Brokers;

/// <summary>Where a broker listens, as others reach it.</summary>
/// <param name="Peer">Other brokers.</param>
/// <param name="Http">REST clients.</param>
/// <param name="Grpc">gRPC clients.</param>
public sealed record BrokerEndpoints(Endpoint Peer, Endpoint Http, Endpoint Grpc)
{
    public Error? Validate() => Peer.Validate() ?? Http.Validate() ?? Grpc.Validate();
}

/// <param name="Host">A DNS name or IP address, 1 to 253 ASCII characters.</param>
/// <param name="Port">0 when it does not listen, else 1 to 65535.</param>
public sealed record Endpoint(string Host, int Port)
{
    public const int MaxHostLength = 253;

    public Error? Validate() =>
        Host is { Length: >= 1 and <= MaxHostLength } && Ascii.IsValid(Host) && Port is >= 0 and <= 65535
            ? null
            : new Error(ErrorCode.InvalidArgument, $"an endpoint has a host of 1 to {MaxHostLength} ASCII characters and a port up to 65535, not '{Host}:{Port}'");

    public override string ToString() => $"{Host}:{Port}";
}
