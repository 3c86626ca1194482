using System.Globalization;
using System.Text.Json;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.Chaos.Workloads;

/// <summary>
/// Topics as registers: created, deleted, and one setting of them changed by compare-and-set, over REST at nodes drawn. A change names the version of the topic that was read
/// before, and versions are never used twice, so a change that went through replaced exactly the value that was read.
/// </summary>
internal sealed class Registers(Cluster cluster, WorkloadPlan plan, IHistoryRecorder recorder, int client, int topics, double perSecond, Random random)
{
    public const string Key = "retentionMs";
    private const int LeastValue = 1_000_000;
    private const int MostClients = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private int values = 1;

    public async Task RunAsync(CancellationToken stop)
    {
        ClientProcess process = new(recorder);
        Pace pace = new(perSecond);
        try
        {
            while (true)
            {
                await pace.DueAsync(stop);
                string topic = NameOf(random.Next(topics));
                Node node = cluster.Nodes[random.Next(cluster.Nodes.Count)];
                await (random.Next(6) switch
                {
                    0 or 1 => CreateAsync(process, node, topic),
                    2 => DeleteAsync(process, node, topic),
                    _ => ChangeAsync(process, node, topic),
                });
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop between two changes.
        }
    }

    private async Task CreateAsync(ClientProcess process, Node node, string topic)
    {
        TopicValue value = new() { Topic = topic };
        process.Invoke(Operation.Create, value);
        RestAnswer answer = await SendAsync(node, HttpMethod.Post, "/v1/topics", new { name = topic, partitions = 1, settings = new { retentionMs = LeastValue } });
        if (answer.IsOk)
        {
            process.Ok(Operation.Create, value with { Id = answer.Text("id") }, node.Id);
        }
        else
        {
            process.Refused(Road.RestAdmin, Operation.Create, value, answer);
        }
    }

    private async Task DeleteAsync(ClientProcess process, Node node, string topic)
    {
        TopicValue value = new() { Topic = topic };
        process.Invoke(Operation.Delete, value);
        RestAnswer answer = await SendAsync(node, HttpMethod.Delete, $"/v1/topics/{topic}", null);
        if (answer.IsOk)
        {
            process.Ok(Operation.Delete, value, node.Id);
        }
        else
        {
            process.Refused(Road.RestAdmin, Operation.Delete, value, answer);
        }
    }

    private async Task ChangeAsync(ClientProcess process, Node node, string topic)
    {
        // What this node knows may be old; then the change is refused by its version.
        RestAnswer now = await SendAsync(node, HttpMethod.Get, $"/v1/topics/{topic}", null);
        if (!now.IsOk || !now.Body.TryGetProperty("version", out JsonElement version))
        {
            return;
        }

        string expected = now.Body.GetProperty("settings").GetProperty(Key).GetInt64().ToString(CultureInfo.InvariantCulture);
        long next = LeastValue + (values++ * MostClients) + client; // never the same twice
        ConfigValue value = new() { Topic = topic, Key = Key, Expected = expected, Value = next.ToString(CultureInfo.InvariantCulture) };
        process.Invoke(Operation.CasConfig, value);
        RestAnswer answer = await SendAsync(node, HttpMethod.Patch, $"/v1/topics/{topic}", new { settings = new { retentionMs = next }, expectedVersion = version.GetInt64() });
        if (answer.IsOk)
        {
            process.Ok(Operation.CasConfig, value, node.Id);
        }
        else
        {
            process.Refused(Road.RestAdmin, Operation.CasConfig, value, answer);
        }
    }

    private string NameOf(int number) => $"{plan.Topic}-register-{number.ToString(CultureInfo.InvariantCulture)}";

    private Task<RestAnswer> SendAsync(Node node, HttpMethod method, string path, object? body) => cluster.Rest.SendAsync(node, method, path, body, Patience, CancellationToken.None);
}
