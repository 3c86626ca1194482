using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;
using static GoQueue.Metadata.Tests.Sample;

namespace GoQueue.Metadata.Tests;

public sealed class MetadataSnapshotTests
{
    [Fact]
    public void A_restored_state_is_the_one_that_was_saved()
    {
        MetadataState state = SampleState();

        MetadataState restored = MetadataState.ReadSnapshot(state.Snapshot()).Value;

        Assert.Equal(state.Image.ToText(), restored.Image.ToText());
        Assert.Equal((state.Image.Version, "cluster-A", new ProducerId(1000)), (restored.Image.Version, restored.Image.ClusterId, restored.Image.NextProducerId));
        Assert.Equal(state.Digest, restored.Digest);
        Assert.True(restored.Apply(Create(77, "ORDERS.V1"), 1000).IsRefused);
    }

    [Fact]
    public void The_golden_snapshot_of_version_1_still_reads()
    {
        MetadataState read = MetadataState.ReadSnapshot(Golden("metadata-snapshot-v1.hex")).Value;
        MetadataState made = SampleState();

        Assert.Equal(made.Image.Topics.Select(topic => topic.ToText()), read.Image.Topics.Select(topic => topic.ToText()));
        Assert.Equal((made.Image.Version, made.Image.ClusterId, made.Image.NextProducerId), (read.Image.Version, read.Image.ClusterId, read.Image.NextProducerId));
        Assert.True(read.Image.IsDeleted(Id(3)));
        Assert.Equal(read.Snapshot(), MetadataState.ReadSnapshot(read.Snapshot()).Value.Snapshot());
    }

    /// <summary>Made from docs/internals/metadata-snapshot.md by a separate encoder.</summary>
    [Fact]
    public void The_golden_snapshot_of_version_2_still_reads_and_writes_the_same()
    {
        byte[] golden = Golden("metadata-snapshot-v2.hex");

        Assert.Equal(Convert.ToHexStringLower(golden), Convert.ToHexStringLower(ClusterState().Snapshot()));
        Assert.Equal(golden, MetadataState.ReadSnapshot(golden).Value.Snapshot());
    }

    [Fact]
    public void Replay_from_any_snapshot_ends_in_the_same_digest()
    {
        IReadOnlyList<MetadataCommand> commands = RandomCommands(seed: 5, count: 600);
        uint expected = StateAfter(commands).Digest;
        for (int cut = 0; cut <= commands.Count; cut += 50)
        {
            MetadataState state = MetadataState.ReadSnapshot(StateAfter([.. commands.Take(cut)]).Snapshot()).Value;
            for (int i = cut; i < commands.Count; i++)
            {
                state.Apply(commands[i], i);
            }

            Assert.Equal(expected, state.Digest);
        }
    }

    [Fact]
    public void Two_nodes_that_apply_the_same_encoded_log_agree_on_outcomes_and_digest()
    {
        MetadataState one = new();
        MetadataState other = new();
        IReadOnlyList<MetadataCommand> commands = RandomCommands(seed: 11, count: 2000);
        int refused = 0;
        for (int i = 0; i < commands.Count; i++)
        {
            MetadataOutcome first = one.Apply(commands[i], i);
            MetadataOutcome second = other.Apply(MetadataCommandCodec.Decode(Encoded(commands[i])).Value, i);
            Assert.Equal((first.GetType(), first.Error), (second.GetType(), second.Error));
            refused += first.IsRefused ? 1 : 0;
        }

        Assert.Equal(one.Digest, other.Digest);
        Assert.InRange(refused, 100, 1900);
    }

    [Fact]
    public void Every_shortening_and_every_flipped_bit_is_refused()
    {
        byte[] snapshot = SampleState().Snapshot();
        for (int length = 0; length < snapshot.Length; length++)
        {
            Assert.False(MetadataState.ReadSnapshot(snapshot.AsSpan(0, length)).IsOk);
        }

        for (int bit = 0; bit < snapshot.Length * 8; bit++)
        {
            byte[] damaged = [.. snapshot];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(MetadataState.ReadSnapshot(damaged).IsOk);
        }
    }

    [Fact]
    public void A_newer_format_is_refused_by_name()
    {
        byte[] snapshot = SampleState().Snapshot();
        snapshot[3] = 3;

        Error error = MetadataState.ReadSnapshot(snapshot).Error;

        Assert.Equal(ErrorCode.UnsupportedBatchVersion, error.Code);
        Assert.Contains("format version 3", error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_snapshot_with_a_good_checksum_is_refused_or_canonical()
    {
        Random random = new(20261121);
        byte[] snapshot = SampleState().Snapshot();
        int accepted = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] damaged = [.. snapshot];
            damaged[random.Next(8, damaged.Length)] = (byte)random.Next(256);
            BinaryPrimitives.WriteUInt32BigEndian(damaged.AsSpan(4), Crc32C.Compute(damaged.AsSpan(8)));
            Result<MetadataState> result = MetadataState.ReadSnapshot(damaged);
            if (result.IsOk)
            {
                accepted++;
                Assert.Equal(damaged, result.Value.Snapshot());
            }
        }

        Assert.InRange(accepted, 1, 19_999);
    }

    [Fact]
    public void Ten_thousand_topics_are_saved_and_restored()
    {
        MetadataState state = StateAfter([.. Enumerable.Range(1, 10_000).Select(i => Create(i))]);
        byte[] snapshot = state.Snapshot();

        Assert.InRange(snapshot.Length, 1, 3_000_000);
        Assert.Equal(snapshot, MetadataState.ReadSnapshot(snapshot).Value.Snapshot());
    }

    /// <summary>Two brokers, a topic of two replicas whose leader changed by force, one that moves, one deleted.</summary>
    private static MetadataState ClusterState()
    {
        NodeId n1 = new("n1");
        NodeId n2 = new("n2");
        MetadataState state = StateAfter(
            new FormClusterCommand("cluster-A"),
            new RegisterBrokerCommand(n1, new Guid(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), Endpoints("one", 7000), "rack-a", BrokerEpoch.None),
            new RegisterBrokerCommand(n2, new Guid(2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), Endpoints("two", 7000), null, BrokerEpoch.None),
            new AlterBrokerCommand(n1, new BrokerEpoch(2), BrokerChange.Unfence),
            new AlterBrokerCommand(n2, new BrokerEpoch(3), BrokerChange.Unfence),
            new AlterBrokerCommand(n2, BrokerEpoch.None, BrokerChange.Drain),
            new CreateTopicCommand(
                Id(1), "a", TopicSettings.Default with { ReplicationFactor = 2, UncleanLeaderElection = true }, PartitionLayout.Equal([NodeList.Of(n1, n2), NodeList.Of(n2)]), Created),
            new AlterPartitionsCommand([new PartitionChange { Partition = new(Id(1), new(0)), Expected = new(0), Leader = n1, InSync = NodeList.Of(n1) }]),
            new AlterPartitionsCommand(
            [
                new PartitionChange { Partition = new(Id(1), new(0)), Expected = new(1), Leader = n2, InSync = NodeList.Of(n2), Election = ElectionKind.Unclean, AtRisk = new(new Offset(5), new Offset(9)) },
                new PartitionChange { Partition = new(Id(1), new(1)), Expected = new(0), Leader = n2, InSync = NodeList.Of(n2), Assignment = new(NodeList.Of(n1, n2), NodeList.Of(n1), NodeList.Of(n2)) },
            ]),
            new SetReassignmentRateCommand(1 << 20),
            new CreateTopicCommand(Id(2), "b", TopicSettings.Default, PartitionLayout.Equal(1, n1), Created),
            new DeleteTopicCommand(Id(2)),
            new AlterPartitionsCommand([new PartitionChange { Partition = new(Id(1), new(0)), Expected = new(2), Leader = null, InSync = NodeList.Of(n2) }]));
        return state;
    }

    private static MetadataState SampleState() => StateAfter([.. EveryCommand.Take(3), Create(2, "Zeta", partitions: 1), Create(3), new DeleteTopicCommand(Id(3))]);

    private static List<MetadataCommand> RandomCommands(int seed, int count)
    {
        Random random = new(seed);
        List<MetadataCommand> commands = [];
        for (int i = 0; i < count; i++)
        {
            int topic = random.Next(1, 40);
            string name = random.Next(2) == 0 ? $"topic-{topic}" : $"TOPIC-{topic}";
            commands.Add(random.Next(10) switch
            {
                < 5 => Create(random.Next(1, 60), name, random.Next(1, 5)),
                5 or 6 => new DeleteTopicCommand(Id(random.Next(1, 60))),
                7 or 8 => new AlterTopicCommand(Id(random.Next(1, 60)), TopicSettings.Default with { RetentionMillis = 1000 + i }, random.Next(1, i + 2)),
                _ => new AllocateProducerIdsCommand(random.Next(1, 100)),
            });
        }

        return commands;
    }
}
