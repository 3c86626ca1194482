using GoQueue.Harness;
using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>
/// Nodes that find each other by a DNS name, once by SRV records and once by addresses, with names that become known one after the other and one node whose
/// name server is late: one cluster forms, of all of them and not before, and a node that comes afterwards joins it.
/// </summary>
internal static class SeedDns
{
    private const string Name = "nodes.gq.test";

    public static async Task RunAsync(Stage stage)
    {
        await FormAsync(stage, "SRV records", (names, node) =>
        {
            names.AddService(Name, $"{node.Id}.gq.test", node.Ports.Peer);
            names.AddAddress($"{node.Id}.gq.test", node.Ports.Host);
        });

        // Addresses have no ports, so these nodes have the same one, each on an address of its own.
        int port = NodePorts.Take().Peer;
        await FormAsync(
            stage,
            "addresses",
            (names, node) => names.AddAddress(Name, node.Ports.Host),
            (ports, number) => ports with { Host = $"127.0.0.{number + 1}", Peer = port });
    }

    private static async Task FormAsync(Stage stage, string kind, Action<NameServer, Node> publish, Func<NodePorts, int, NodePorts>? place = null)
    {
        Cluster cluster = stage.EmptyCluster();
        using NameServer names = new();
        using NameServer late = new(); // knows nothing at first; the third node asks it
        Node[] nodes = [.. Enumerable.Range(1, 4).Select(number =>
        {
            NodePorts ports = NodePorts.Take();
            Node node = cluster.NewNode($"n{number}", ports: place?.Invoke(ports, number) ?? ports);
            node.Arguments = ["--seed-dns", $"{Name}:{node.Ports.Peer}", "--seed-dns-server", (number == 3 ? late : names).Address, "--expected-nodes", "3"];
            return node;
        })];

        // Two of three are known and there: nobody may form a cluster.
        Node[] first = nodes[..3];
        publish(names, nodes[0]);
        publish(names, nodes[1]);
        foreach (Node node in first)
        {
            cluster.Add(node);
            node.Launch();
        }

        int asked = names.Questions;
        await Wait.UntilAsync("nodes ask for the name again and again", TimeSpan.FromSeconds(30), () => Task.FromResult(names.Questions >= asked + 20 && late.Questions >= 10), stage.Cancelled);
        stage.FailIf(first.Any(node => node.Serves), $"{kind}: a node became ready although only two of three are known");

        // Now the name has all three; the third node still cannot resolve it, and is found by the others.
        publish(names, nodes[2]);
        foreach (Node node in first)
        {
            await node.ReadyAsync(stage.Cancelled);
        }

        foreach (Node node in first)
        {
            publish(late, node);
        }

        await cluster.VotesAsync(3, stage.Cancelled);
        publish(names, nodes[3]);
        cluster.Add(nodes[3]);
        TimeSpan joined = await nodes[3].StartAsync(stage.Cancelled);
        await Wait.UntilAsync("the fourth is a member; three or five vote, so it listens", TimeSpan.FromSeconds(30), async () =>
        {
            RestAnswer quorum = await cluster.Rest.GetAsync(await cluster.ControllerAsync(stage.Cancelled), "/v1/admin/quorum", stage.Cancelled);
            return quorum.IsOk && quorum.Body.GetProperty("members").GetArrayLength() == 4;
        }, stage.Cancelled);

        HashSet<string?> ids = [];
        foreach (Node node in nodes)
        {
            ids.Add((await cluster.Rest.GetAsync(node, "/v1/admin/cluster", stage.Cancelled)).Text("clusterId"));
        }

        stage.FailIf(ids.Count != 1 || ids.Contains(null), $"{kind}: not one cluster: {string.Join(", ", ids)}");
        await cluster.CreateTopicAsync("found", 3, 3, 2, stage.Cancelled);
        stage.Note($"{kind}: one cluster, the fourth joined in {joined.TotalSeconds:0.0} s");
        await cluster.StopAsync();
    }
}
