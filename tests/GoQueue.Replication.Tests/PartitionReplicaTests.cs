using GoQueue.Core;

namespace GoQueue.Replication.Tests;

public sealed class PartitionReplicaTests
{
    [Fact]
    public void R1_the_high_watermark_passes_only_what_is_durable()
    {
        PartitionReplica replica = new(new NodeId("n1"));
        replica.BecomeLeader(LeaderEpoch.Zero, new Offset(5));
        Assert.Equal(new Offset(5), replica.HighWatermark);
        Assert.True(replica.LogBecameDurable(new Offset(9)));
        Assert.Equal(new Offset(9), replica.HighWatermark);
    }

    [Fact]
    public void R7_the_high_watermark_does_not_move_without_news()
    {
        PartitionReplica replica = new(new NodeId("n1"));
        replica.BecomeLeader(LeaderEpoch.Zero, new Offset(5));
        Assert.False(replica.LogBecameDurable(new Offset(5)));
        Assert.Equal(new Offset(5), replica.HighWatermark);
    }

    [Fact]
    public void What_is_durable_never_shrinks()
    {
        PartitionReplica replica = new(new NodeId("n1"));
        replica.BecomeLeader(LeaderEpoch.Zero, new Offset(5));
        Assert.Throws<InvariantViolationException>(() => replica.LogBecameDurable(new Offset(4)));
    }

    [Fact]
    public void E1_a_leadership_never_has_an_older_epoch()
    {
        PartitionReplica replica = new(new NodeId("n1"));
        replica.BecomeLeader(new LeaderEpoch(3), Offset.Zero);
        Assert.Throws<InvariantViolationException>(() => replica.BecomeLeader(new LeaderEpoch(2), Offset.Zero));
    }
}
