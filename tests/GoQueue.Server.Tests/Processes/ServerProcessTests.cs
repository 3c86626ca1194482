using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using GoQueue.Server.Hosting;
using GoQueue.Testing;

namespace GoQueue.Server.Tests.Processes;

public sealed class ServerProcessTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Data => Path.Combine(folder.Path, "data");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task It_announces_itself_serves_stops_cleanly_and_starts_again_with_its_data()
    {
        using (ServerProcessHandle server = ServerProcessHandle.StartOn(Data, "--log-format", "json"))
        {
            using HttpClient http = await server.ReadyAsync();
            await PostAsync(http, "/v1/topics", """{"name":"t","partitions":1}""", HttpStatusCode.Created);
            await PostAsync(http, "/v1/topics/t/publish", """{"value":"kept"}""", HttpStatusCode.OK);
            server.Signal("TERM");
            (int code, string rest) = await server.EndAsync();
            Assert.Equal((0, string.Empty), (code, rest));
            Assert.All(server.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => JsonSerializer.Deserialize<JsonElement>(line));
            Assert.Contains("marked clean", server.Errors, StringComparison.Ordinal);
        }

        using ServerProcessHandle again = ServerProcessHandle.StartOn(Data);
        using HttpClient next = await again.ReadyAsync();
        Assert.Equal(["kept"], await ValuesAsync(next));
        again.Signal("INT");
        Assert.Equal(0, (await again.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task Killed_in_the_middle_of_a_load_it_keeps_every_acknowledged_message_once_and_in_order()
    {
        ConcurrentQueue<int> acknowledged = new();
        using (ServerProcessHandle server = ServerProcessHandle.StartOn(Data))
        {
            using HttpClient http = await server.ReadyAsync();
            await PostAsync(http, "/v1/topics", """{"name":"t","partitions":1}""", HttpStatusCode.Created);
            await LoadAsync(http, acknowledged, killAfter: 200, server);
            await server.EndAsync();
        }

        using ServerProcessHandle again = ServerProcessHandle.StartOn(Data);
        using HttpClient next = await again.ReadyAsync();
        List<int> stored = [.. (await ValuesAsync(next)).Select(int.Parse)];
        Assert.Equal(stored.Order(), stored);
        Assert.Distinct(stored);
        Assert.Empty(acknowledged.Except(stored));
        await PostAsync(next, "/v1/topics/t/publish", """{"value":"1000000"}""", HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_second_start_on_the_same_data_is_refused_and_the_first_goes_on()
    {
        using ServerProcessHandle first = ServerProcessHandle.StartOn(Data);
        using HttpClient http = await first.ReadyAsync();
        using ServerProcessHandle second = ServerProcessHandle.StartOn(Data);
        Assert.Equal((ExitCodes.DataDirectoryRefused, string.Empty), await second.EndAsync());
        Assert.Contains("is in use by another process", second.Errors, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/ready", UriKind.Relative))).StatusCode);
    }

    [Fact]
    public async Task The_data_of_another_node_is_refused()
    {
        using (ServerProcessHandle first = ServerProcessHandle.StartOn(Data, "--node-id", "alpha"))
        {
            (await first.ReadyAsync()).Dispose();
            first.Signal("TERM");
            Assert.Equal(0, (await first.EndAsync()).ExitCode);
        }

        using ServerProcessHandle other = ServerProcessHandle.StartOn(Data, "--node-id", "beta");
        Assert.Equal(ExitCodes.DataDirectoryRefused, (await other.EndAsync()).ExitCode);
        Assert.Contains("belongs to node 'alpha'", other.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Three_mistakes_in_the_file_are_all_reported_and_nothing_is_made()
    {
        string file = Path.Combine(folder.Path, "goqueue.yaml");
        await File.WriteAllTextAsync(file, $"data: {Data}\nhttp-prot: 1\ngrpc-port: 70000\nstorage:\n  tail-cache: lots\n");
        using ServerProcessHandle server = ServerProcessHandle.Start("--config", file);
        Assert.Equal((ExitCodes.BadConfiguration, string.Empty), await server.EndAsync());
        Assert.Contains("has 3 mistakes", server.Errors, StringComparison.Ordinal);
        Assert.Contains($"{file}:2", server.Errors, StringComparison.Ordinal);
        Assert.Contains($"{file}:3", server.Errors, StringComparison.Ordinal);
        Assert.Contains($"{file}:5", server.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task A_taken_port_is_said_plainly()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        using ServerProcessHandle server = ServerProcessHandle.Start(
            "--data", Data, "--http-port", port.ToString(), "--grpc-port", "0", "--metrics-port", "0", "--peer-port", "0");
        Assert.Equal(ExitCodes.Failed, (await server.EndAsync()).ExitCode);
        Assert.Contains($"{port}", server.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", server.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--version", "goqueue-server ")]
    [InlineData("--help", "Usage: goqueue-server")]
    [InlineData("--print-config", "http-port: 8080 # default")]
    public async Task Questions_are_answered_on_standard_output(string flag, string expected)
    {
        using ServerProcessHandle server = ServerProcessHandle.Start(flag);
        (int code, string output) = await server.EndAsync();
        Assert.Equal(0, code);
        Assert.Contains(expected, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_signal_ends_it_at_once()
    {
        using ServerProcessHandle server = ServerProcessHandle.StartOn(Data, "--shutdown-timeout", "10m");
        using HttpClient http = await server.ReadyAsync();
        using Socket stuck = new(SocketType.Stream, ProtocolType.Tcp);
        await stuck.ConnectAsync(IPAddress.Loopback, http.BaseAddress!.Port);
        await PostAsync(http, "/v1/topics", """{"name":"t"}""", HttpStatusCode.Created);
        await stuck.SendAsync(Encoding.ASCII.GetBytes("POST /v1/topics/t/publish HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n"));
        await stuck.ReceiveAsync(new byte[9]); // it reads the body now, which never comes
        server.Signal("TERM");
        await Eventually.TrueAsync(() => server.Errors.Contains("Told to stop", StringComparison.Ordinal), "the first signal is taken");
        server.Signal("TERM");
        Assert.Equal(ExitCodes.Aborted, (await server.EndAsync()).ExitCode);
    }

    /// <summary>Publishes without end from here, while the kill comes from another thread once enough is acknowledged.</summary>
    private static async Task LoadAsync(HttpClient http, ConcurrentQueue<int> acknowledged, int killAfter, ServerProcessHandle server)
    {
        try
        {
            for (int i = 0; ; i++)
            {
                if (i == killAfter)
                {
                    _ = ThreadPool.QueueUserWorkItem(_ => server.Process.Kill());
                }

                await PostAsync(http, "/v1/topics/t/publish", $$"""{"value":{{i}}}""", HttpStatusCode.OK);
                acknowledged.Enqueue(i);
            }
        }
        catch (HttpRequestException)
        {
            // The server is gone: whether the last one was stored is not known, and it was not acknowledged.
        }
    }

    private static async Task PostAsync(HttpClient http, string path, string body, HttpStatusCode expected)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await http.PostAsync(new Uri(path, UriKind.Relative), content);
        Assert.Equal(expected, response.StatusCode);
    }

    private static async Task<string[]> ValuesAsync(HttpClient http)
    {
        string text = await http.GetStringAsync(new Uri("/v1/topics/t/partitions/0/messages?limit=10000&maxBytes=16777216", UriKind.Relative));
        return [.. JsonSerializer.Deserialize<JsonElement>(text).GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("value").GetString()!)];
    }
}
