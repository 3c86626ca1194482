using System.Net;
using System.Net.Sockets;

namespace GoQueue.Harness.Clusters;

/// <summary>
/// Ports of loopback that must be known before their process starts. They lie below the range from which the system draws the ports of outgoing connections and of
/// listeners that ask for any: nobody takes one between the choice and the start, or while its process is down.
/// </summary>
internal static class LoopbackPorts
{
    private const int First = 10_000;
    private const int Last = 32_000;
    private const int Attempts = 1_000;

    private static readonly HashSet<int> Taken = [];
    private static readonly Lock Gate = new();

    /// <returns>That many different ports that nobody listens on and that were not given out in this process.</returns>
    /// <exception cref="HarnessException">There are none.</exception>
    public static int[] Take(int count) => [.. Enumerable.Range(0, count).Select(static _ => Take())];

    /// <inheritdoc cref="Take(int)"/>
    public static int Take()
    {
        lock (Gate)
        {
            for (int attempt = 0; attempt < Attempts; attempt++)
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
