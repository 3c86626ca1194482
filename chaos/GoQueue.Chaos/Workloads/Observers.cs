using System.Globalization;
using System.Text.Json;
using GoQueue.Harness.Clusters;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.Chaos.Workloads;

/// <summary>Looks at the metadata of every node all the time: who leads what, and how far it has applied the metadata.</summary>
internal sealed class Observers(Cluster cluster, WorkloadPlan plan, IHistoryRecorder recorder)
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.WhenAll(cluster.Nodes.Where(node => node.Serves).Select(LookAsync));
            await Task.Delay(Between, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What one node knows now; nothing when it does not answer.</summary>
    public async Task LookAsync(Node node)
    {
        string boot = node.ProcessId.ToString(CultureInfo.InvariantCulture);
        RestAnswer topic = await cluster.Rest.SendAsync(node, HttpMethod.Get, $"/v1/topics/{plan.Topic}", null, Patience, CancellationToken.None);
        if (topic.IsOk)
        {
            foreach (JsonElement partition in topic.Body.GetProperty("partitions").EnumerateArray())
            {
                recorder.Observe(Operation.Leader, LeaderOf(partition, boot), node.Id);
            }
        }

        RestAnswer state = await cluster.Rest.SendAsync(node, HttpMethod.Get, "/v1/admin/cluster", null, Patience, CancellationToken.None);
        if (state.IsOk)
        {
            recorder.Observe(Operation.Metadata, new MetadataValue { Version = state.Body.GetProperty("metadataVersion").GetInt64(), Boot = boot }, node.Id);
            JsonElement quorum = state.Body.GetProperty("quorum");
            if (quorum.TryGetProperty("leader", out JsonElement leader) && leader.ValueKind == JsonValueKind.String && leader.GetString() == node.Id)
            {
                recorder.Observe(Operation.Raft, new RaftValue { Fact = RaftFact.Leads, Term = quorum.GetProperty("term").GetInt64() }, node.Id);
            }
        }
    }

    private LeaderValue LeaderOf(JsonElement partition, string boot) => new()
    {
        Topic = plan.Topic,
        Partition = partition.GetProperty("partition").GetInt32(),
        Leader = partition.GetProperty("leader").GetString() is { Length: > 0 } leader ? leader : null,
        LeaderEpoch = partition.GetProperty("leaderEpoch").GetInt64(),
        PartitionEpoch = partition.GetProperty("partitionEpoch").GetInt64(),
        InSync = Names(partition, "inSync"),
        Eligible = Names(partition, "eligibleLeaders"),
        Boot = boot,
    };

    private static string[] Names(JsonElement partition, string name) => [.. partition.GetProperty(name).EnumerateArray().Select(node => node.GetString()!)];
}
