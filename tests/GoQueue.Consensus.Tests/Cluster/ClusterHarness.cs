using GoQueue.Consensus.Tests.Contract;
using GoQueue.Metadata;
using GoQueue.Storage.Directories;

namespace GoQueue.Consensus.Tests.Cluster;

/// <summary>Three nodes, seen through one of them, which may lead or follow. A crash takes all three at any moment, and what they had not flushed.</summary>
internal sealed class ClusterHarness(TestCluster cluster, int seed) : IMetadataLogHarness
{
    private readonly Random random = new(seed);

    public IMetadataLog Log => cluster[1].Log;

    public static async Task<IMetadataLogHarness> CreateAsync(RaftOptions options, int seed)
    {
        TestCluster cluster = await TestCluster.StartAsync(3, options);
        await TestCluster.CatchUpAsync(cluster[1]);
        return new ClusterHarness(cluster, seed);
    }

    public async Task ReopenAsync()
    {
        foreach (TestNode node in cluster.Nodes)
        {
            await node.StopAsync();
        }

        await StartAllAsync();
    }

    public async Task CrashAsync()
    {
        foreach (TestNode node in cluster.Nodes)
        {
            node.Crash((CrashMode)random.Next(3));
        }

        await StartAllAsync();
    }

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    private async Task StartAllAsync()
    {
        cluster.Nodes.ForEach(node => node.Start());
        await TestCluster.CatchUpAsync(cluster[1]);
    }
}
