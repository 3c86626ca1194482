using GoQueue.Core;
using GoQueue.Replication.Tests.Randomised;
using static GoQueue.Replication.Tests.Fixtures;

namespace GoQueue.Replication.Tests;

/// <summary>E1 to E8 and L5 at a replica; E3, E5 and E8 of the stored list have their tests in the storage.</summary>
public sealed class EpochTests
{
    [Fact]
    public void E1_a_leadership_never_has_an_older_epoch()
    {
        LeaderScene scene = new();
        Assert.Throws<InvariantViolationException>(() => scene.Replica.BecomeFollower(View(0, 5, N2, [N1, N2])));
    }

    [Fact]
    public void E1_a_node_elected_again_leads_under_a_new_epoch_and_starts_counting_anew()
    {
        LeaderScene scene = new();
        scene.Fetch(N2, 5);
        scene.Fetch(N3, 5);
        scene.Append(1);
        scene.Replica.BecomeLeader(View(2, 2, N1, [N1, N2, N3]), new Offset(6), new Offset(6), scene.Now);
        Assert.Equal(5, scene.HighWatermark);
        Assert.Equal(new Offset(6), scene.Replica.EpochStart);
        Assert.Equal(1, scene.Replica.CountHolding(new Offset(6)));
        Assert.Equal(3, scene.Replica.CountHolding(new Offset(5))); // committed, so every member has it: the answer to a repeat says so
    }

    [Fact]
    public void E1_a_fetch_under_an_older_epoch_is_fenced_and_under_a_newer_one_unknown()
    {
        LeaderScene scene = new();
        Assert.Equal(ErrorCode.FencedLeaderEpoch, scene.Fetch(N2, 5, epoch: 0).Error);
        Assert.Equal(ErrorCode.UnknownLeaderEpoch, scene.Fetch(N2, 5, epoch: 2).Error);
        Assert.Equal(0, scene.HighWatermark);
    }

    [Fact]
    public void E2_becoming_a_follower_cuts_nothing()
    {
        PartitionReplica replica = Follower(LogOf((0, 5)), 1);
        Assert.Equal(new Offset(5), replica.LogEnd);
        Assert.Equal(Offset.Zero, replica.HighWatermark);
    }

    [Fact]
    public void E3_the_leader_answers_the_largest_epoch_not_above_and_its_end()
    {
        LeaderScene scene = new(view: View(7, 1, N1, [N1, N2, N3]));
        scene.Append(3);
        FetchVerdict verdict = scene.Fetch(N2, 7, epoch: 7, lastEpoch: 4);
        Assert.Equal(new EpochEnd(LeaderEpoch.Zero, new Offset(5)), verdict.Diverging);
        Assert.False(verdict.IsServed);
    }

    [Fact]
    public void E4_two_rounds_cut_back_to_the_common_history()
    {
        // The leader: epochs 0 (0-2), 2 (3-5), 5. The follower: 0 (0-2), 1 (3-4), 3 (5-6): unclean elections on both sides.
        ModelLog leader = LogOf((0, 3), (2, 3));
        leader.Assign(5);
        PartitionReplica leading = new(N1, new ReplicaOptions());
        leading.Open(Offset.Zero, new Offset(6), Offset.Zero);
        leading.BecomeLeader(View(5, 1, N1, [N1]), new Offset(6), new Offset(6), Start);
        ModelLog own = LogOf((0, 3), (1, 2), (3, 2));
        PartitionReplica follower = Follower(own, 5);
        List<long> ends = [];
        for (int round = 0; round < 5; round++)
        {
            FetchPosition position = follower.NextFetch(Offset.Zero, own);
            FetchVerdict verdict = leading.Fetched(N2, new BrokerEpoch(2), position, Offset.Zero, leader, Start);
            FollowerStep step = follower.Answered(new FetchAnswer(position.LeaderEpoch, position.Round, verdict.Error, verdict.Diverging, leading.HighWatermark, Offset.Zero), Offset.Zero, own);
            if (step.Move != FollowerMove.Truncate)
            {
                break;
            }

            own.TruncateTo((int)step.TruncateTo.Value);
            follower.LogWasCut(new Offset(own.End));
            ends.Add(own.End);
        }

        Assert.Equal([5, 3], ends);
    }

    [Fact]
    public void E4_both_know_the_epoch_the_shorter_end_wins()
    {
        ModelLog own = LogOf((0, 3), (1, 4));
        PartitionReplica follower = Follower(own, 2);
        Assert.Equal(new Offset(5), Answer(follower, own, new EpochEnd(new LeaderEpoch(1), new Offset(5))).TruncateTo);
    }

    [Fact]
    public void E5_a_leadership_without_records_gives_way_to_what_the_new_leader_sends()
    {
        ModelLog own = LogOf((3, 4));
        own.Assign(5); // led epoch 5, wrote nothing
        PartitionReplica follower = Follower(own, 6);
        Assert.Equal(new LeaderEpoch(3), follower.NextFetch(Offset.Zero, own).LastEpoch);
        own.Append(3, 9);
        Assert.Equal(new LeaderEpoch(3), own.EpochAt(new Offset(4)));
    }

    [Fact]
    public void E6_the_fetch_carries_the_epoch_of_the_last_record_and_none_for_an_empty_log()
    {
        ModelLog own = LogOf((0, 3), (2, 1));
        Assert.Equal(new LeaderEpoch(2), Follower(own, 4).NextFetch(Offset.Zero, own).LastEpoch);
        ModelLog empty = new();
        Assert.Equal(LeaderEpoch.None, Follower(empty, 4).NextFetch(Offset.Zero, empty).LastEpoch);
    }

    [Fact]
    public void E6_a_late_or_repeated_answer_is_ignored()
    {
        ModelLog own = LogOf((0, 5));
        PartitionReplica follower = Follower(own, 2);
        FetchPosition asked = follower.NextFetch(Offset.Zero, own);
        FetchAnswer diverging = new(asked.LeaderEpoch, asked.Round, ErrorCode.None, new EpochEnd(LeaderEpoch.Zero, new Offset(2)), Offset.Zero, Offset.Zero);
        Assert.Equal(FollowerMove.Truncate, follower.Answered(diverging, Offset.Zero, own).Move);
        own.TruncateTo(2);
        follower.LogWasCut(new Offset(2));
        Assert.Equal(FollowerMove.Ignore, follower.Answered(diverging, Offset.Zero, own).Move);
        follower.NextFetch(Offset.Zero, own);
        Assert.Equal(FollowerMove.Ignore, follower.Answered(diverging, Offset.Zero, own).Move);
    }

    [Fact]
    public void E6_an_answer_of_another_leadership_is_ignored()
    {
        ModelLog own = LogOf((0, 5));
        PartitionReplica follower = Follower(own, 2);
        FetchPosition asked = follower.NextFetch(Offset.Zero, own);
        follower.BecomeFollower(View(3, 3, N3, [N1, N3]));
        Assert.Equal(FollowerMove.Ignore, follower.Answered(new FetchAnswer(asked.LeaderEpoch, asked.Round, ErrorCode.None, EpochEnd.Undefined, new Offset(5), Offset.Zero), Offset.Zero, own).Move);
        Assert.Equal(Offset.Zero, follower.HighWatermark);
    }

    [Fact]
    public void E7_readers_are_fenced_by_epoch_and_told_of_a_truncation_with_the_safe_offset()
    {
        LeaderScene scene = new(view: View(7, 1, N1, [N1]));
        Assert.Equal(ErrorCode.FencedLeaderEpoch, Read(6, 3, -1, out _));
        Assert.Equal(ErrorCode.UnknownLeaderEpoch, Read(8, 3, -1, out _));
        Assert.Equal(ErrorCode.None, Read(7, 3, 0, out _));
        Assert.Equal(ErrorCode.None, Read(-1, 3, -1, out _));
        Assert.Equal(ErrorCode.UnknownLeaderEpoch, Read(-1, 3, 8, out _));
        Assert.Equal(ErrorCode.LogTruncated, Read(7, 9, 4, out EpochEnd parting));
        Assert.Equal(new EpochEnd(LeaderEpoch.Zero, new Offset(5)), parting);

        ErrorCode Read(int known, int from, int last, out EpochEnd parting) =>
            scene.Replica.ValidateReader(new LeaderEpoch(known), new Offset(from), new LeaderEpoch(last), scene.Log, out parting);
    }

    /// <summary>A leadership that never wrote is not in the list of a sole replica; the reader must not wait for an answer for ever.</summary>
    [Fact]
    public void E7_a_log_that_knows_only_older_epochs_than_the_reader_says_where_it_ends()
    {
        ModelLog log = LogOf((0, 5), (2, 3));
        PartitionReplica replica = new(N1, new ReplicaOptions());
        replica.Open(Offset.Zero, new Offset(8), Offset.Zero);
        replica.BecomeLeader(View(7, 1, N1, [N1]), new Offset(8), new Offset(8), Start); // its epoch is noted with its first append
        Assert.Equal(ErrorCode.LogTruncated, replica.ValidateReader(LeaderEpoch.None, new Offset(11), new LeaderEpoch(5), log, out EpochEnd parting));
        Assert.Equal(new EpochEnd(new LeaderEpoch(2), new Offset(8)), parting);
        Assert.Equal(ErrorCode.LogTruncated, replica.ValidateReader(LeaderEpoch.None, new Offset(6), new LeaderEpoch(5), log, out parting));
        Assert.Equal(new EpochEnd(new LeaderEpoch(2), new Offset(6)), parting); // the reader cuts to the end of its own epoch 2 and asks again
        Assert.Equal(ErrorCode.None, replica.ValidateReader(LeaderEpoch.None, new Offset(8), new LeaderEpoch(2), log, out _));
    }

    [Theory]
    [InlineData(9, 0)] // the reader is ahead
    [InlineData(4, 1)] // the reader has a history that this log lacks
    public void E7_a_follower_leaves_the_word_about_truncation_to_the_leader(int from, int last)
    {
        ModelLog own = LogOf((0, 5));
        PartitionReplica follower = Follower(own, 2);
        Assert.Equal(ErrorCode.OffsetNotAvailable, follower.ValidateReader(new LeaderEpoch(2), new Offset(from), new LeaderEpoch(last), own, out _));
        Assert.Equal(ErrorCode.None, follower.ValidateReader(new LeaderEpoch(2), new Offset(5), LeaderEpoch.Zero, own, out _));
    }

    [Fact]
    public void E8_after_a_cut_the_end_the_durable_end_and_the_watermark_are_those_of_the_shorter_log()
    {
        ModelLog own = LogOf((0, 5));
        PartitionReplica follower = Follower(own, 1);
        Answer(follower, own, EpochEnd.Undefined, highWatermark: 4);
        follower.AdvanceAsFollower();
        follower.LogWasCut(new Offset(3));
        Assert.Equal((3L, 3L, 3L), (follower.LogEnd.Value, follower.DurableEnd.Value, follower.HighWatermark.Value));
    }

    [Fact]
    public void R7_a_followers_watermark_is_the_leaders_but_never_beyond_its_own_durable_end()
    {
        ModelLog own = LogOf((0, 5));
        PartitionReplica follower = Follower(own, 1);
        Answer(follower, own, EpochEnd.Undefined, highWatermark: 9);
        Assert.True(follower.AdvanceAsFollower());
        Assert.Equal(new Offset(5), follower.HighWatermark);
        follower.LogAppended(new Offset(8));
        Assert.Equal(new Offset(5), follower.HighWatermark);
        Assert.True(follower.LogBecameDurable(new Offset(8), Start));
        Assert.Equal(new Offset(8), follower.HighWatermark);
    }

    [Fact]
    public void L5_a_cut_below_the_known_watermark_raises_the_alarm()
    {
        ModelLog own = LogOf((0, 5));
        PartitionReplica follower = Follower(own, 1);
        Answer(follower, own, EpochEnd.Undefined, highWatermark: 5);
        follower.AdvanceAsFollower();
        Assert.True(Answer(follower, own, new EpochEnd(LeaderEpoch.Zero, new Offset(3))).IsBelowHighWatermark);
        Assert.False(Answer(follower, own, new EpochEnd(LeaderEpoch.Zero, new Offset(5))).IsBelowHighWatermark);
    }

    [Fact]
    public void A_follower_behind_the_leaders_log_start_catches_up_by_other_means_and_one_refused_asks_again()
    {
        ModelLog own = LogOf((0, 5));
        PartitionReplica follower = Follower(own, 1);
        FetchPosition asked = follower.NextFetch(Offset.Zero, own);
        Assert.Equal(FollowerMove.CatchUp, Refused(ErrorCode.OffsetOutOfRange, 9));
        Assert.Equal(FollowerMove.Retry, Refused(ErrorCode.OffsetOutOfRange, 2));
        Assert.Equal(FollowerMove.Retry, Refused(ErrorCode.UnknownLeaderEpoch, 0));
        follower.LogStartsOver(new Offset(9));
        Assert.Equal(new Offset(9), follower.HighWatermark);

        FollowerMove Refused(ErrorCode error, long logStart) =>
            follower.Answered(new FetchAnswer(asked.LeaderEpoch, asked.Round, error, EpochEnd.Undefined, Offset.Zero, new Offset(logStart)), Offset.Zero, own).Move;
    }

    private static PartitionReplica Follower(ModelLog log, int epoch)
    {
        PartitionReplica replica = new(N2, new ReplicaOptions());
        replica.Open(Offset.Zero, new Offset(log.End), Offset.Zero);
        Assert.Equal(FollowerMove.Append, replica.BecomeFollower(View(epoch, epoch, N1, [N1, N2])).Move);
        return replica;
    }

    private static FollowerStep Answer(PartitionReplica follower, ModelLog own, EpochEnd diverging, long highWatermark = 0)
    {
        FetchPosition asked = follower.NextFetch(Offset.Zero, own);
        return follower.Answered(new FetchAnswer(asked.LeaderEpoch, asked.Round, ErrorCode.None, diverging, new Offset(highWatermark), Offset.Zero), Offset.Zero, own);
    }
}
