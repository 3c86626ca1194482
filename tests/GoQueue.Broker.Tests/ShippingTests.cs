using GoQueue.Broker.Requests;
using GoQueue.Broker.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Metadata.Topics;
using GoQueue.Testing;

namespace GoQueue.Broker.Tests;

/// <summary>Followers that are far behind take their leader's sealed segments whole (ADR 0014).</summary>
public sealed class ShippingTests
{
    private const int PartBytes = 100_000;
    private const int BatchBytes = 700_000;

    private static readonly ProducerId Producer = new(41);

    [Fact]
    public async Task A_follower_that_was_away_for_long_takes_segments_whole_then_fetches_and_its_fold_is_complete()
    {
        await using TestCluster cluster = await StartAsync();
        await FillWhileAwayAsync(cluster, 10);
        await cluster["n3"].StartAsync();
        await cluster.InSyncAsync("n1", "n2", "n3");
        Assert.True(cluster["n3"].Peers.CallsOf(PeerMessageKind.SegmentFetch) > 5 * (BatchBytes / PartBytes), "most came whole");
        await cluster.ElectAsync("n3");
        await Eventually.TrueAsync(() => cluster["n3"].Offsets(cluster.Partition).IsOk, "n3 leads");
        Assert.Equal(await ExpectedAsync(cluster, "n1"), await cluster["n3"].ReadAllAsync());
        PublishReceipt repeat = await cluster["n3"].PublishAsync(Batches.From(Producer, 0, 0, "known"));
        Assert.True(repeat.IsOk, repeat.Error.ToString());
        Assert.Equal(new Offset(1), repeat.BaseOffset); // I1: the producer was learnt from a shipped segment
        await cluster["n3"].CrashAsync();
        await cluster.FenceAsync("n3");
        await cluster["n3"].StartAsync();
        await cluster.InSyncAsync("n1", "n2", "n3");
        await Eventually.TrueAsync(async () => (await cluster.Leader.PublishAsync(Batches.Of("last"))).Replicas == 3, "the leader acts on the set of three");
    }

    [Fact]
    public async Task A_link_that_breaks_costs_the_parts_under_way_and_not_the_segment()
    {
        await using TestCluster cluster = await StartAsync(maxUnderWay: 1);
        await FillWhileAwayAsync(cluster, 6);
        MemoryPeers peers = cluster["n3"].Peers;
        int parts = 0;
        TaskCompletionSource isCut = new(TaskCreationOptions.RunContinuationsAsynchronously);
        peers.OnReply = reply =>
        {
            if (reply.Length == PartBytes + 6 && ++parts == 4)
            {
                cluster.Network.Cut(new NodeId("n3"));
                isCut.TrySetResult();
            }
        };
        Task starting = cluster["n3"].StartAsync();
        await isCut.Task.WaitAsync(TimeSpan.FromSeconds(60));
        int asked = peers.CallsOf(PeerMessageKind.SegmentFetch);
        cluster.Network.Mend(new NodeId("n3"));
        await starting;
        await cluster.InSyncAsync("n1", "n2", "n3");

        // Of a segment of eight parts four were there: without going on from there it would have been begun anew with a manifest.
        Assert.InRange(parts, 4, 5 * 7);
        Assert.True(asked >= 5);
        Assert.Equal(await ExpectedAsync(cluster, "n1"), await cluster["n3"].ReadAllAsync(fromFollower: true));
    }

    [Fact]
    public async Task Parts_damaged_on_the_way_are_asked_for_again()
    {
        await using TestCluster cluster = await StartAsync();
        await FillWhileAwayAsync(cluster, 6);
        int damaged = 0;
        cluster["n3"].Peers.OnReply = reply =>
        {
            if (reply.Length == PartBytes + 6 && Interlocked.Increment(ref damaged) % 5 == 0)
            {
                reply.Span[^1] ^= 1;
            }
        };
        await cluster["n3"].StartAsync();
        await cluster.InSyncAsync("n1", "n2", "n3");
        Assert.True(damaged > 5);
        Assert.Equal(await ExpectedAsync(cluster, "n1"), await cluster["n3"].ReadAllAsync(fromFollower: true));
    }

    [Fact]
    public async Task Segments_retired_while_they_are_shipped_make_the_follower_begin_anew_at_the_log_start()
    {
        await using TestCluster cluster = await StartAsync(retentionBytes: 3 << 20);
        await FillWhileAwayAsync(cluster, 5);
        bool isFirst = true;
        cluster["n3"].Peers.OnReply = reply =>
        {
            if (reply.Length == PartBytes + 6 && isFirst)
            {
                isFirst = false;
                Offset before = cluster.Leader.Broker.Replicas.Single().FirstKept;
                for (int index = 0; index < 6; index++)
                {
                    Assert.True(cluster.Leader.PublishAsync(Batches.Of(new string('z', BatchBytes))).Result.IsOk);
                }

                Eventually.TrueAsync(() => cluster.Leader.Broker.Replicas.Single().FirstKept > before, "the segment is retired").Wait();
            }
        };
        await cluster["n3"].StartAsync();
        await cluster.InSyncAsync("n1", "n2", "n3");
        await Eventually.TrueAsync(async () => (await cluster.Leader.PublishAsync(Batches.Of("after"))).Replicas == 3, "the leader acts on the set of three");
    }

    private static async Task<TestCluster> StartAsync(int maxUnderWay = 4, long retentionBytes = -1)
    {
        TestCluster cluster = await TestCluster.StartAsync(configure: options => options with
        {
            TailCacheBytesPerPartition = 0,
            MaintenanceInterval = TimeSpan.FromMilliseconds(50),
            Replication = options.Replication with { ShipPartBytes = PartBytes, ShipPartsUnderWay = maxUnderWay },
        });
        await cluster.CreateAsync(TopicSettings.Default with { SegmentBytes = 1 << 20, RetentionMillis = -1, RetentionBytes = retentionBytes });
        return cluster;
    }

    /// <summary>Each batch fills a segment; the first ones are small and at everybody.</summary>
    private static async Task FillWhileAwayAsync(TestCluster cluster, int batches)
    {
        Assert.Equal(3, (await cluster.Leader.PublishAsync(Batches.Of("first"))).Replicas);
        await cluster["n3"].StopAsync();
        await cluster.FenceAsync("n3");
        Assert.True((await cluster.Leader.PublishAsync(Batches.From(Producer, 0, 0, "known"))).IsOk);
        for (int index = 0; index < batches; index++)
        {
            Assert.True((await cluster.Leader.PublishAsync(Batches.Of(new string((char)('a' + index), BatchBytes)))).IsOk);
        }
    }

    private static Task<List<string>> ExpectedAsync(TestCluster cluster, string node) => cluster[node].ReadAllAsync(fromFollower: true);
}
