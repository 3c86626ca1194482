using System.Net;
using System.Net.Sockets;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>Bytes to a port, and what comes back.</summary>
internal static class RawConnection
{
    /// <summary>Sends and reads until the other side closes or <paramref name="patience"/> is over; answers what came and whether it was closed.</summary>
    public static async Task<(byte[] Answer, bool IsClosed)> SendAsync(int port, byte[] bytes, TimeSpan patience, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        using MemoryStream answer = new();
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), limit.Token);
            await socket.SendAsync(bytes, limit.Token);
            byte[] buffer = new byte[4096];
            while (true)
            {
                int read = await socket.ReceiveAsync(buffer, limit.Token);
                if (read == 0)
                {
                    return (answer.ToArray(), true);
                }

                answer.Write(buffer, 0, read);
            }
        }
        catch (SocketException)
        {
            return (answer.ToArray(), true); // reset
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (answer.ToArray(), false);
        }
    }
}
