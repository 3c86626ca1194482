using GoQueue.Core;
using GoQueue.Metadata.Quorum;
using GoQueue.Storage.Directories;
using GoQueue.Testing;

namespace GoQueue.Consensus.Tests.Cluster;

/// <summary>Nodes n1, n2, ... in this process, on real time and virtual disks.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly RaftOptions options;

    private TestCluster(int voters, RaftOptions options)
    {
        this.options = options;
        Genesis = new Genesis("cluster", [.. Enumerable.Range(1, voters).Select(MemberOf)], []);
        Nodes = [.. Genesis.Voters.Select(member => new TestNode(Network, member, Genesis, options))];
    }

    public MemoryNetwork Network { get; } = new();

    public Genesis Genesis { get; }

    public List<TestNode> Nodes { get; }

    public TestNode this[int number] => Nodes[number - 1];

    public TestNode? LeaderOrNone => Nodes.Find(node => node.IsRunning && node.Status.IsLeader);

    public static QuorumMember MemberOf(int number) => new(new NodeId($"n{number}"), new Guid(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), "localhost", 7000 + number);

    public static async Task<TestCluster> StartAsync(int voters = 3, RaftOptions? options = null)
    {
        TestCluster cluster = new(voters, options ?? new RaftOptions());
        cluster.Nodes.ForEach(node => node.Start());
        await cluster.LeaderAsync();
        return cluster;
    }

    /// <summary>Waits for a leader that may act.</summary>
    public async Task<TestNode> LeaderAsync()
    {
        TestNode? found = null;
        await Eventually.TrueAsync(() => (found = LeaderOrNone) is not null, "a node leads the quorum");
        return found!;
    }

    public async Task<TestNode> FollowerAsync()
    {
        TestNode leader = await LeaderAsync();
        return Nodes.First(node => node.IsRunning && node != leader);
    }

    /// <summary>A node that knows the cluster's genesis and is in nobody's configuration yet.</summary>
    public TestNode AddStranger()
    {
        TestNode stranger = new(Network, MemberOf(Nodes.Count + 1), Genesis, options);
        Nodes.Add(stranger);
        stranger.Start();
        return stranger;
    }

    /// <summary>Waits until a node shows everything that is decided now.</summary>
    public static async Task CatchUpAsync(TestNode node)
    {
        await Eventually.TrueAsync(async () => (await node.Log.ReadIndexAsync(CancellationToken.None)).IsOk, $"{node.Member.Node} can read");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TestNode node in Nodes.Where(node => node.IsRunning))
        {
            node.Crash(CrashMode.KeepAll, isSeen: false);
            await node.Log.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMilliseconds(1)).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }
}
