using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;
using static GoQueue.Metadata.Tests.Cluster.TestCluster;

namespace GoQueue.Metadata.Tests.Cluster;

/// <summary>The rules together: random runs of the model, and random commands against what always holds.</summary>
public sealed class ReplicationModelTests
{
    /// <summary>docs/adr/0009: with flush before acknowledging, kills of any number of brokers in any order lose nothing, and end with a leader.</summary>
    [Fact]
    public void L6_nothing_acknowledged_is_lost_and_somebody_leads_whatever_was_killed()
    {
        int acknowledged = 0;
        for (int seed = 0; seed < 250; seed++)
        {
            ReplicationModel model = new(seed, TopicFlushMode.Flush);
            for (int step = 0; step < 2000; step++)
            {
                Assert.True(model.Step() is not { } broken, $"seed {seed}, step {step}");
            }

            Assert.True(model.Heal() is not { } unhealed, $"seed {seed} after healing");
            Assert.Empty(model.Image.Events);
            acknowledged += model.Acknowledged;
        }

        Assert.InRange(acknowledged, 3000, int.MaxValue); // the runs did something
    }

    /// <summary>Without flushing, what is lost was lost with the last replica that had it, and that is on record.</summary>
    [Fact]
    public void L6_without_flushing_a_loss_is_always_on_record()
    {
        int losses = 0;
        for (int seed = 0; seed < 250; seed++)
        {
            ReplicationModel model = new(seed, TopicFlushMode.None);
            string? broken = null;
            for (int step = 0; step < 2000 && broken is null; step++)
            {
                broken = model.Step();
            }

            broken ??= model.Heal();
            losses += broken is null ? 0 : 1;
            Assert.True(broken is null || model.Image.EventCount > 0, $"seed {seed}: {broken}");
        }

        Assert.InRange(losses, 1, 249); // the model can lose, so the test above says something
    }

    [Fact]
    public void M2_whatever_is_proposed_epochs_never_go_back_and_the_parts_of_a_partition_fit_together()
    {
        for (int seed = 0; seed < 150; seed++)
        {
            Random random = new(seed);
            TestCluster cluster = Of(5);
            cluster.Create(1, Nodes(0, 1, 2), minInSync: 2, partitions: 3, unclean: random.Next(2) == 0, flushMode: (TopicFlushMode)random.Next(3));
            int applied = 0;
            for (int step = 0; step < 200; step++)
            {
                IReadOnlyList<PartitionImage> before = cluster.Topic().Partitions;
                applied += cluster.Apply(AnyCommand(random, cluster)).IsRefused ? 0 : 1;
                foreach (PartitionImage after in cluster.Topic().Partitions)
                {
                    PartitionImage old = before[after.Index.Value];
                    Assert.Null(after.FindFault());
                    Assert.True(after.LeaderEpoch >= old.LeaderEpoch && after.PartitionEpoch >= old.PartitionEpoch, "M2");
                    Assert.True(after.Leader == old.Leader || after.LeaderEpoch > old.LeaderEpoch, "M1");
                    Assert.True(ReferenceEquals(after, old) || after.PartitionEpoch > old.PartitionEpoch, "a change has a new partition epoch");
                    Assert.True(after.EligibleLeaders.Count == 0 || after.InSync.Count < cluster.Topic().Settings.MinInSyncReplicas, "L2");
                }
            }

            Assert.InRange(applied, 40, 199);
            Assert.Equal(cluster.State.Digest, MetadataState.ReadSnapshot(cluster.State.Snapshot()).Value.Digest);
        }
    }

    private static MetadataCommand AnyCommand(Random random, TestCluster cluster)
    {
        NodeId node = Node(random.Next(5));
        BrokerEpoch epoch = cluster.Broker(random.Next(5)).Epoch;
        BrokerEpoch own = cluster.Image.TryGetBroker(node, out var broker) ? broker.Epoch : epoch;
        TopicPartition id = new(Sample.Id(1), new PartitionIndex(random.Next(3)));
        PartitionImage partition = cluster.Partition(index: id.Partition.Value);
        NodeList some = NodeList.From(Enumerable.Range(0, 5).Where(_ => random.Next(2) == 0).Select(Node).OrderBy(_ => random.Next()));
        NodeList part = partition.Replicas.Where(_ => random.Next(3) > 0);
        PartitionEpoch expected = random.Next(5) == 0 ? PartitionEpoch.Zero : partition.PartitionEpoch;
        switch (random.Next(8))
        {
            case 0:
                return new RegisterBrokerCommand(node, new Guid(random.Next(1, 3), 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), Sample.Endpoints("x", 1), null, random.Next(2) == 0 ? own : default);
            case 1:
                return new AlterBrokerCommand(node, random.Next(4) == 0 ? epoch : own, (BrokerChange)(random.Next(3) == 0 ? 1 : random.Next(1, 3)));
            case 2:
                TopicSettings settings = cluster.Topic().Settings with { MinInSyncReplicas = random.Next(1, 3), FlushMode = (TopicFlushMode)random.Next(3) };
                return new AlterTopicCommand(Sample.Id(1), settings, cluster.Topic().Version);
            case 3 or 4:
                return new AlterInSyncCommand(
                    id, partition.Leader ?? node, partition.LeaderEpoch, expected,
                    [.. part.With(partition.Leader ?? node).Select(member => new InSyncMember(member, cluster.Image.TryGetBroker(member, out var known) ? known.Epoch : own))]);
            default:
                ReplicaAssignment assignment = new(some.With(partition.Replicas), some.Without(partition.Replicas), partition.Replicas.Without(some));
                NodeId? leader = part.Count == 0 || random.Next(4) == 0 ? null : part[random.Next(part.Count)];
                bool isUnclean = leader is not null && random.Next(5) == 0;
                return new AlterPartitionsCommand(
                [
                    new PartitionChange
                    {
                        Partition = id,
                        Expected = expected,
                        Leader = leader,
                        InSync = isUnclean ? NodeList.Of(leader!.Value) : part,
                        Election = isUnclean ? (ElectionKind)random.Next(1, 3) : ElectionKind.Clean,
                        Assignment = random.Next(3) == 0 && some.Count > 0 ? assignment : null,
                        Distrusted = random.Next(4) == 0 ? NodeList.Of(node) : NodeList.Empty,
                    },
                ]);
        }
    }
}
