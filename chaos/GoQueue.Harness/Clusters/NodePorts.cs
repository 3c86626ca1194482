using System.Net;
using System.Net.Sockets;

namespace GoQueue.Harness.Clusters;

/// <summary>The address and ports of one node on loopback, known before it starts so that the others can be told.</summary>
internal sealed record NodePorts(int Http, int Grpc, int Metrics, int Peer)
{
    // Below the range from which the system draws the ports of outgoing connections: a port of a node that is down for a while stays free.
    private const int First = 16_000;
    private const int Last = 32_000;

    private static readonly HashSet<int> Taken = [];
    private static readonly Lock Gate = new();

    public string Host { get; init; } = "127.0.0.1";

    public Uri HttpAddress => new($"http://{Host}:{Http}");

    public string GrpcEndpoint => $"{Host}:{Grpc}";

    public static NodePorts Take() => new(Free(), Free(), Free(), Free());

    private static int Free()
    {
        lock (Gate)
        {
            for (int attempt = 0; attempt < 1000; attempt++)
            {
                int port = Random.Shared.Next(First, Last);
                if (!Taken.Contains(port) && CanListen(port))
                {
                    Taken.Add(port);
                    return port;
                }
            }
        }

        throw new HarnessException($"no free port between {First} and {Last}");
    }

    private static bool CanListen(int port)
    {
        try
        {
            using TcpListener listener = new(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
