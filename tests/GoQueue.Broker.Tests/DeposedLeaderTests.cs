using GoQueue.Broker.Replication;
using GoQueue.Broker.Requests;
using GoQueue.Broker.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Testing;

namespace GoQueue.Broker.Tests;

/// <summary>A leader that was deposed and does not know it (T11): what it does not know must not become a final answer.</summary>
public sealed class DeposedLeaderTests
{
    private static readonly ProducerId Producer = new(7);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task T11_a_sequence_or_an_offset_that_only_the_next_leader_knows_is_no_reason_to_give_up(bool learnsInTime)
    {
        await using TestCluster cluster = await TestCluster.StartAsync(configure: learnsInTime ? null : WithShortProof);
        await cluster.CreateAsync();
        ClusterNode old = cluster["n1"];
        Assert.True((await old.PublishAsync(Batches.From(Producer, 0, 0, "a"))).IsOk);
        old.Metadata.Cut();
        cluster.Network.Cut(old.Id);
        await cluster.FenceAsync("n1");
        ClusterNode next = cluster.Leader;
        await Eventually.TrueAsync(() => next.Offsets(cluster.Partition).IsOk, "the next leader leads");
        for (int sequence = 1; sequence < 5; sequence++)
        {
            Assert.True((await next.PublishAsync(Batches.From(Producer, 0, sequence, $"{sequence}"))).IsOk);
        }

        // The producer asks the leader it knows; so does a reader who has read from the next one.
        Task<PublishReceipt> publish = old.PublishAsync(Batches.From(Producer, 0, 5, "f"), Acks.Leader);
        Task<FetchResult> read = FetchAsync(cluster, old, 5);
        if (learnsInTime)
        {
            await Eventually.TrueAsync(() => old.Metadata.Reads > 0, "it asks the quorum before it refuses");
            Assert.False(publish.IsCompleted);
            old.Metadata.Mend();
        }

        Assert.Equal(ErrorCode.NotLeader, (await publish).Error.Code);
        using FetchResult refused = await read;
        Assert.Equal(ErrorCode.NotLeader, refused.Error.Code);
        Assert.True((await next.PublishAsync(Batches.From(Producer, 0, 5, "f"))).IsOk);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task L11_it_does_not_tell_an_end_from_before_and_still_knows_where_it_begins(bool learnsInTime)
    {
        await using TestCluster cluster = await TestCluster.StartAsync(configure: learnsInTime ? null : WithShortProof);
        await cluster.CreateAsync();
        ClusterNode old = cluster["n1"];
        Assert.True((await old.PublishAsync(Batches.Of("a"))).IsOk);
        Assert.Equal(new Offset(1), old.Offsets(cluster.Partition).Value.HighWatermark);
        int reads = old.Metadata.Reads;
        old.Metadata.Cut();
        cluster.Network.Cut(old.Id);
        await cluster.FenceAsync("n1");
        ClusterNode next = cluster.Leader;
        await Eventually.TrueAsync(() => next.PublishAsync(Batches.Of("b")).Result.IsOk, "the next leader leads");

        Task<Result<PartitionOffsets>> asked = old.Broker.Partitions.OffsetsAsync(cluster.Partition, CancellationToken.None).AsTask();
        Assert.Equal(Offset.Zero, (await old.Broker.Partitions.LogStartAsync(cluster.Partition, CancellationToken.None)).Value);
        if (learnsInTime)
        {
            await Eventually.TrueAsync(() => old.Metadata.Reads > reads, "it asks the quorum before it answers");
            Assert.False(asked.IsCompleted);
            old.Metadata.Mend();
        }

        Assert.Equal(ErrorCode.NotLeader, (await asked).Error.Code);
        Assert.Equal(new Offset(2), next.Offsets(cluster.Partition).Value.HighWatermark);
    }

    [Fact]
    public async Task T11_the_leader_still_refuses_what_is_wrong_and_a_storm_of_it_costs_few_reads_of_the_metadata()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync();
        Assert.True((await cluster.Leader.PublishAsync(Batches.From(Producer, 0, 0, "a"))).IsOk);
        CutMetadata metadata = cluster.Leader.Metadata;
        int before = metadata.Reads; // of ends, while the topic was created
        metadata.Cut();
        Task<PublishReceipt>[] gaps = [.. Enumerable.Range(0, 200).Select(_ => cluster.Leader.PublishAsync(Batches.From(Producer, 0, 9, "gap")))];
        await Eventually.TrueAsync(() => metadata.Reads > before, "it asks the quorum before it refuses");
        metadata.Mend();
        Assert.All(await Task.WhenAll(gaps), receipt => Assert.Equal(ErrorCode.OutOfOrderSequence, receipt.Error.Code));
        using FetchResult beyond = await FetchAsync(cluster, cluster.Leader, 9);
        Assert.Equal(ErrorCode.OffsetOutOfRange, beyond.Error.Code);
        Assert.InRange(metadata.Reads - before, 1, 100);
    }

    private static BrokerOptions WithShortProof(BrokerOptions options) => options with { Replication = options.Replication with { ProofTimeout = TimeSpan.FromMilliseconds(50) } };

    private static async Task<FetchResult> FetchAsync(TestCluster cluster, ClusterNode node, long from) =>
        await node.Broker.Partitions.FetchAsync(new FetchRequest(cluster.Partition, new Offset(from), 1 << 20, TimeSpan.Zero), CancellationToken.None);
}
