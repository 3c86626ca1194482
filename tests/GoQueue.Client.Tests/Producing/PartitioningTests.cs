using System.Text;
using GoQueue.Client.Tests.Fixtures;
using GoQueue.Core;

namespace GoQueue.Client.Tests.Producing;

public sealed class PartitioningTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Z1_a_key_goes_to_the_partition_whose_range_holds_its_hash(bool reversed)
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        fixture.Server.AddTopic("t", partitions: 7, reversedRanges: reversed);
        GoQueueProducer producer = fixture.Producer();
        string[] keys = [.. Enumerable.Range(0, 200).Select(i => $"key-{i}"), ""];

        IReadOnlyList<DeliveryReport> reports = await producer.SendBatchAsync("t", [.. keys.Select(key => ProducerMessage.OfText(key, "v"))]);

        TopicDescription topic = await fixture.Client.Admin.DescribeTopicAsync("t");
        for (int i = 0; i < keys.Length; i++)
        {
            byte[] key = Encoding.UTF8.GetBytes(keys[i]);
            PartitionDescription expected = Assert.Single(
                topic.Partitions, partition => new HashRange(partition.FirstHash, partition.LastHash).Contains(Murmur3.Hash(key)));
            Assert.Equal(expected.Index, reports[i].Partition);
            Assert.Equal(expected, topic.PartitionOf(key));
        }

        Assert.Equal(7, reports.Select(report => report.Partition).Distinct().Count());
    }

    [Fact]
    public async Task Without_a_key_one_partition_after_the_other_is_filled_batch_by_batch()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        ScriptedPartition[] stored = fixture.Server.AddTopic("t", partitions: 3);
        GoQueueProducer producer = fixture.Producer(new ProducerOptions { BatchMessages = 10, Linger = TimeSpan.FromMinutes(1) });

        IReadOnlyList<DeliveryReport> reports = await producer.SendBatchAsync("t", BatchingTests.Messages(0, 60, key: null));

        Assert.All(stored, partition => Assert.Equal([10, 10], partition.Headers().Select(header => header.Records)));
        Assert.Equal([0, 1, 2, 0, 1, 2], reports.Chunk(10).Select(chunk => Assert.Single(chunk.Select(report => report.Partition).Distinct())));
    }

    [Fact]
    public async Task An_explicit_partition_wins_over_the_key_and_must_exist()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        fixture.Server.AddTopic("t", partitions: 3);
        GoQueueProducer producer = fixture.Producer();

        for (int partition = 0; partition < 3; partition++)
        {
            Assert.Equal(partition, (await producer.SendAsync("t", ProducerMessage.OfText("same", "v") with { Partition = partition })).Partition);
        }

        GoQueueException refusal = await Assert.ThrowsAsync<GoQueueException>(
            async () => await producer.SendAsync("t", ProducerMessage.OfText("same", "v") with { Partition = 3 }));
        Assert.Equal(ErrorCode.UnknownPartition, refusal.Code);
    }

    [Fact]
    public async Task An_unknown_topic_fails_at_once_and_works_once_it_exists()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        GoQueueProducer producer = fixture.Producer();

        GoQueueException refusal = await Assert.ThrowsAsync<GoQueueException>(async () => await producer.SendAsync("t", ProducerMessage.OfText("k", "v")));
        fixture.Server.AddTopic("t");

        Assert.Equal(ErrorCode.UnknownTopic, refusal.Code);
        Assert.Contains("Create the topic first", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await producer.SendAsync("t", ProducerMessage.OfText("k", "v"))).Offset);
    }

    [Fact]
    public async Task A_deleted_topic_fails_what_was_on_its_way()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        fixture.Server.AddTopic("t");
        GoQueueProducer producer = fixture.Producer();
        await producer.SendAsync("t", ProducerMessage.OfText("k", "v"));
        fixture.Server.RemoveTopic("t");

        GoQueueException refusal = await Assert.ThrowsAsync<GoQueueException>(async () => await producer.SendAsync("t", ProducerMessage.OfText("k", "w")));
        Assert.Equal(ErrorCode.UnknownTopic, refusal.Code);

        fixture.Server.AddTopic("t");
        Assert.Equal(0, (await producer.SendAsync("t", ProducerMessage.OfText("k", "x"))).Offset);
    }
}
