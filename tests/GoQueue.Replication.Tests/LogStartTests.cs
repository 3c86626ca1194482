using GoQueue.Core;
using GoQueue.Replication.Tests.Randomised;
using static GoQueue.Replication.Tests.Fixtures;

namespace GoQueue.Replication.Tests;

/// <summary>L12 of the start (ADR 0017): what a leader tells is promised by everybody who may lead after it.</summary>
public sealed class LogStartTests
{
    [Fact]
    public void L12_the_start_passes_an_offset_only_when_every_in_sync_replica_has_promised_it()
    {
        LeaderScene scene = Level(5);
        Assert.False(scene.Replica.PromiseStart(new Offset(4)));
        Assert.Equal(0, Start(scene));
        Assert.False(scene.Fetch(N2, 5, promised: 4).HasMovedHighWatermark);
        Assert.Equal(0, Start(scene));
        Assert.True(scene.Fetch(N3, 5, promised: 3).HasMovedHighWatermark);
        Assert.Equal(3, Start(scene));
        Assert.True(scene.Fetch(N3, 5, promised: 4).HasMovedHighWatermark);
        Assert.Equal(4, Start(scene));
    }

    [Fact]
    public void L12_a_sole_replica_tells_what_it_promises_at_once()
    {
        LeaderScene scene = new(5, new PartitionView(LeaderEpoch.Zero, PartitionEpoch.Zero, N1, [new ReplicaView(N1, new BrokerEpoch(1), true, true)], 1));
        Assert.True(scene.Replica.PromiseStart(new Offset(5)));
        Assert.Equal((5, true), (Start(scene), scene.Replica.KnowsStart));
    }

    /// <summary>Goal: whichever member of the in-sync set leads next, it tells no less. Method: the leader tells 4; each of the others takes over, with the set left to it.</summary>
    [Theory]
    [InlineData(4, 4)]
    [InlineData(5, 4)]
    [InlineData(5, 2)]
    public void L12_a_successor_out_of_the_in_sync_set_tells_no_lower_start(long ownPromise, long heard)
    {
        LeaderScene next = new(5, promised: ownPromise, told: heard); // it had promised at least the 4 that was told
        bool isSettled = ownPromise == heard;
        Assert.Equal(isSettled, next.Replica.KnowsStart);
        next.Fetch(N2, 5, promised: 4);
        Assert.Equal(isSettled, next.Replica.KnowsStart);
        next.Fetch(N3, 5, promised: 4);
        Assert.True(next.Replica.KnowsStart);
        Assert.Equal(4, Start(next));
    }

    [Fact]
    public void L12_a_new_leader_below_the_minimum_tells_only_what_it_both_heard_and_promised()
    {
        PartitionView alone = View(1, 1, N1, [N1]);
        Assert.True(new LeaderScene(5, alone, promised: 3, told: 3).Replica.KnowsStart);
        LeaderScene unsettled = new(5, alone, promised: 4, told: 3);
        Assert.False(unsettled.Replica.KnowsStart);
        unsettled.Fetch(N2, 5, promised: 4);
        Assert.False(unsettled.Replica.KnowsStart); // what N2 says counts when it is in the set
        Assert.True(unsettled.Change(View(1, 2, N1, [N1, N2])));
        Assert.Equal((4, true), (Start(unsettled), unsettled.Replica.KnowsStart));
    }

    [Fact]
    public void L12_below_the_minimum_the_start_stands_still()
    {
        LeaderScene scene = Level(5, View(1, 1, N1, [N1, N2]));
        scene.Change(View(1, 2, N1, [N1]));
        Assert.False(scene.Replica.PromiseStart(new Offset(5)));
        Assert.Equal((0, true), (Start(scene), scene.Replica.KnowsStart));
        scene.Fetch(N2, 5, promised: 5);
        Assert.True(scene.Change(View(1, 3, N1, [N1, N2])));
        Assert.Equal(5, Start(scene));
    }

    [Fact]
    public void L12_R5_a_replica_joins_with_the_promise_of_the_start_and_not_before()
    {
        LeaderScene scene = Level(5, View(1, 1, N1, [N1, N2]), isWithThird: false);
        scene.Replica.PromiseStart(new Offset(4));
        scene.Fetch(N2, 5, promised: 4);
        Assert.Equal(4, Start(scene));
        scene.Fetch(N3, 5, promised: 3);
        Assert.Null(scene.Replica.PendingProposal);
        scene.Replica.Tick(scene.Now);
        Assert.Null(scene.Replica.PendingProposal);
        scene.Fetch(N3, 5, promised: 4);
        Assert.True(scene.Replica.PendingProposal is { IsExpansion: true });
    }

    [Fact]
    public void L12_R5_while_a_new_leader_does_not_know_the_start_a_replica_joins_with_what_the_leader_itself_promised()
    {
        LeaderScene scene = new(5, View(1, 1, N1, [N1, N2], min: 1), promised: 4, told: 2);
        scene.Fetch(N3, 5, promised: 3);
        Assert.False(scene.Replica.KnowsStart);
        Assert.Null(scene.Replica.PendingProposal);
        scene.Fetch(N3, 5, promised: 4);
        Assert.True(scene.Replica.PendingProposal is { IsExpansion: true });
    }

    [Fact]
    public void L12_R3_a_requested_expansion_counts_before_it_is_confirmed_and_a_requested_shrink_does_not()
    {
        LeaderScene scene = Level(5, View(1, 1, N1, [N1, N2]), isWithThird: false);
        scene.Fetch(N3, 5, promised: 0);
        Assert.True(scene.Replica.PendingProposal is { IsExpansion: true });
        scene.Replica.PromiseStart(new Offset(4));
        scene.Fetch(N2, 5, promised: 4);
        Assert.Equal(0, Start(scene));

        LeaderScene slow = Level(5);
        slow.Append(1);
        slow.Now += TimeSpan.FromSeconds(11);
        slow.Fetch(N2, 6, promised: 0);
        slow.Replica.Tick(slow.Now);
        Assert.True(slow.Replica.PendingProposal is { IsExpansion: false });
        slow.Replica.PromiseStart(new Offset(4));
        slow.Fetch(N2, 6, promised: 4);
        Assert.Equal(0, Start(slow));
        Assert.True(slow.Change(View(1, 2, N1, [N1, N2])));
        Assert.Equal(4, Start(slow));
    }

    [Fact]
    public void L12_R6_the_promise_of_a_disk_that_is_gone_does_not_count()
    {
        LeaderScene scene = Level(5);
        scene.Replica.PromiseStart(new Offset(4));
        scene.Fetch(N2, 5, promised: 4);
        scene.Change(View(1, 2, N1, [N1, N2, N3], brokers: [1, 9, 3]));
        Assert.False(scene.Fetch(N3, 5, promised: 4).HasMovedHighWatermark);
        Assert.Equal(0, Start(scene));
        scene.Fetch(N2, 5, broker: 9, promised: 4);
        Assert.Equal(4, Start(scene));
    }

    [Fact]
    public void L12_a_follower_promises_what_its_leader_promises_as_soon_as_it_knows_it_to_be_committed()
    {
        ModelLog log = LogOf((0, 5));
        PartitionReplica follower = new(N2, new ReplicaOptions());
        follower.Open(Offset.Zero, new Offset(5), Offset.Zero);
        follower.BecomeFollower(View(1, 1, N1, [N1, N2]));
        Answer(highWatermark: 2, promised: 4, start: 1);
        Assert.Equal((Offset.None, new Offset(1)), (follower.DuePromise, follower.LogStart));
        Answer(highWatermark: 5, promised: 4, start: 1);
        Assert.Equal(new Offset(4), follower.DuePromise);
        Assert.Equal(Offset.Zero, follower.NextFetch(Offset.Zero, log).PromisedStart);
        Assert.False(follower.PromiseStart(new Offset(4)));
        Assert.Equal(Offset.None, follower.DuePromise);
        Assert.Equal(new Offset(4), follower.NextFetch(Offset.Zero, log).PromisedStart);

        void Answer(long highWatermark, long promised, long start)
        {
            int round = follower.NextFetch(Offset.Zero, log).Round;
            follower.Answered(
                new FetchAnswer(new LeaderEpoch(1), round, ErrorCode.None, EpochEnd.Undefined, new Offset(highWatermark), Offset.Zero) { PromisedStart = new Offset(promised), LogStart = new Offset(start) },
                Offset.Zero,
                log);
            follower.AdvanceAsFollower();
        }
    }

    [Fact]
    public void L12_a_promise_outlives_a_restart_and_says_that_what_is_before_it_is_committed()
    {
        PartitionReplica replica = new(N1, new ReplicaOptions());
        replica.Open(Offset.Zero, new Offset(5), new Offset(1), new Offset(4), new Offset(3));
        Assert.Equal((new Offset(4), new Offset(4), new Offset(3)), (replica.HighWatermark, replica.PromisedStart, replica.LogStart));
    }

    [Fact]
    public void An_unclean_cut_below_the_promise_takes_it_back()
    {
        PartitionReplica replica = new(N2, new ReplicaOptions());
        replica.Open(Offset.Zero, new Offset(5), new Offset(5), new Offset(4), new Offset(4));
        replica.BecomeFollower(View(1, 1, N1, [N1, N2]));
        replica.LogWasCut(new Offset(2));
        Assert.Equal((new Offset(2), new Offset(2), new Offset(2)), (replica.HighWatermark, replica.PromisedStart, replica.LogStart));
    }

    /// <summary>N1 leads and everybody in sync has everything.</summary>
    private static LeaderScene Level(int records, PartitionView? view = null, bool isWithThird = true)
    {
        LeaderScene scene = new(records, view);
        scene.Fetch(N2, records);
        if (isWithThird)
        {
            scene.Fetch(N3, records);
        }

        Assert.Equal(records, scene.HighWatermark);
        Assert.True(scene.Replica.KnowsStart);
        return scene;
    }

    private static long Start(LeaderScene scene) => scene.Replica.LogStart.Value;
}
