using System.Globalization;

namespace GoQueue.Harness.Clusters;

/// <summary>Nodes that form one cluster on loopback.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly string bin;
    private readonly string folder;
    private Node[] nodes = []; // replaced as a whole: others may be looking

    private Cluster(string bin, string folder, string id, bool reusesConnections)
    {
        this.bin = bin;
        this.folder = folder;
        Id = id;
        Rest = new Rest(reusesConnections);
    }

    public string Id { get; }

    public IReadOnlyList<Node> Nodes => nodes;

    public Rest Rest { get; }

    /// <summary>From the first exec until every node was ready.</summary>
    public TimeSpan FormedIn { get; private set; }

    public Node this[string id] => nodes.Single(node => node.Id == id);

    /// <summary>gRPC addresses of all nodes, for a client.</summary>
    public IReadOnlyList<string> Endpoints => [.. nodes.Select(node => node.Ports.GrpcEndpoint)];

    /// <summary>Starts a new cluster and waits until every node is ready.</summary>
    /// <param name="arguments">Further arguments for every node.</param>
    /// <param name="dataOf">The data folder of a node; null for folders beside its log.</param>
    public static async Task<Cluster> StartAsync(
        string bin, string folder, int count, IReadOnlyList<string> arguments, Func<string, string>? dataOf, CancellationToken cancellationToken)
    {
        Cluster cluster = new(bin, folder, $"test-{Random.Shared.Next(1_000_000).ToString(CultureInfo.InvariantCulture)}", reusesConnections: true);
        Directory.CreateDirectory(folder);
        for (int i = 1; i <= count; i++)
        {
            cluster.Add(cluster.NewNode($"n{i}", dataOf?.Invoke($"n{i}")));
        }

        await cluster.FormAsync(arguments, cancellationToken);
        return cluster;
    }

    /// <summary>Starts all nodes with one list of peers and waits until every one is ready; when that fails, it ends them.</summary>
    public async Task FormAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        string peers = Peers(nodes);
        long began = System.Diagnostics.Stopwatch.GetTimestamp();
        try
        {
            foreach (Node node in nodes)
            {
                node.Arguments = ["--peers", peers, "--cluster-id", Id, .. arguments, .. node.Arguments];
                node.Launch();
            }

            foreach (Node node in nodes)
            {
                await node.ReadyAsync(cancellationToken);
            }
        }
        catch
        {
            Show();
            await DisposeAsync();
            throw;
        }

        FormedIn = System.Diagnostics.Stopwatch.GetElapsedTime(began);
    }

    /// <summary>Without nodes: a scenario makes them, and adds them.</summary>
    public static Cluster Empty(string bin, string folder, string id = "", bool reusesConnections = true)
    {
        Directory.CreateDirectory(folder);
        return new Cluster(bin, folder, id, reusesConnections);
    }

    public void Add(Node node) => nodes = [.. nodes, node];

    /// <summary>A node that belongs to this place but is not started; a scenario may give it other arguments.</summary>
    public Node NewNode(string id, string? data = null, string? logName = null, NodePorts? ports = null) =>
        new(id, ports ?? NodePorts.Take(), bin, data ?? Path.Combine(folder, logName ?? id), Path.Combine(folder, $"{logName ?? id}.log"));

    /// <summary>Starts a further node that is told of all others, and waits until it is ready.</summary>
    public async Task<Node> AddAsync(string id, CancellationToken cancellationToken)
    {
        Node node = NewNode(id);
        Add(node);
        node.Arguments = ["--peers", Peers(nodes), "--cluster-id", Id];
        await node.StartAsync(cancellationToken);
        return node;
    }

    public string Peers(IEnumerable<Node> of) => string.Join(',', of.Select(node => node.Peer));

    /// <summary>Creates a topic on any node and waits until every partition has its leader and all its replicas in sync.</summary>
    public async Task<TopicView> CreateTopicAsync(string name, int partitions, int replicas, int minInSync, CancellationToken cancellationToken)
    {
        object body = new { name, partitions, settings = new { replicationFactor = replicas, minInSyncReplicas = minInSync } };
        bool mayBeThere = false;
        await Wait.UntilAsync($"topic {name} is created", Patience, async () =>
        {
            RestAnswer answer = await Rest.PostAsync(Serving(), "/v1/topics", body, cancellationToken);
            if (answer.IsOk || (mayBeThere && answer.Code == "TOPIC_ALREADY_EXISTS"))
            {
                return true;
            }

            bool isUnknown = answer.Code is "NO_ANSWER" or "OUTCOME_UNKNOWN" or "TIMEOUT";
            mayBeThere |= isUnknown;
            return isUnknown || answer.Code is "METADATA_UNAVAILABLE" or "OVERLOADED" ? false : throw new HarnessException($"creating topic {name}: {answer}");
        }, cancellationToken);
        await WholeAsync(name, Patience, cancellationToken);
        return await TopicAsync(name, cancellationToken);
    }

    /// <summary>What some node that serves says of the topic.</summary>
    public async Task<TopicView> TopicAsync(string name, CancellationToken cancellationToken)
    {
        TopicView? topic = null;
        await Wait.UntilAsync($"a node describes topic {name}", Patience, async () =>
        {
            foreach (Node node in nodes.Where(node => node.Serves))
            {
                topic = await TryTopicAsync(node, name, cancellationToken);
                if (topic is not null)
                {
                    return true;
                }
            }

            return false;
        }, cancellationToken);
        return topic!;
    }

    /// <summary>What this node says of the topic; null when it does not answer.</summary>
    public async Task<TopicView?> TryTopicAsync(Node node, string name, CancellationToken cancellationToken)
    {
        RestAnswer answer = await Rest.SendAsync(node, HttpMethod.Get, $"/v1/topics/{name}", null, TimeSpan.FromSeconds(2), cancellationToken);
        return answer.IsOk ? TopicView.Parse(answer.Body) : null;
    }

    /// <summary>Waits until every partition of the topic has a leader and all its replicas in sync, as every serving node sees it; answers how long that took.</summary>
    public async Task<TimeSpan> WholeAsync(string topic, TimeSpan patience, CancellationToken cancellationToken)
    {
        TopicView? last = null;
        try
        {
            return await Wait.UntilAsync("whole", patience, async () =>
            {
                foreach (Node node in nodes.Where(node => node.Serves))
                {
                    TopicView? seen = await TryTopicAsync(node, topic, cancellationToken);
                    last = seen ?? last;
                    if (seen?.IsWhole != true)
                    {
                        return false;
                    }
                }

                return last is not null;
            }, cancellationToken);
        }
        catch (HarnessException)
        {
            throw new HarnessException($"not all replicas came in sync within {patience.TotalSeconds:0} s: {last?.ToString() ?? $"no node describes {topic}"}");
        }
    }

    /// <summary>The node that leads a partition, waiting for one that does.</summary>
    public async Task<Node> LeaderAsync(string topic, int partition, CancellationToken cancellationToken)
    {
        string? leader = null;
        await Wait.UntilAsync($"partition {topic}/{partition} has a leader", Patience, async () =>
        {
            leader = (await TopicAsync(topic, cancellationToken)).Partitions[partition].Leader;
            return leader is not null;
        }, cancellationToken);
        return this[leader!];
    }

    /// <summary>The node that is the controller, waiting until there is one and the nodes that serve agree.</summary>
    public async Task<Node> ControllerAsync(CancellationToken cancellationToken)
    {
        string? controller = null;
        await Wait.UntilAsync("there is a controller", Patience, async () =>
        {
            HashSet<string?> seen = [];
            foreach (Node node in nodes.Where(node => node.Serves))
            {
                seen.Add((await Rest.GetAsync(node, "/v1/admin/cluster", cancellationToken)).Text("controller"));
            }

            controller = seen.Count == 1 ? seen.Single() : null;
            return controller is not null;
        }, cancellationToken);
        return this[controller!];
    }

    /// <summary>Waits until so many nodes, and no others, vote on metadata; answers how long that took.</summary>
    public async Task<TimeSpan> VotesAsync(int voters, CancellationToken cancellationToken)
    {
        RestAnswer last = new(0, default);
        try
        {
            return await Wait.UntilAsync("votes", Patience, async () =>
            {
                last = await Rest.GetAsync(await ControllerAsync(cancellationToken), "/v1/admin/quorum", cancellationToken);
                return last.IsOk && last.Body.GetProperty("members").EnumerateArray().Count(member => member.GetProperty("role").GetString() is "VOTER" or "voter" or "QUORUM_ROLE_VOTER") == voters;
            }, cancellationToken);
        }
        catch (HarnessException)
        {
            throw new HarnessException($"{voters} nodes do not vote: {last}");
        }
    }

    /// <summary>Any node that serves.</summary>
    public Node Serving() => nodes.FirstOrDefault(node => node.Serves) ?? throw new HarnessException("no node serves");

    /// <summary>SIGTERM to all, then waits for them; every exit code must be 0.</summary>
    public async Task StopAsync()
    {
        Node[] running = [.. nodes.Where(node => node.IsRunning)];
        int[] codes = await Task.WhenAll(running.Select(node => node.StopAsync()));
        for (int i = 0; i < codes.Length; i++)
        {
            if (codes[i] != 0)
            {
                throw new HarnessException($"{running[i].Id} stopped with exit code {codes[i]}");
            }
        }
    }

    /// <summary>The last lines of every node's log, for a failure.</summary>
    public void Show()
    {
        foreach (Node node in nodes)
        {
            Console.WriteLine($"  --- the last lines of {node.Id}:");
            foreach (string line in node.LogTail(25))
            {
                Console.WriteLine($"      {line}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Node node in nodes)
        {
            await node.DisposeAsync();
        }

        Rest.Dispose();
    }
}
