using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using GoQueue.Harness.Clusters;
using GoQueue.Testing;

namespace GoQueue.Server.Tests.Processes;

/// <summary>Three real processes on loopback are one cluster: they form it by themselves, agree on what is decided, and survive the loss of the one that leads.</summary>
public sealed class ClusterProcessTests : IDisposable
{
    private static readonly string[] Nodes = ["n1", "n2", "n3"];

    private readonly TempFolder folder = new();
    private readonly int[] ports = LoopbackPorts.Take(3);
    private readonly Dictionary<string, ServerProcessHandle> running = [];
    private readonly Dictionary<string, HttpClient> clients = [];

    public void Dispose()
    {
        foreach (ServerProcessHandle node in running.Values)
        {
            node.Dispose();
        }

        foreach (HttpClient client in clients.Values)
        {
            client.Dispose();
        }

        folder.Dispose();
    }

    [Fact]
    public async Task They_form_one_cluster_survive_the_kill_of_its_leader_and_take_a_wiped_node_back()
    {
        Start("n1");
        Start("n2");
        await Eventually.TrueAsync(() => Log("n1").Contains("not been heard: n3", StringComparison.Ordinal), "two of three wait, and say for whom");
        Start("n3");
        foreach (string node in Nodes)
        {
            await ReadyAsync(node);
        }

        await CreateAsync("n1", "first");
        await SeenAsync("first", Nodes);

        string leader = Leader();
        string[] rest = [.. Nodes.Where(node => node != leader)];
        running[leader].Signal("KILL");
        await running[leader].EndAsync();
        await CreateAsync(rest[0], "second");
        await SeenAsync("second", rest);

        Directory.Delete(Path.Combine(folder.Path, leader), recursive: true);
        Start(leader);
        await ReadyAsync(leader);
        await SeenAsync("second", Nodes);
        Assert.Contains("Joined the cluster", Log(leader), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_replicated_partition_acknowledged_survives_the_kill_of_its_leader()
    {
        Array.ForEach(Nodes, Start);
        foreach (string node in Nodes)
        {
            await ReadyAsync(node);
        }

        await CreateAsync("n1", "orders", replicas: 3);
        await SeenAsync("orders", Nodes);
        await Eventually.TrueAsync(async () => await PublishAsync("n1", "before") == HttpStatusCode.OK, "a message is acknowledged");
        JsonElement topic = await clients["n1"].GetFromJsonAsync<JsonElement>(new Uri("/v1/topics/orders", UriKind.Relative));
        string leader = topic.GetProperty("partitions")[0].GetProperty("leader").GetString()!;
        running[leader].Signal("KILL");
        await running[leader].EndAsync();
        string other = Nodes.First(node => node != leader);
        await Eventually.TrueAsync(async () => await PublishAsync(other, "after") == HttpStatusCode.OK, "another one leads and acknowledges");
        JsonElement read = await clients[other].GetFromJsonAsync<JsonElement>(new Uri("/v1/topics/orders/partitions/0/messages?offset=0", UriKind.Relative));
        string[] values = [.. read.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("value").GetString()!)];
        Assert.Equal("before", values[0]);
        Assert.Contains("after", values);
    }

    [Fact]
    public async Task A_cluster_that_was_stopped_comes_back_with_what_it_decided()
    {
        Array.ForEach(Nodes, Start);
        foreach (string node in Nodes)
        {
            await ReadyAsync(node);
        }

        await CreateAsync("n2", "kept");
        foreach (string node in Nodes)
        {
            running[node].Signal("TERM");
            Assert.Equal(0, (await running[node].EndAsync()).ExitCode);
        }

        Array.ForEach(Nodes, Start);
        foreach (string node in Nodes)
        {
            await ReadyAsync(node);
        }

        await SeenAsync("kept", Nodes);
    }

    private void Start(string node)
    {
        if (running.Remove(node, out ServerProcessHandle? before))
        {
            before.Dispose();
        }

        int index = Array.IndexOf(Nodes, node);
        running[node] = ServerProcessHandle.Start(
            "--data", Path.Combine(folder.Path, node), "--node-id", node, "--http-port", "0", "--grpc-port", "0", "--metrics-port", "0", "--peer-port", $"{ports[index]}",
            "--peers", string.Join(',', Nodes.Select((name, i) => $"{name}=127.0.0.1:{ports[i]}")));
    }

    private async Task ReadyAsync(string node)
    {
        HttpClient client = await running[node].ReadyAsync();
        if (clients.Remove(node, out HttpClient? before))
        {
            before.Dispose();
        }

        clients[node] = client;
    }

    private string Log(string node) => running[node].Errors;

    /// <summary>Whom the nodes heard last as the leader of the quorum.</summary>
    private string Leader() => Nodes.SelectMany(node => Log(node).Split('\n')).Where(line => line.Contains("leader n", StringComparison.Ordinal))
        .OrderBy(line => line[..24], StringComparer.Ordinal).Select(line => line.Split("leader ")[1][..2]).Last();

    /// <summary>Retriable refusals are repeated, as a client would.</summary>
    private Task CreateAsync(string node, string topic, int replicas = 1) => Eventually.TrueAsync(
        async () =>
        {
            using StringContent body = new($$"""{"name":"{{topic}}","partitions":1,"replicationFactor":{{replicas}}}""", Encoding.UTF8, "application/json");
            using HttpResponseMessage answer = await clients[node].PostAsync(new Uri("/v1/topics", UriKind.Relative), body);
            return answer.StatusCode is HttpStatusCode.Created or HttpStatusCode.Conflict;
        },
        $"topic {topic} is created by way of {node}");

    private async Task<HttpStatusCode> PublishAsync(string node, string value)
    {
        using StringContent body = new($$"""{"value":"{{value}}"}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await clients[node].PostAsync(new Uri("/v1/topics/orders/publish", UriKind.Relative), body);
        return answer.StatusCode;
    }

    private async Task SeenAsync(string topic, string[] nodes)
    {
        foreach (string node in nodes)
        {
            await Eventually.TrueAsync(
                async () => (await clients[node].GetAsync(new Uri($"/v1/topics/{topic}", UriKind.Relative))).StatusCode == HttpStatusCode.OK, $"topic {topic} shows on {node}");
        }
    }
}
