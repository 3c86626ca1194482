using System.Net;
using System.Net.Sockets;
using GoQueue.Harness.Clusters;

namespace GoQueue.Chaos.Tests.Clusters;

public sealed class RestTests : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);

    /// <summary>
    /// Found by a run of kill-all: a DELETE was carried out, the node was killed, and the runtime repeated the request on a new connection, which was refused. "No connection" was
    /// then taken for "never sent", and the deleted topic for an anomaly.
    /// </summary>
    [Fact]
    public async Task A_request_that_was_received_never_counts_as_unsent()
    {
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using Node node = new("n1", new NodePorts(port, 0, 0, 0), "", "", "") { IsRemote = true };
        using Rest rest = new(reusesConnections: false);
        Task<int> serving = ServeAsync();

        Assert.True((await rest.GetAsync(node, "/first", CancellationToken.None)).IsOk);
        RestAnswer second = await rest.SendAsync(node, HttpMethod.Delete, "/second", null, TimeSpan.FromSeconds(20), CancellationToken.None);
        Assert.Equal(2, await serving);
        Assert.False(second.IsUnsent);

        RestAnswer third = await rest.SendAsync(node, HttpMethod.Delete, "/third", null, TimeSpan.FromSeconds(20), CancellationToken.None);
        Assert.True(third.IsUnsent);
    }

    public void Dispose() => listener.Dispose();

    /// <summary>Answers the first request and keeps the connection open, takes the second and is gone. Answers how many it took.</summary>
    private async Task<int> ServeAsync()
    {
        byte[] buffer = new byte[4096];
        Socket first = await listener.AcceptSocketAsync();
        await first.ReceiveAsync(buffer);
        await first.SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"u8.ToArray());

        // The second comes on this connection or on a new one.
        Task<Socket> accepting = listener.AcceptSocketAsync();
        Task<int> receiving = first.ReceiveAsync(buffer);
        Task<int> more = Task.Run(async () => await receiving is > 0 and int count ? count : await (await accepting).ReceiveAsync(buffer));
        int bytes = await more;
        listener.Stop();
        first.Close();
        if (accepting.IsCompletedSuccessfully)
        {
            (await accepting).Close();
        }

        await ((Task)accepting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return bytes > 0 ? 2 : 1;
    }
}
