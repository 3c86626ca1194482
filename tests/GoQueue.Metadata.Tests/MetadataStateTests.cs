using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;
using static GoQueue.Metadata.Tests.Sample;

namespace GoQueue.Metadata.Tests;

public sealed class MetadataStateTests
{
    [Fact]
    public void A_created_topic_is_found_by_name_and_by_id()
    {
        MetadataState state = StateAfter(Create(1, "Orders"));

        Assert.True(state.Image.TryGetTopic("Orders", out TopicImage? byName));
        Assert.True(state.Image.TryGetTopic(Id(1), out TopicImage? byId));
        Assert.Same(byName, byId);
        Assert.Equal((1, 3, Created), (byName.Version, byName.Partitions.Count, byName.Created));
        Assert.False(state.Image.TryGetTopic("orders", out _));
    }

    [Fact]
    public void Topics_are_listed_in_ordinal_name_order()
    {
        MetadataState state = StateAfter(Create(1, "b"), Create(2, "a"), Create(3, "C"), Create(4, "_"));

        Assert.Equal(["C", "_", "a", "b"], state.Image.Topics.Select(t => t.Name));
    }

    [Theory]
    [InlineData("orders", 2, ErrorCode.TopicAlreadyExists)]
    [InlineData("ORDERS", 2, ErrorCode.TopicAlreadyExists)]
    [InlineData("other", 1, ErrorCode.TopicAlreadyExists)]
    [InlineData("..", 2, ErrorCode.InvalidTopicName)]
    [InlineData("a/b", 2, ErrorCode.InvalidTopicName)]
    [InlineData("", 2, ErrorCode.InvalidTopicName)]
    [InlineData("nul\0", 2, ErrorCode.InvalidTopicName)]
    public void A_topic_whose_name_or_id_is_taken_or_wrong_is_refused_and_changes_nothing(string name, int id, ErrorCode expected)
    {
        MetadataState state = StateAfter(Create(1, "orders"));

        AssertRefused(expected, state, Create(id, name));
    }

    [Fact]
    public void A_deleted_name_is_free_again_in_any_case()
    {
        MetadataState state = StateAfter(Create(1, "orders"), new DeleteTopicCommand(Id(1)));

        Assert.IsType<MetadataOutcome.TopicCreated>(state.Apply(Create(2, "ORDERS"), 2));
        Assert.False(state.Image.TryGetTopic(Id(1), out _));
        Assert.Equal(1, state.Image.TopicCount);
    }

    [Fact]
    public void A_deleted_id_is_remembered_and_never_used_again()
    {
        MetadataState state = StateAfter(Create(1), Create(2), new DeleteTopicCommand(Id(1)));

        Assert.True(state.Image.IsDeleted(Id(1)));
        Assert.False(state.Image.IsDeleted(Id(2)));
        Assert.False(state.Image.IsDeleted(Id(3)));
        AssertRefused(ErrorCode.TopicAlreadyExists, state, Create(1, "again"));
        Assert.True(MetadataState.ReadSnapshot(state.Snapshot()).Value.Image.IsDeleted(Id(1)));
    }

    [Fact]
    public void The_last_ten_thousand_deletions_are_remembered()
    {
        MetadataState state = new();
        long position = 0;
        for (int i = 1; i <= 10_002; i++)
        {
            state.Apply(Create(i, "same", partitions: 1), position++);
            state.Apply(new DeleteTopicCommand(Id(i)), position++);
        }

        MetadataState restored = MetadataState.ReadSnapshot(state.Snapshot()).Value;
        restored.Apply(Create(20_000), position);
        restored.Apply(new DeleteTopicCommand(Id(20_000)), position + 1);
        Assert.Equal([false, false, true], new[] { 1, 2, 3 }.Select(i => state.Image.IsDeleted(Id(i))));
        Assert.Equal([false, true, true], new[] { 3, 4, 20_000 }.Select(i => restored.Image.IsDeleted(Id(i))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10_001)]
    public void A_partition_count_outside_1_to_10000_is_refused(int count)
    {
        CreateTopicCommand command = Create(1) with { Partitions = [.. Enumerable.Range(0, count).Select(i => Partition(i, 0, 1))] };

        AssertRefused(ErrorCode.InvalidPartitionCount, new MetadataState(), command);
    }

    [Fact]
    public void Ten_thousand_partitions_are_fine_and_each_key_has_one()
    {
        MetadataState state = StateAfter(Create(1, "wide", partitions: 10_000));
        TopicImage topic = state.Image.Topics[0];
        Random random = new(1);
        byte[] key = new byte[16];
        for (int i = 0; i < 10_000; i++)
        {
            random.NextBytes(key);
            PartitionIndex partition = topic.PartitionOf(key);
            Assert.True(topic.Partitions[partition.Value].Keys.Contains(Murmur3.Hash(key)));
        }
    }

    public static TheoryData<string, (uint First, uint Last)[]> BrokenCovers => new()
    {
        { "gap at the start", [(1, uint.MaxValue)] },
        { "gap at the end", [(0, uint.MaxValue - 1)] },
        { "gap in the middle", [(0, 9), (11, uint.MaxValue)] },
        { "overlap", [(0, 10), (10, uint.MaxValue)] },
        { "turned round", [(0, 9), (10, 9), (10, uint.MaxValue)] },
        { "the same twice", [(0, uint.MaxValue), (0, uint.MaxValue)] },
        { "beyond the whole", [(0, uint.MaxValue), (5, 6)] },
    };

    [Theory]
    [MemberData(nameof(BrokenCovers))]
    public void Z2_ranges_with_a_gap_or_an_overlap_are_refused(string what, (uint First, uint Last)[] ranges)
    {
        CreateTopicCommand command = Create(1) with { Partitions = [.. ranges.Select((r, i) => Partition(i, r.First, r.Last))] };

        Assert.NotEmpty(what);
        AssertRefused(ErrorCode.InvalidArgument, new MetadataState(), command);
    }

    [Fact]
    public void Z2_ranges_may_stand_in_any_order_as_after_a_split()
    {
        CreateTopicCommand command = Create(1) with { Partitions = [Partition(0, 100, 199), Partition(1, 200, uint.MaxValue), Partition(2, 0, 99)] };

        MetadataState state = StateAfter(command);

        TopicImage topic = state.Image.Topics[0];
        Assert.All(Enumerable.Range(0, 500), i =>
        {
            byte[] key = BitConverter.GetBytes(i);
            Assert.True(topic.Partitions[topic.PartitionOf(key).Value].Keys.Contains(Murmur3.Hash(key)));
        });
    }

    [Fact]
    public void Partitions_numbered_with_holes_or_led_by_nobody_are_refused()
    {
        AssertRefused(ErrorCode.InvalidArgument, new MetadataState(), Create(1) with { Partitions = [Partition(1, 0, uint.MaxValue)] });
        AssertRefused(ErrorCode.InvalidArgument, new MetadataState(), Create(1) with { Partitions = [Partition(0, 0, uint.MaxValue, leader: "")] });
        AssertRefused(ErrorCode.InvalidArgument, new MetadataState(), Create(1) with { Partitions = [Partition(0, 0, uint.MaxValue, epoch: -1)] });
        AssertRefused(ErrorCode.InvalidArgument, new MetadataState(), Create(1) with { Id = default });
    }

    [Fact]
    public void The_cluster_has_room_for_a_million_partitions()
    {
        MetadataState state = StateAfter([.. Enumerable.Range(1, 100).Select(i => Create(i, partitions: 10_000))]);

        AssertRefused(ErrorCode.InvalidPartitionCount, state, Create(101, partitions: 1));
        state.Apply(new DeleteTopicCommand(Id(50)), 100);
        Assert.False(state.Apply(Create(101, partitions: 10_000), 101).IsRefused);
    }

    [Fact]
    public void Settings_change_only_from_the_version_they_were_based_on()
    {
        MetadataState state = StateAfter(Create(1, "orders"));
        TopicSettings longer = TopicSettings.Default with { RetentionMillis = -1 };

        MetadataOutcome.TopicAltered altered = Assert.IsType<MetadataOutcome.TopicAltered>(state.Apply(new AlterTopicCommand(Id(1), longer, 1), 5));

        Assert.Equal((6, -1), (altered.Topic.Version, altered.Topic.Settings.RetentionMillis));
        Assert.Equal(6, state.Image.Version);
        AssertRefused(ErrorCode.PreconditionFailed, state, new AlterTopicCommand(Id(1), TopicSettings.Default, 1));
        AssertRefused(ErrorCode.UnknownTopic, state, new AlterTopicCommand(Id(2), TopicSettings.Default, 1));
        AssertRefused(ErrorCode.InvalidConfiguration, state, new AlterTopicCommand(Id(1), longer with { SegmentBytes = 1, CleanupPolicy = (CleanupPolicy)9 }, 6));
    }

    [Fact]
    public void Deleting_an_unknown_topic_is_refused()
    {
        AssertRefused(ErrorCode.UnknownTopic, StateAfter(Create(1)), new DeleteTopicCommand(Id(2)));
    }

    [Fact]
    public void Producer_ids_are_given_out_in_blocks_and_never_twice()
    {
        MetadataState state = new();
        long expected = 0;
        foreach (int count in (int[])[1, 1000, 7, AllocateProducerIdsCommand.MaxCount])
        {
            MetadataOutcome outcome = state.Apply(new AllocateProducerIdsCommand(count), expected);
            Assert.Equal(new MetadataOutcome.ProducerIdsAllocated(new ProducerId(expected), count), outcome);
            expected += count;
        }

        Assert.Equal(new ProducerId(expected), MetadataState.ReadSnapshot(state.Snapshot()).Value.Image.NextProducerId);
        AssertRefused(ErrorCode.InvalidArgument, state, new AllocateProducerIdsCommand(0));
        AssertRefused(ErrorCode.InvalidArgument, state, new AllocateProducerIdsCommand(-1));
        AssertRefused(ErrorCode.InvalidArgument, state, new AllocateProducerIdsCommand(AllocateProducerIdsCommand.MaxCount + 1));
    }

    [Fact]
    public void A_cluster_is_formed_once()
    {
        MetadataState state = StateAfter(new FormClusterCommand("one"));

        Assert.Equal(new MetadataOutcome.ClusterFormed("one"), state.Apply(new FormClusterCommand("one"), 1));
        Assert.Equal(1, state.Image.Version);
        AssertRefused(ErrorCode.PreconditionFailed, state, new FormClusterCommand("two"));
        AssertRefused(ErrorCode.InvalidArgument, state, new FormClusterCommand("../etc"));
        Assert.Equal("one", state.Image.ClusterId);
    }

    [Fact]
    public void An_image_never_changes_once_taken()
    {
        MetadataState state = StateAfter(Create(1), Create(2));
        MetadataImage before = state.Image;

        state.Apply(Create(3), 2);
        state.Apply(new DeleteTopicCommand(Id(1)), 3);

        Assert.Equal([Id(1), Id(2)], before.Topics.Select(t => t.Id));
        Assert.Equal(2, before.Version);
        Assert.Equal([Id(2), Id(3)], state.Image.Topics.Select(t => t.Id));
    }

    [Fact]
    public void Commands_are_applied_in_log_order_only()
    {
        MetadataState state = new();
        state.Apply(Create(1), 10);

        Assert.Throws<InvariantViolationException>(() => state.Apply(Create(2), 10));
    }

    /// <summary>Each command shares all but a path of the trees with the image before: copying 10,000 topics each time would take some 1.6 GB.</summary>
    [Fact]
    public void A_command_among_ten_thousand_topics_does_not_copy_them()
    {
        MetadataState state = StateAfter([.. Enumerable.Range(1, 10_000).Select(i => Create(i, partitions: 1))]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            state.Apply(Create(20_000 + i, partitions: 1), 10_000 + i);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 1000, 0, 10_000);
        Assert.Equal(11_000, state.Image.TopicCount);
    }

    private static void AssertRefused(ErrorCode expected, MetadataState state, MetadataCommand command)
    {
        MetadataImage before = state.Image;
        uint digest = state.Digest;

        MetadataOutcome outcome = state.Apply(command, 1_000_000);

        Assert.Equal(expected, outcome.Error?.Code);
        Assert.Same(before, state.Image);
        Assert.Equal(digest, state.Digest);
    }
}
