using GoQueue.Core;
using static GoQueue.Replication.Tests.Fixtures;

namespace GoQueue.Replication.Tests;

/// <summary>When whole segments are shipped instead of batches fetched (ADR 0014).</summary>
public sealed class ShippingTests
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void A_leader_offers_a_segment_when_more_than_the_bound_are_to_come(int sealedAhead, bool offers) =>
        Assert.Equal(offers, new LeaderScene().Replica.OffersSegments(sealedAhead));

    [Fact]
    public void Shipping_can_be_turned_off_and_only_a_leader_offers()
    {
        Assert.False(new LeaderScene(options: new ReplicaOptions { ShipBehindSegments = null }).Replica.OffersSegments(100));
        Assert.False(Follower(out _).OffersSegments(100));
    }

    [Fact]
    public void R7_an_offer_is_taken_up_by_shipping_and_the_high_watermark_that_came_with_it_counts()
    {
        PartitionReplica replica = Follower(out FetchPosition asked);
        FetchAnswer offer = new(asked.LeaderEpoch, asked.Round, ErrorCode.None, EpochEnd.Undefined, new Offset(3), Offset.Zero) { OffersSegment = true };
        Assert.Equal(FollowerMove.Ship, replica.Answered(offer, Offset.Zero, LogOf((0, 5))).Move);
        Assert.True(replica.AdvanceAsFollower());
        Assert.Equal(new Offset(3), replica.HighWatermark);
    }

    [Fact]
    public void E6_a_divergence_is_settled_before_anything_is_shipped()
    {
        LeaderScene scene = new();
        FetchVerdict verdict = scene.Fetch(N2, 5, lastEpoch: 0);
        Assert.True(verdict.IsServed);
        Assert.False(scene.Fetch(N2, 7, lastEpoch: 0).IsServed);
    }

    [Fact]
    public void E1_a_segment_is_adopted_only_under_the_leadership_that_offered_it_and_where_the_log_ends()
    {
        PartitionReplica replica = Follower(out FetchPosition asked);
        Assert.True(replica.MayAdopt(asked.LeaderEpoch, new Offset(5)));
        Assert.False(replica.MayAdopt(asked.LeaderEpoch, new Offset(4)));
        Assert.False(replica.MayAdopt(new LeaderEpoch(asked.LeaderEpoch.Value - 1), new Offset(5)));
        replica.LogAppended(new Offset(6)); // a fetch brought something meanwhile
        Assert.False(replica.MayAdopt(asked.LeaderEpoch, new Offset(5)));
        Assert.False(replica.MayAdopt(asked.LeaderEpoch, new Offset(6))); // not durable yet: what is adopted behind it would count
        replica.LogBecameDurable(new Offset(6), Start);
        Assert.True(replica.MayAdopt(asked.LeaderEpoch, new Offset(6)));
        replica.BecomeFollower(View(2, 2, N3, [N1, N2, N3]));
        Assert.False(replica.MayAdopt(asked.LeaderEpoch, new Offset(6)));
    }

    [Fact]
    public void R1_a_follower_that_is_taking_a_segment_counts_with_what_it_proved_before()
    {
        LeaderScene scene = new(records: 5);
        scene.Append(10);
        scene.Fetch(N2, 15);
        scene.Fetch(N3, 5); // is offered a segment; nothing more is heard until it is durable there
        Assert.Equal(5, scene.HighWatermark);
        scene.Fetch(N3, 15);
        Assert.Equal(15, scene.HighWatermark);
    }

    private static PartitionReplica Follower(out FetchPosition asked)
    {
        PartitionReplica replica = new(N2, new ReplicaOptions());
        replica.Open(Offset.Zero, new Offset(5), Offset.Zero);
        replica.BecomeFollower(View(1, 1, N1, [N1, N2, N3]));
        asked = replica.NextFetch(Offset.Zero, LogOf((0, 5)));
        return replica;
    }
}
