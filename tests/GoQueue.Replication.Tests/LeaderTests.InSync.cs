using GoQueue.Core;
using static GoQueue.Replication.Tests.Fixtures;

namespace GoQueue.Replication.Tests;

/// <content>Who leaves the in-sync set, and when there are too few (R9, R10).</content>
public sealed partial class LeaderTests
{
    [Fact]
    public void R9_a_follower_that_was_never_level_in_the_window_leaves_and_one_that_is_many_behind_but_level_now_and_then_stays()
    {
        LeaderScene scene = new();
        scene.Fetch(N2, 5);
        scene.Fetch(N3, 5);
        for (int second = 0; second < 15; second++)
        {
            scene.Now += TimeSpan.FromSeconds(1);
            long before = scene.Log.End;
            scene.Append(1000);
            scene.Fetch(N2, before); // level with the end of its last fetch, 1000 behind now
            scene.Replica.Tick(scene.Now);
            Assert.Equal(second >= 10, scene.Replica.PendingProposal is not null);
        }

        Assert.Equal([N1, N2], scene.Replica.PendingProposal!.InSync.Select(member => member.Node));
    }

    [Fact]
    public void R9_a_silent_follower_stays_while_nothing_is_written()
    {
        LeaderScene scene = new();
        scene.Fetch(N2, 5);
        scene.Fetch(N3, 5);
        scene.Now += TimeSpan.FromHours(1);
        scene.Replica.Tick(scene.Now);
        Assert.Null(scene.Replica.PendingProposal);
    }

    [Fact]
    public void R9_with_the_combined_rule_too_many_records_behind_is_behind()
    {
        LeaderScene scene = new(options: new ReplicaOptions { MaxLag = TimeSpan.FromSeconds(10), MaxLagRecords = 100 });
        scene.Fetch(N2, 5);
        scene.Fetch(N3, 5);
        scene.Append(101);
        scene.Fetch(N3, 106);
        scene.Replica.Tick(scene.Now);
        Assert.Equal([N1, N3], scene.Replica.PendingProposal!.InSync.Select(member => member.Node));
    }

    [Fact]
    public void R10_too_few_in_sync_is_known_before_the_append_and_again_after_a_shrink()
    {
        LeaderScene scene = new(view: View(1, 1, N1, [N1, N2]));
        Assert.True(scene.Replica.HasEnoughInSync); // appends go ahead
        scene.Change(View(1, 2, N1, [N1]));
        Assert.False(scene.Replica.HasEnoughInSync); // what waits is answered "after append", what comes is refused before
    }

    [Fact]
    public void R9_a_follower_that_says_its_disk_is_full_leaves_at_once_and_joins_again_when_there_is_room()
    {
        LeaderScene scene = new();
        scene.Fetch(N2, 5);
        scene.Fetch(N3, 5);
        scene.Append(1);
        scene.Fetch(N2, 6);
        scene.Fetch(N3, 5);
        Assert.False(scene.Replica.HasProposal);
        scene.Fetch(N3, 5, isStuck: true);
        InSyncProposal proposal = scene.Replica.TakeProposal()!;
        Assert.Equal([N1, N2], proposal.InSync.Select(member => member.Node));
        Assert.Equal(5, scene.HighWatermark); // R3: it counts until the controller confirms that it left
        Assert.True(scene.Change(View(1, 2, N1, [N1, N2])));
        Assert.Equal(6, scene.HighWatermark);
        scene.Append(1);
        scene.Fetch(N2, 7);
        Assert.Equal(7, scene.HighWatermark); // R4 does not wait for it either
        scene.Fetch(N3, 7, isStuck: true);
        Assert.False(scene.Replica.HasProposal);
        scene.Fetch(N3, 7);
        Assert.True(scene.Replica.TakeProposal()!.IsExpansion);
    }

    [Fact]
    public void R9_a_follower_with_a_full_disk_that_lacks_nothing_stays_until_it_does()
    {
        LeaderScene scene = new();
        scene.Fetch(N2, 5);
        scene.Fetch(N3, 5, isStuck: true);
        Assert.False(scene.Replica.HasProposal);
        scene.Append(1);
        scene.Replica.Tick(scene.Now);
        Assert.Equal([N1, N2], scene.Replica.TakeProposal()!.InSync.Select(member => member.Node));
    }

    [Fact]
    public void R10_members_that_stopped_following_are_missed_before_the_set_says_so()
    {
        LeaderScene scene = new();
        scene.Fetch(N2, 5);
        scene.Fetch(N3, 5);
        scene.Append(1);
        Assert.False(scene.Replica.LacksCaughtUp(scene.Now));
        scene.Now += TimeSpan.FromSeconds(5);
        scene.Fetch(N2, 6);
        scene.Now += TimeSpan.FromSeconds(6);
        Assert.True(scene.Replica.HasEnoughInSync, "the metadata still counts three");
        Assert.False(scene.Replica.LacksCaughtUp(scene.Now)); // n2 was level 6 s ago, n3 is out
        scene.Append(1);
        scene.Now += TimeSpan.FromSeconds(5);
        Assert.True(scene.Replica.LacksCaughtUp(scene.Now));
        scene.Fetch(N3, 7);
        Assert.False(scene.Replica.LacksCaughtUp(scene.Now)); // one of two is enough for a minimum of two
    }

    [Fact]
    public void R10_a_silent_member_that_has_everything_is_not_missed()
    {
        LeaderScene scene = new();
        scene.Fetch(N2, 5);
        scene.Fetch(N3, 5);
        scene.Now += TimeSpan.FromHours(1);
        Assert.False(scene.Replica.LacksCaughtUp(scene.Now));
        scene.Append(1);
        Assert.True(scene.Replica.LacksCaughtUp(scene.Now)); // nobody was level in the window any more; the next fetch tells
        scene.Fetch(N2, 6);
        Assert.False(scene.Replica.LacksCaughtUp(scene.Now));
    }

    [Fact]
    public void R10_who_is_level_but_outside_the_set_is_no_help()
    {
        LeaderScene scene = new(view: View(1, 1, N1, [N1, N2]));
        scene.Fetch(N3, 5);
        scene.Append(1);
        scene.Now += TimeSpan.FromSeconds(11);
        scene.Fetch(N3, 6);
        Assert.True(scene.Replica.LacksCaughtUp(scene.Now));
    }
}
