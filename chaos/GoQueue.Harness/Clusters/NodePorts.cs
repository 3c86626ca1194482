namespace GoQueue.Harness.Clusters;

/// <summary>The address and ports of one node on loopback, known before it starts so that the others can be told.</summary>
internal sealed record NodePorts(int Http, int Grpc, int Metrics, int Peer)
{
    public string Host { get; init; } = "127.0.0.1";

    public Uri HttpAddress => new($"http://{Host}:{Http}");

    public Uri MetricsAddress => new($"http://{Host}:{Metrics}");

    public string GrpcEndpoint => $"{Host}:{Grpc}";

    public static NodePorts Take() => new(LoopbackPorts.Take(), LoopbackPorts.Take(), LoopbackPorts.Take(), LoopbackPorts.Take());
}
