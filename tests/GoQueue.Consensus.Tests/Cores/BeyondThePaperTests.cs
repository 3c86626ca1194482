using GoQueue.Consensus.Core;

namespace GoQueue.Consensus.Tests.Cores;

/// <summary>What the paper leaves open: disks that forget, bounds, losses, full disks.</summary>
public sealed class BeyondThePaperTests
{
    [Fact]
    public void A_member_without_its_vote_state_neither_votes_nor_counts()
    {
        CoreWorld world = new(3);
        world[3].MayVote = false;
        world[3].Crash();
        world.Timeout("n1");
        world.DeliverWithout(2);
        Assert.NotEqual(RaftRole.Leader, world[1].Core.Role);

        world.Elect(1);
        world.Propose("n1", "a");
        world.DeliverWithout(2);
        Assert.Equal(1, world[1].Core.Commit);
        Assert.Equal(2, world[3].Core.Log.LastIndex); // it follows all the same
        for (int i = 0; i < 5; i++)
        {
            world.Timeout("n3");
        }

        Assert.Equal(RaftRole.Follower, world[3].Core.Role);
    }

    [Fact]
    public void Another_incarnation_of_a_voter_is_never_counted()
    {
        CoreWorld world = new(3);
        world.Timeout("n1");
        MemberId impostor = new(world[2].Id.Node, new Guid(99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
        world.Drop();
        world[1].Step(new RaftInput.Received(impostor, new RaftMessage.PreVoteAnswer(1, true)));
        Assert.Equal(RaftRole.PreCandidate, world[1].Core.Role);

        world.Elect(1);
        world.Propose("n1", "a");
        world.Drop();
        world[1].Step(new RaftInput.Received(impostor, new RaftMessage.AppendAccepted(world[1].Core.Term, 2, true)));
        Assert.Equal(1, world[1].Core.Commit);
    }

    /// <summary>Seed cluster-1795288161089: it took the snapshot for one it needs no more, and its leader sent it for ever.</summary>
    [Fact]
    public void A_member_that_had_no_room_for_decided_entries_takes_the_snapshot_that_stands_for_them()
    {
        CoreWorld world = new(3);
        CoreNode leader = world.Elect(1);
        CoreNode full = world[3];
        world.Propose("n1", "a", "b");
        world.DeliverWithout(3);
        Assert.Equal(3, leader.Core.Commit);
        full.IsFlushHeld = true;
        long term = leader.Core.Term;
        full.Step(new RaftInput.Received(leader.Id, new RaftMessage.Append(term, 1, term, Commit: 3, [leader.Core.Log[2], leader.Core.Log[3]])));
        full.Step(new RaftInput.AppendFailed(2));
        Assert.Equal((1, 1), (full.Core.Log.LastIndex, full.Core.Commit));

        leader.TakeSnapshot();
        ReadOnlyMemory<byte> bytes = leader.Core.Snapshot!.Bytes;
        uint checksum = GoQueue.Core.Crc32C.Compute(bytes.Span);
        full.Step(new RaftInput.Received(leader.Id, new RaftMessage.SnapshotChunk(term, 3, term, bytes.Length, checksum, 0, checksum, bytes)));
        Assert.Equal((3, 3), (full.Core.Snapshot?.Index ?? 0, full.Core.Commit));
    }

    [Fact]
    public void What_is_on_its_way_to_a_member_is_bounded()
    {
        RaftOptions options = new() { MaxInflightAppends = 4, MaxAppendBytes = 1000, MaxInflightBytes = 3000 };
        CoreWorld world = new(3, options: options);
        world.Elect(1);
        world.Drop();
        for (int i = 0; i < 100; i++)
        {
            world.Propose("n1", new string('x', 500));
        }

        MemberProgress behind = world[1].Core.ProgressOf(world[2].Id)!;
        Assert.InRange(behind.InflightCount, 1, 4);
        Assert.InRange(behind.InflightBytes, 1, 4000);
        world.Deliver();
        Assert.Equal(world[1].Core.Log.LastIndex, world[2].Core.Log.LastIndex);
        Assert.Equal(world[1].Core.Log.LastIndex, world[1].Core.Commit);
    }

    [Fact]
    public void Lost_messages_are_sent_again()
    {
        CoreWorld world = new(3);
        world.Elect(1);
        world.Propose("n1", "a", "b");
        world.Drop();

        for (int i = 0; i < 10; i++)
        {
            world.Timeout("n1");
            world.Deliver();
        }

        Assert.Equal(3, world[1].Core.Commit);
        Assert.Equal(Log(world[1]), Log(world[3]));
    }

    [Fact]
    public void A_leader_without_room_on_its_disk_leaves_the_lead_to_others()
    {
        CoreWorld world = new(3);
        CoreNode leader = world.Elect(1);
        leader.IsFlushHeld = true;
        world.Propose("n1", "a");
        world.Drop();

        leader.Step(new RaftInput.AppendFailed(2));

        Assert.Equal((RaftRole.Follower, 1L), (leader.Core.Role, leader.Core.Log.LastIndex));
        world.Elect(2);
    }

    [Fact]
    public void A_promotion_that_was_checked_a_moment_ago_is_passed_over_when_the_learner_has_been_silent_for_too_long_since()
    {
        CoreWorld world = new(3, learners: 1);
        CoreNode leader = world.Elect(1);
        world.Deliver();
        MembershipChange.Promote promote = new(CoreWorld.Member(4).Node, CoreWorld.Member(4).Incarnation);
        Assert.Null(leader.Core.Check(promote));
        long last = leader.Core.Log.LastIndex;

        world.Advance(world.Options.ElectionTimeoutMax); // the host asked at the time of its last turn
        leader.Step(new RaftInput.Change(promote));

        Assert.Equal(last, leader.Core.Log.LastIndex);
        Assert.NotNull(leader.Core.Check(promote));
    }

    private static string[] Log(CoreNode node) => [.. Enumerable.Range(1, (int)node.Core.Log.LastIndex).Select(index => CoreWorld.Text(node.Core.Log[index]))];
}
