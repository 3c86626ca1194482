using GoQueue.Core;
using static GoQueue.Replication.Tests.Fixtures;

namespace GoQueue.Replication.Tests;

/// <summary>R1 to R10 at the leader, one test or more each.</summary>
public sealed partial class LeaderTests
{
    [Fact]
    public void R1_a_single_replica_commits_what_is_durable_and_nothing_more()
    {
        PartitionView alone = new(LeaderEpoch.Zero, PartitionEpoch.Zero, N1, [new ReplicaView(N1, new BrokerEpoch(1), true, true)], 1);
        LeaderScene scene = new(5, alone);
        Assert.Equal(5, scene.HighWatermark);
        scene.Append(3, flush: false);
        Assert.Equal(5, scene.HighWatermark);
        Assert.True(scene.Replica.LogBecameDurable(new Offset(8), scene.Now));
        Assert.Equal(8, scene.HighWatermark);
    }

    [Fact]
    public void R1_the_high_watermark_passes_a_record_only_when_every_in_sync_replica_has_it()
    {
        LeaderScene scene = new();
        scene.Append(3);
        scene.Fetch(N2, 8);
        Assert.Equal(0, scene.HighWatermark);
        scene.Fetch(N3, 6);
        Assert.Equal(6, scene.HighWatermark);
        Assert.True(scene.Fetch(N3, 8).HasMovedHighWatermark);
        Assert.Equal(8, scene.HighWatermark);
        Assert.Equal(3, scene.Replica.CountHolding(new Offset(8)));
    }

    /// <summary>One turn may hear of a fetch, answer for it, and become a follower: who looks after the turn must still learn that this was counted, and by whom.</summary>
    [Fact]
    public void R1_what_a_leader_counted_is_known_after_its_leadership_has_ended()
    {
        LeaderScene scene = new();
        PartitionView view = scene.View;
        scene.Append(3);
        scene.Fetch(N2, 8);
        Assert.Equal(0, scene.Replica.LastCount.End.Value);
        scene.Fetch(N3, 6);
        scene.Replica.BecomeFollower(View(2, 2, N2, [N1, N2]));
        FetchPosition asked = scene.Replica.NextFetch(Offset.Zero, scene.Log);
        scene.Replica.Answered(new FetchAnswer(asked.LeaderEpoch, asked.Round, ErrorCode.None, EpochEnd.Undefined, new Offset(7), Offset.Zero), Offset.Zero, scene.Log);
        Assert.True(scene.Replica.AdvanceAsFollower());
        Assert.Equal(7, scene.HighWatermark);
        Assert.Equal(6, scene.Replica.LastCount.End.Value);
        Assert.Same(view, scene.Replica.LastCount.View);
    }

    [Fact]
    public void R1_the_leaders_own_unflushed_records_do_not_count()
    {
        LeaderScene scene = new();
        scene.Append(3, flush: false);
        scene.Fetch(N2, 8);
        scene.Fetch(N3, 8);
        Assert.Equal(5, scene.HighWatermark);
        Assert.True(scene.Replica.LogBecameDurable(new Offset(8), scene.Now));
        Assert.Equal(8, scene.HighWatermark);
    }

    [Fact]
    public void R2_below_the_minimum_the_high_watermark_stands_still_although_the_whole_set_has_the_record()
    {
        LeaderScene scene = new(view: View(1, 1, N1, [N1]));
        scene.Append(3);
        Assert.Equal(0, scene.HighWatermark);
        Assert.False(scene.Replica.HasEnoughInSync);
        scene.Fetch(N2, 8);
        Assert.Equal(0, scene.HighWatermark);
        Assert.True(scene.Change(View(1, 2, N1, [N1, N2])));
        Assert.Equal(8, scene.HighWatermark);
    }

    [Fact]
    public void R2_a_minimum_above_the_number_of_replicas_means_all_of_them()
    {
        PartitionView alone = new(LeaderEpoch.Zero, PartitionEpoch.Zero, N1, [new ReplicaView(N1, new BrokerEpoch(1), true, true)], 3);
        Assert.True(new LeaderScene(5, alone).Replica.HasEnoughInSync);
    }

    [Fact]
    public void R3_a_requested_expansion_counts_before_it_is_confirmed()
    {
        LeaderScene scene = new(view: View(1, 1, N1, [N1, N2]));
        scene.Fetch(N2, 5);
        Assert.Equal(5, scene.HighWatermark);
        scene.Fetch(N3, 5);
        InSyncProposal proposal = scene.Replica.TakeProposal()!;
        Assert.Equal([N1, N2, N3], proposal.InSync.Select(member => member.Node));
        scene.Append(2);
        scene.Fetch(N2, 7);
        scene.Now += TimeSpan.FromMinutes(1); // beyond any lag window: only the proposal holds it back now
        scene.Fetch(N2, 7);
        Assert.Equal(5, scene.HighWatermark);
        Assert.True(scene.Replica.ProposalEnded(proposal, ProposalOutcome.Refused, scene.Now));
        Assert.Equal(7, scene.HighWatermark);
    }

    [Fact]
    public void R3_a_shrink_does_not_count_before_the_controller_confirms_it()
    {
        LeaderScene scene = new();
        scene.Append(2);
        scene.Fetch(N2, 7);
        scene.Now += TimeSpan.FromSeconds(11);
        scene.Fetch(N2, 7);
        scene.Replica.Tick(scene.Now);
        Assert.Equal([N1, N2], scene.Replica.TakeProposal()!.InSync.Select(member => member.Node));
        Assert.Equal(0, scene.HighWatermark);
        Assert.True(scene.Change(View(1, 2, N1, [N1, N2])));
        Assert.Equal(7, scene.HighWatermark);
    }

    [Fact]
    public void R3_a_proposal_in_doubt_goes_on_counting_until_a_view_settles_it()
    {
        LeaderScene scene = new(view: View(1, 1, N1, [N1, N2]));
        scene.Fetch(N2, 5);
        scene.Fetch(N3, 5);
        InSyncProposal first = scene.Replica.TakeProposal()!;
        scene.Replica.ProposalEnded(first, ProposalOutcome.Unknown, scene.Now);
        scene.Now += TimeSpan.FromMinutes(1);
        scene.Replica.Tick(scene.Now);
        InSyncProposal again = scene.Replica.TakeProposal()!;
        Assert.Same(first, again);

        // Refused because its own first attempt moved the base; the view that shows it is still on its way.
        scene.Replica.ProposalEnded(again, ProposalOutcome.Refused, scene.Now);
        scene.Append(2);
        scene.Fetch(N2, 7);
        Assert.Equal(5, scene.HighWatermark);
        scene.Change(View(1, 2, N1, [N1, N2, N3]));
        scene.Fetch(N3, 7);
        Assert.Equal(7, scene.HighWatermark);
    }

    [Fact]
    public void R3_a_doubt_that_never_took_effect_is_settled_by_proposing_the_committed_set()
    {
        LeaderScene scene = new(view: View(1, 1, N1, [N1, N2]));
        scene.Fetch(N2, 5);
        scene.Fetch(N3, 5);
        InSyncProposal first = scene.Replica.TakeProposal()!;
        scene.Replica.ProposalEnded(first, ProposalOutcome.Unknown, scene.Now);
        scene.Now += TimeSpan.FromMinutes(1);
        scene.Replica.Tick(scene.Now);
        scene.Replica.ProposalEnded(scene.Replica.TakeProposal()!, ProposalOutcome.Refused, scene.Now);
        scene.Now += TimeSpan.FromMinutes(1);
        scene.Replica.Tick(scene.Now);
        Assert.Equal([N1, N2], scene.Replica.TakeProposal()!.InSync.Select(member => member.Node));
        scene.Append(2);
        scene.Fetch(N2, 7);
        Assert.True(scene.Change(View(1, 2, N1, [N1, N2])));
        Assert.Equal(7, scene.HighWatermark);
    }

    [Fact]
    public void R4_a_caught_up_replica_outside_the_set_holds_the_high_watermark_back()
    {
        LeaderScene scene = new(view: View(1, 1, N1, [N1, N2]), options: new ReplicaOptions { MaxLag = TimeSpan.FromSeconds(10), ProposalRetry = TimeSpan.FromHours(1) });
        scene.Fetch(N2, 5);
        scene.Fetch(N3, 5);
        scene.Replica.ProposalEnded(scene.Replica.TakeProposal()!, ProposalOutcome.Refused, scene.Now); // no proposal for an hour
        scene.Append(2);
        scene.Fetch(N2, 7);
        Assert.Equal(5, scene.HighWatermark);
        scene.Now += TimeSpan.FromSeconds(11);
        Assert.True(scene.Replica.Tick(scene.Now));
        Assert.Equal(7, scene.HighWatermark);
    }

    [Fact]
    public void R4_a_fenced_replica_holds_nothing_back()
    {
        LeaderScene scene = new(view: View(1, 1, N1, [N1, N2], fenced: [N3]));
        scene.Fetch(N3, 5);
        Assert.False(scene.Replica.HasProposal);
        scene.Append(2);
        scene.Fetch(N2, 7);
        Assert.Equal(7, scene.HighWatermark);
    }

    [Fact]
    public void R5_a_follower_joins_only_at_the_high_watermark_and_at_the_start_of_the_epoch()
    {
        LeaderScene scene = new(view: View(1, 1, N1, [N1, N2], min: 1));
        scene.Fetch(N2, 5);
        scene.Fetch(N3, 4);
        Assert.False(scene.Replica.HasProposal); // below both
        scene.Append(2);
        scene.Fetch(N2, 7);
        Assert.Equal(7, scene.HighWatermark);
        scene.Fetch(N3, 6);
        Assert.False(scene.Replica.HasProposal); // in the epoch, below the watermark
        scene.Fetch(N3, 7);
        Assert.True(scene.Replica.HasProposal);
    }

    [Fact]
    public void R5_below_the_start_of_the_epoch_nobody_joins_even_at_the_high_watermark()
    {
        LeaderScene scene = new(view: View(1, 1, N1, [N1, N2]));
        scene.Fetch(N3, 3);
        Assert.Equal(0, scene.HighWatermark);
        Assert.False(scene.Replica.HasProposal);
    }

    [Fact]
    public void R5_a_level_follower_joins_without_another_fetch_once_it_may()
    {
        LeaderScene scene = new(view: View(1, 1, N1, [N1, N2], fenced: [N3]));
        scene.Fetch(N3, 5);
        Assert.False(scene.Replica.HasProposal);
        scene.Change(View(1, 1, N1, [N1, N2]));
        scene.Replica.Tick(scene.Now);
        Assert.Equal([N1, N2, N3], scene.Replica.TakeProposal()!.InSync.Select(member => member.Node));
    }

    [Fact]
    public void R6_a_proposal_names_its_base_and_the_registration_of_every_member()
    {
        LeaderScene scene = new(view: View(1, 9, N1, [N1, N2]));
        scene.Fetch(N2, 5);
        scene.Fetch(N3, 5);
        InSyncProposal proposal = scene.Replica.TakeProposal()!;
        Assert.Equal((1, 9), (proposal.LeaderEpoch.Value, proposal.PartitionEpoch.Value));
        Assert.Equal([(N1, 1L), (N2, 2L), (N3, 3L)], proposal.InSync.Select(member => (member.Node, member.BrokerEpoch.Value)));
        Assert.Null(scene.Replica.TakeProposal());
    }

    [Fact]
    public void R6_a_fetch_under_an_older_registration_is_refused_and_proves_nothing()
    {
        LeaderScene scene = new(view: View(1, 1, N1, [N1, N2], brokers: [1, 2, 9]));
        Assert.Equal(ErrorCode.StaleBrokerEpoch, scene.Fetch(N3, 5, broker: 3).Error);
        Assert.False(scene.Replica.HasProposal);
        Assert.True(scene.Fetch(N3, 5, broker: 9).IsServed);
        Assert.True(scene.Replica.HasProposal);
    }

    [Fact]
    public void R6_a_registration_newer_than_the_view_is_served_but_does_not_join_yet()
    {
        LeaderScene scene = new(view: View(1, 1, N1, [N1, N2]));
        Assert.True(scene.Fetch(N3, 5, broker: 30).IsServed);
        Assert.False(scene.Replica.HasProposal);
        scene.Change(View(1, 1, N1, [N1, N2], brokers: [1, 2, 30]));
        scene.Fetch(N3, 5, broker: 30);
        Assert.True(scene.Replica.HasProposal);
    }

    [Fact]
    public void R6_what_a_member_proved_before_it_registered_anew_counts_for_nothing()
    {
        LeaderScene scene = new();
        scene.Append(2);
        scene.Fetch(N2, 7);
        scene.Change(View(1, 2, N1, [N1, N2, N3], brokers: [1, 20, 3]));
        scene.Fetch(N3, 7);
        Assert.Equal(0, scene.HighWatermark); // n2's 7 was before
        scene.Fetch(N2, 7, broker: 20);
        Assert.Equal(7, scene.HighWatermark);
    }

    [Fact]
    public void R7_the_high_watermark_does_not_go_back_when_a_follower_does()
    {
        LeaderScene scene = new();
        scene.Fetch(N2, 5);
        scene.Fetch(N3, 5);
        Assert.Equal(5, scene.HighWatermark);
        Assert.False(scene.Fetch(N3, 2).HasMovedHighWatermark);
        Assert.Equal(5, scene.HighWatermark);
    }

    [Fact]
    public void R8_a_new_leader_does_not_know_the_end_until_its_followers_confirm_it()
    {
        LeaderScene scene = new();
        Assert.False(scene.Replica.KnowsEnd);
        scene.Fetch(N2, 5);
        Assert.False(scene.Replica.KnowsEnd);
        scene.Fetch(N3, 5);
        Assert.True(scene.Replica.KnowsEnd);
    }

    [Fact]
    public void A_fetch_from_outside_the_log_is_refused()
    {
        LeaderScene scene = new();
        Assert.Equal(ErrorCode.OffsetOutOfRange, scene.Fetch(N2, 6, lastEpoch: -1).Error);
    }

    [Fact]
    public void L2_a_replica_that_left_below_the_minimum_still_holds_everything_committed()
    {
        // min 2: n3 leaves, then n2 leaves; from then on nothing is committed, so n2 (eligible) holds all there is.
        LeaderScene scene = new();
        scene.Fetch(N2, 5);
        scene.Fetch(N3, 5);
        scene.Change(View(1, 2, N1, [N1, N2], fenced: [N3]));
        scene.Append(1);
        scene.Fetch(N2, 6);
        Assert.Equal(6, scene.HighWatermark);
        scene.Change(View(1, 3, N1, [N1], fenced: [N2, N3]));
        scene.Append(5);
        Assert.Equal(6, scene.HighWatermark);
    }
}
