using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using GoQueue.Server.Tests.Fixtures;

namespace GoQueue.Server.Tests.Hosting;

/// <summary>Callers that do not keep to the protocol, over plain sockets.</summary>
public sealed class ConnectionTests
{
    [Fact]
    public async Task Half_a_request_and_then_silence_is_cut_after_the_header_timeout()
    {
        await using TestNode node = await TestNode.StartAsync(["http.header-timeout=1s"]);
        using Socket socket = await ConnectAsync(node);
        await SendAsync(socket, "GET /health HTTP/1.1\r\nho");
        Assert.StartsWith("HTTP/1.1 408", await ReadToEndAsync(socket), StringComparison.Ordinal);
    }

    /// <summary>The gRPC listener speaks HTTP/2 only: what begins otherwise, or does not go on, has the header time-out and no more.</summary>
    [Fact]
    public async Task Callers_of_grpc_without_an_http2_preface_are_cut_after_the_header_timeout()
    {
        await using TestNode node = await TestNode.StartAsync(["http.header-timeout=1s", "http.idle-timeout=1h"]);
        string[] beginnings = ["", "PRI * HTTP/2.0\r\n\r\n", "PRI * HTTP/1.1 and never an end of this line", "\u0016\u0003\u0001 not http at all"];
        await Task.WhenAll(beginnings.Select(async bytes =>
        {
            using Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(node.Host.Addresses.Grpc);
            await SendAsync(socket, bytes);
            Stopwatch watch = Stopwatch.StartNew();
            await ReadToEndAsync(socket);
            Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(30));
        }));
    }

    [Fact]
    public async Task A_caller_of_grpc_by_http1_is_told_so()
    {
        await using TestNode node = await TestNode.StartAsync();
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(node.Host.Addresses.Grpc);
        await SendAsync(socket, "GET / HT");
        await SendAsync(socket, "TP/1.1\r\nhost: x\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400", await ReadToEndAsync(socket), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_a_body_stores_nothing_and_is_cut()
    {
        await using TestNode node = await TestNode.StartAsync();
        await node.CreateTopicAsync("half");
        using Socket socket = await ConnectAsync(node);
        await SendAsync(socket, "POST /v1/topics/half/publish HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"value\":\"par");
        string answer = await ReadToEndAsync(socket);
        Assert.Contains(" 408 ", answer, StringComparison.Ordinal);
        Assert.Equal(0, (await node.ReadAsync("half")).GetProperty("highWatermark").GetInt64());
    }

    [Fact]
    public async Task Two_thousand_idle_connections_do_no_harm()
    {
        await using TestNode node = await TestNode.StartAsync();
        await node.CreateTopicAsync("busy");
        List<Socket> idle = [];
        try
        {
            for (int i = 0; i < 2000; i++)
            {
                idle.Add(await ConnectAsync(node));
            }

            Stopwatch watch = Stopwatch.StartNew();
            for (int i = 0; i < 50; i++)
            {
                Assert.Equal(i, await node.PublishAsync("busy", """{"value":"beside them"}"""));
            }

            Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        }
        finally
        {
            idle.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task More_connections_than_allowed_are_closed_and_the_others_go_on()
    {
        await using TestNode node = await TestNode.StartAsync(["http.max-connections=3"]);
        await node.CreateTopicAsync("few"); // the client's own connection
        using Socket first = await ConnectAsync(node);
        using Socket second = await ConnectAsync(node);
        await SendAsync(second, "GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
        byte[] some = new byte[12];
        await second.ReceiveAsync(some);
        Assert.Equal("HTTP/1.1 200", Encoding.ASCII.GetString(some));
        Assert.Equal(string.Empty, await SaidAtOnceAsync(node));
        await node.PublishAsync("few", """{"value":1}""");
    }

    [Theory]
    [InlineData("GET /health HTTP/1.1\r\nhost: x\r\nbig: {0}\r\n\r\n", 431)]
    [InlineData("GET /{0} HTTP/1.1\r\nhost: x\r\n\r\n", 414)]
    [InlineData("GET /v1/topics/a%00b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 400)]
    [InlineData("GET /v1/topics/%2e%2e%2f%2e%2e%2fetc HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 400)]
    [InlineData("GET /v1/topics/..%5c..%5cetc HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 400)]
    [InlineData("GET /v1/topics/%252e%252e HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 400)]
    [InlineData("GET /v1/topics/../../etc/passwd HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 404)]
    [InlineData("GET /v1/topics/%6Fne HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 200)]
    [InlineData("POST /v1/topics HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n{}", 415)]
    [InlineData("POST /v1/topics HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n", 400)]
    [InlineData("POST /v1/topics HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n", 415)]
    [InlineData("GET / HTTP/9.9\r\n\r\n", 505)]
    [InlineData("\u0016\u0003\u0001 not http at all\r\n\r\n", 400)]
    public async Task Odd_requests_are_refused_and_the_server_stays_up(string request, int status)
    {
        await using TestNode node = await TestNode.StartAsync();
        await node.CreateTopicAsync("one");
        using Socket socket = await ConnectAsync(node);
        try
        {
            await SendAsync(socket, request.Replace("{0}", new string('x', 64 << 10), StringComparison.Ordinal));
        }
        catch (SocketException)
        {
            // The server may hang up before it has all of it.
        }

        Assert.StartsWith($"HTTP/1.1 {status}", await ReadToEndAsync(socket), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await node.SendAsync("GET", "/ready")).Status);
    }

    [Fact]
    public async Task Bodies_beyond_the_memory_for_them_are_refused_as_overload()
    {
        await using TestNode node = await TestNode.StartAsync(["http.max-body-bytes=1MiB", "http.body-memory=1MiB"]);
        await node.CreateTopicAsync("tight");
        using Socket holder = await ConnectAsync(node);
        await SendAsync(holder, "POST /v1/topics/tight/publish HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1048576\r\n\r\n{");
        await GoQueue.Testing.Eventually.TrueAsync(() => node.BodyMemory.HeldBytes > 0, "the first body is held");
        (await node.SendAsync("POST", "/v1/topics/tight/publish", """{"value":1}""")).IsRefused(HttpStatusCode.TooManyRequests, "OVERLOADED");
        holder.Dispose();
        await GoQueue.Testing.Eventually.TrueAsync(() => node.BodyMemory.HeldBytes == 0, "its memory is given back");
        await node.PublishAsync("tight", """{"value":1}""");
    }

    /// <summary>
    /// Goal: a caller that asks for much and never reads is cut, and what was read for it is given back. Method: an answer beyond what the
    /// kernel's buffers take, every buffer noted on its way; the tail cache is off, so that nobody else holds them.
    /// </summary>
    [Fact]
    public async Task A_reader_that_takes_nothing_is_cut_and_holds_no_memory()
    {
        NotingPartitions? noting = null;
        await using TestNode node = await TestNode.StartAsync(
            ["http.write-timeout=2s", "storage.tail-cache=0"],
            broker => broker with { Routes = null, Partitions = noting = new NotingPartitions(broker.Partitions) });
        await node.CreateTopicAsync("large");
        for (int i = 0; i < 16; i++)
        {
            await node.PublishAsync("large", $$"""{"value":"{{new string('x', 1_000_000)}}"}""");
        }

        using Socket deaf = new(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await deaf.ConnectAsync(node.Host.Addresses.Http);
        Stopwatch watch = Stopwatch.StartNew();
        await SendAsync(deaf, "GET /v1/topics/large/partitions/0/messages?offset=0&limit=100&maxBytes=16777216 HTTP/1.1\r\nhost: x\r\n\r\n");
        await GoQueue.Testing.Eventually.TrueAsync(() => noting!.Held > 0, "the answer is read for it");
        await GoQueue.Testing.Eventually.TrueAsync(() => noting!.Held == 0, "its memory is given back");
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        Assert.InRange((await ReadToEndAsync(deaf)).Length, 1, 15_000_000); // what was under way, and then the end
    }

    private static async Task<Socket> ConnectAsync(TestNode node)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(node.Host.Addresses.Http);
        return socket;
    }

    private static async Task SendAsync(Socket socket, string text) => await socket.SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>What a connection that sends nothing is told; it may be hung up on before it knows that it is connected.</summary>
    private static async Task<string> SaidAtOnceAsync(TestNode node)
    {
        try
        {
            using Socket socket = await ConnectAsync(node);
            return await ReadToEndAsync(socket);
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            return string.Empty;
        }
    }

    private static async Task<string> ReadToEndAsync(Socket socket)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(60));
        StringBuilder text = new();
        byte[] buffer = new byte[4096];
        try
        {
            int read;
            while ((read = await socket.ReceiveAsync(buffer, deadline.Token)) > 0)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (SocketException)
        {
            // Reset: the server has hung up.
        }

        return text.ToString();
    }
}
