using GoQueue.Broker.Requests;
using GoQueue.Broker.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Metadata.Topics;
using GoQueue.Storage.Directories;

namespace GoQueue.Broker.Tests;

public sealed class TopicTests
{
    [Fact]
    public async Task A_topic_has_three_partitions_with_equal_ranges_unless_told_otherwise()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicImage topic = (await broker.Topics.CreateAsync(new CreateTopic("orders", null, TopicSettingsPatch.Nothing), CancellationToken.None)).Value;
        Assert.Equal([HashRange.Equal(0, 3), HashRange.Equal(1, 3), HashRange.Equal(2, 3)], topic.Partitions.Select(partition => partition.Keys));
    }

    [Theory]
    [InlineData("", ErrorCode.InvalidTopicName)]
    [InlineData("..", ErrorCode.InvalidTopicName)]
    [InlineData("a/b", ErrorCode.InvalidTopicName)]
    [InlineData("a\0b", ErrorCode.InvalidTopicName)]
    [InlineData("оrders", ErrorCode.InvalidTopicName)] // Cyrillic о
    [InlineData("ORDERS", ErrorCode.TopicAlreadyExists)]
    public async Task Bad_names_are_refused(string name, ErrorCode expected)
    {
        await using TestBroker broker = TestBroker.Open();
        await broker.CreateAsync("orders");
        Result<TopicImage> result = await broker.Topics.CreateAsync(new CreateTopic(name, 1, TopicSettingsPatch.Nothing), CancellationToken.None);
        Assert.Equal(expected, result.Error.Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(100_001)]
    public async Task Bad_partition_counts_are_refused(int count)
    {
        await using TestBroker broker = TestBroker.Open();
        Result<TopicImage> result = await broker.Topics.CreateAsync(new CreateTopic("orders", count, TopicSettingsPatch.Nothing), CancellationToken.None);
        Assert.Equal(ErrorCode.InvalidPartitionCount, result.Error.Code);
        Assert.Empty(broker.Topics.List());
    }

    [Fact]
    public async Task A_changed_message_limit_holds_at_once()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders");
        await broker.Topics.AlterAsync("orders", new() { MaxMessageBytes = 1024 }, null, CancellationToken.None);
        Assert.Equal(ErrorCode.MessageTooLarge, (await broker.PublishAsync(partition, Batches.Of(new string('x', 2000)))).Error.Code);
    }

    [Fact]
    public async Task Alterations_that_name_no_version_come_through_however_many_come_together()
    {
        await using TestBroker broker = TestBroker.Open();
        await broker.CreateAsync("orders");
        Task<Result<TopicImage>>[] alterations =
        [
            .. Enumerable.Range(0, 64).Select(i => broker.Topics.AlterAsync(
                "orders", i % 2 == 0 ? new() { RetentionBytes = (1 << 20) + i } : new() { SegmentMillis = 100_000 + i }, null, CancellationToken.None).AsTask()),
            broker.Topics.AddPartitionsAsync("orders", 5, null, CancellationToken.None).AsTask(),
        ];
        Assert.All(await Task.WhenAll(alterations), altered => Assert.True(altered.IsOk, altered.Error.ToString()));
        TopicImage topic = broker.Topics.Describe("orders").Value;
        Assert.InRange(topic.Settings.RetentionBytes, 1 << 20, (1 << 20) + 63);
        Assert.InRange(topic.Settings.SegmentMillis, 100_000, 100_063); // none undid the other half
        Assert.Equal(5, topic.Partitions.Count);
    }

    [Fact]
    public async Task An_alteration_over_a_newer_version_is_refused()
    {
        await using TestBroker broker = TestBroker.Open();
        await broker.CreateAsync("orders");
        long version = broker.Topics.Describe("orders").Value.Version;
        Assert.True((await broker.Topics.AlterAsync("orders", new() { RetentionBytes = 1 << 21 }, version, CancellationToken.None)).IsOk);
        Result<TopicImage> late = await broker.Topics.AlterAsync("orders", new() { RetentionBytes = 1 << 22 }, version, CancellationToken.None);
        Assert.Equal(ErrorCode.PreconditionFailed, late.Error.Code);
    }

    [Fact]
    public async Task A_deleted_topic_refuses_and_its_files_are_gone()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders");
        await broker.PublishAsync(partition, Batches.Of("a"));
        Assert.True((await broker.Topics.DeleteAsync("orders", CancellationToken.None)).IsOk);
        Assert.Equal(ErrorCode.UnknownTopic, (await broker.PublishAsync(partition, Batches.Of("b"))).Error.Code);
        Assert.Empty(broker.Disk.Root.Subdirectory("partitions").List());
    }

    [Fact]
    public async Task A_topic_made_again_under_its_old_name_starts_empty()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition old = await broker.CreateAsync("orders");
        await broker.PublishAsync(old, Batches.Of("a"));
        await broker.Topics.DeleteAsync("orders", CancellationToken.None);
        TopicPartition fresh = await broker.CreateAsync("orders");
        Assert.NotEqual(old.Topic, fresh.Topic);
        Assert.Empty(await broker.ReadAllAsync(fresh));
    }

    [Fact]
    public async Task Topics_settings_and_messages_survive_a_restart()
    {
        await using TestBroker before = TestBroker.Open();
        TopicPartition partition = await before.CreateAsync("orders", new() { RetentionMillis = 5000 });
        await before.PublishAsync(partition, Batches.Of("a"));
        await before.DisposeAsync();
        await using TestBroker after = TestBroker.Open(before.Disk);
        Assert.Equal(5000, after.Topics.Describe("orders").Value.Settings.RetentionMillis);
        Assert.Equal(["0=a"], await after.ReadAllAsync(partition));
    }

    [Fact]
    public async Task Data_that_no_metadata_mentions_is_never_deleted()
    {
        VirtualDisk disk = new();
        disk.Root.Subdirectory("partitions").Subdirectory(new TopicPartition(new TopicId(new Guid(9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)), new PartitionIndex(0)).ToString());
        await using TestBroker broker = TestBroker.Open(disk);
        Assert.Single(broker.Disk.Root.Subdirectory("partitions").List());
    }
}
