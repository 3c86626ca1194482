using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using GoQueue.Chaos.Networks;
using GoQueue.Testing;

namespace GoQueue.Chaos.Tests.Networks;

/// <summary>The proxy's manners, with an echo behind it.</summary>
public sealed class LinkProxyTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TcpListener echo = new(IPAddress.Loopback, 0);
    private readonly List<Socket> sockets = [];
    private readonly LinkProxy proxy;
    private readonly Task echoing;
    private readonly TaskCompletionSource heard = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LinkProxyTests()
    {
        echo.Start();
        proxy = new LinkProxy(IPAddress.Loopback, (IPEndPoint)echo.LocalEndpoint);
        echoing = EchoAsync();
    }

    [Fact]
    public async Task Plain_it_carries_everything_both_ways_in_order()
    {
        Socket socket = await ConnectAsync();
        byte[] sent = new byte[300_000];
        new Random(1).NextBytes(sent);
        Task sending = SendAsync(socket, sent);
        Assert.Equal(sent, await ReadAsync(socket, sent.Length));
        await sending;
        Assert.Equal(1, proxy.Connections);
        Assert.Equal(2 * sent.Length, proxy.Bytes);
    }

    [Fact]
    public async Task Delayed_every_byte_comes_later_each_way()
    {
        proxy.Manners = new LinkManners { Delay = TimeSpan.FromMilliseconds(150) };
        Socket socket = await ConnectAsync();
        long began = Stopwatch.GetTimestamp();
        await SendAsync(socket, [1, 2, 3]);
        Assert.Equal([1, 2, 3], await ReadAsync(socket, 3));
        Assert.True(Stopwatch.GetElapsedTime(began) >= TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public async Task Stalled_nothing_comes_until_it_goes_on_and_then_nothing_is_missing()
    {
        Socket socket = await ConnectAsync();
        proxy.Manners = new LinkManners { IsStalled = true };
        await SendAsync(socket, [7]);
        Task<byte[]> reading = ReadAsync(socket, 1);
        await Eventually.TrueAsync(() => proxy.Held >= 3, "the byte is there and is held back, again and again");
        Assert.Equal((0L, false), (proxy.Bytes, reading.IsCompleted));
        proxy.Manners = LinkManners.Plain;
        Assert.Equal([7], await reading);
    }

    [Fact]
    public async Task With_lost_replies_the_request_arrives_and_the_sender_sees_a_reset()
    {
        Socket socket = await ConnectAsync();
        proxy.Manners = new LinkManners { LoseRepliesAndReset = TimeSpan.FromMilliseconds(50) };
        await SendAsync(socket, [9]);
        await heard.Task.WaitAsync(Patience);
        await Assert.ThrowsAsync<SocketException>(async () => await ReadAsync(socket, 1));
    }

    [Fact]
    public async Task A_reset_ends_what_is_there_and_new_connections_come_through()
    {
        Socket socket = await ConnectAsync();
        await SendAsync(socket, [1]);
        await ReadAsync(socket, 1);
        proxy.Reset();
        await Assert.ThrowsAsync<SocketException>(async () => await ReadAsync(socket, 1));

        Socket again = await ConnectAsync();
        await SendAsync(again, [2]);
        Assert.Equal([2], await ReadAsync(again, 1));
    }

    public async ValueTask DisposeAsync()
    {
        sockets.ForEach(socket => socket.Dispose());
        await proxy.DisposeAsync();
        echo.Stop();
        await echoing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        echo.Dispose();
    }

    private static async Task SendAsync(Socket socket, byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent));
        }
    }

    private static async Task<byte[]> ReadAsync(Socket socket, int count)
    {
        using CancellationTokenSource limit = new(Patience);
        byte[] bytes = new byte[count];
        for (int read = 0; read < count;)
        {
            int more = await socket.ReceiveAsync(bytes.AsMemory(read), limit.Token);
            Assert.NotEqual(0, more);
            read += more;
        }

        return bytes;
    }

    private async Task<Socket> ConnectAsync()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        sockets.Add(socket);
        await socket.ConnectAsync(IPAddress.Loopback, proxy.Port);
        return socket;
    }

    private async Task EchoAsync()
    {
        while (true)
        {
            Socket socket = await echo.AcceptSocketAsync();
            _ = EchoAsync(socket);
        }
    }

    private async Task EchoAsync(Socket socket)
    {
        using (socket)
        {
            byte[] buffer = new byte[4096];
            try
            {
                while (await socket.ReceiveAsync(buffer) is > 0 and int count)
                {
                    heard.TrySetResult();
                    await SendAsync(socket, buffer[..count]);
                }
            }
            catch (SocketException)
            {
                // Reset: what these tests are about.
            }
        }
    }
}
