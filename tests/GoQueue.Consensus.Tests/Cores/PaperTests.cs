using GoQueue.Consensus.Core;
using GoQueue.Core;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus.Tests.Cores;

/// <summary>The rules of the Raft paper ("In Search of an Understandable Consensus Algorithm", extended version) and of the thesis, by section.</summary>
public sealed class PaperTests
{
    [Fact]
    public void Section_5_1_a_higher_term_makes_a_leader_a_follower_and_a_lower_one_is_refused()
    {
        CoreWorld world = new(3);
        CoreNode leader = world.Elect(1);
        long term = leader.Core.Term;

        leader.Step(new RaftInput.Received(world[2].Id, new RaftMessage.HeartbeatAnswer(term + 1, 0, true)));
        Assert.Equal((RaftRole.Follower, term + 1), (leader.Core.Role, leader.Core.Term));

        world.Tell();
        leader.Step(new RaftInput.Received(world[2].Id, new RaftMessage.Append(term, 0, 0, 0, [])));
        Assert.Contains($"accepted term {term + 1} match 0", world.Tell(), StringComparison.Ordinal);
    }

    [Fact]
    public void Section_5_2_a_member_votes_once_in_a_term_and_remembers_it_over_a_crash()
    {
        CoreWorld world = new(3);
        CoreNode voter = world[3];
        Ask(voter, world[1].Id, 1);
        voter.Crash();
        Ask(voter, world[2].Id, 1);
        Ask(voter, world[1].Id, 1);

        string told = world.Tell();
        Assert.Contains("n3->n1 vote yes term 1", told, StringComparison.Ordinal);
        Assert.Contains("n3->n2 vote no term 1", told, StringComparison.Ordinal);
        Assert.True(told.IndexOf("n3 saves term 1 vote n1", StringComparison.Ordinal) < told.IndexOf("vote yes", StringComparison.Ordinal), "the vote is durable before it is told");
    }

    [Fact]
    public void Section_5_2_a_majority_of_all_voters_is_needed_and_not_of_those_who_answer()
    {
        CoreWorld world = new(5);
        world.Timeout("n1");
        world.DeliverWithout(3, 4, 5);
        Assert.NotEqual(RaftRole.Leader, world[1].Core.Role);

        world.Timeout("n1");
        world.DeliverWithout(4, 5);
        Assert.Equal(RaftRole.Leader, world[1].Core.Role);
    }

    [Fact]
    public void Section_5_3_logs_that_differ_are_made_equal_to_the_leaders()
    {
        CoreWorld world = new(3);
        world.Elect(1);
        world.Propose("n1", "a", "b", "c");
        world.Drop();
        world.Elect(2); // without what n1 has above
        world.Propose("n2", "x");
        world.Deliver();

        Assert.Equal(Log(world[2]), Log(world[1]));
        Assert.Equal(Log(world[2]), Log(world[3]));
        Assert.DoesNotContain(Log(world[1]), entry => entry.EndsWith(":a", StringComparison.Ordinal));
    }

    [Fact]
    public void Section_5_3_the_commit_index_of_a_follower_never_passes_what_the_message_vouches_for()
    {
        CoreWorld world = new(3);
        CoreNode follower = world[3];
        MemberId leader = world[1].Id;
        follower.Step(new RaftInput.Received(leader, new RaftMessage.Append(1, 0, 0, 0, [Entry(1, 1), Entry(2, 1)])));
        follower.Step(new RaftInput.Received(leader, new RaftMessage.Append(2, 1, 1, 5, [])));

        Assert.Equal(1, follower.Core.Commit); // entry 2 may be another one at the new leader
    }

    [Fact]
    public void Section_5_3_a_decided_entry_is_never_replaced()
    {
        CoreWorld world = new(3);
        CoreNode follower = world[3];
        MemberId leader = world[1].Id;
        follower.Step(new RaftInput.Received(leader, new RaftMessage.Append(1, 0, 0, 1, [Entry(1, 1)])));

        Assert.Throws<InvariantViolationException>(() => follower.Step(new RaftInput.Received(world[2].Id, new RaftMessage.Append(2, 0, 0, 0, [Entry(1, 2)]))));
    }

    [Theory]
    [InlineData(2, 5, true)]  // a newer last term, shorter log
    [InlineData(9, 1, false)] // longer log, older last term
    [InlineData(3, 2, true)]  // equal
    [InlineData(2, 2, false)] // same term, shorter
    public void Section_5_4_1_only_a_log_that_is_up_to_date_gets_a_vote(long lastIndex, long lastTerm, bool isGranted)
    {
        CoreWorld world = new(3);
        CoreNode voter = world[3];
        voter.Step(new RaftInput.Received(world[1].Id, new RaftMessage.Append(2, 0, 0, 0, [Entry(1, 1), Entry(2, 2), Entry(3, 2)])));
        world.Advance(TimeSpan.FromSeconds(1));
        world.Tell();

        voter.Step(new RaftInput.Received(world[2].Id, new RaftMessage.Vote(7, lastIndex, lastTerm, false)));

        Assert.Contains(isGranted ? "vote yes" : "vote no", world.Tell(), StringComparison.Ordinal);
    }

    /// <summary>Figure 8: an entry of term 2 on a majority may still be replaced; only an entry of the leader's own term settles it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Section_5_4_2_an_entry_of_an_older_term_is_not_committed_by_counting(bool withTheBug)
    {
        CoreWorld world = new(5, options: new RaftOptions { Faults = withTheBug ? RaftFaults.CommitOlderTermByCounting : RaftFaults.None });
        world.Elect(1);
        long before = world[1].Core.Commit;
        world.Propose("n1", "two");
        world.DeliverWithout(3, 4, 5); // (a) on n1 and n2 only
        world[1].Crash();

        // (c) n1 leads again; its empty entry stays at home, and the old one gets to a majority.
        world[1].IsFlushHeld = true;
        world.Advance(TimeSpan.FromSeconds(1));
        world.Timeout("n1");
        world.Deliver((_, _, message) => message is RaftMessage.PreVote or RaftMessage.PreVoteAnswer or RaftMessage.Vote or RaftMessage.VoteAnswer);
        Assert.Equal(RaftRole.Leader, world[1].Core.Role);
        world.Drop();
        long old = before + 1;
        foreach (int follower in (int[])[2, 3])
        {
            world[1].Step(new RaftInput.Received(world[follower].Id, new RaftMessage.AppendAccepted(world[1].Core.Term, old, true)));
        }

        Assert.Equal(withTheBug, world[1].Core.Commit >= old);
    }

    [Fact]
    public void Section_5_5_messages_that_come_twice_or_late_change_nothing()
    {
        CoreWorld world = new(3);
        world.Elect(1);
        RaftMessage append = new RaftMessage.Append(world[1].Core.Term, 0, 0, 0, [Entry(1, world[1].Core.Term)]);
        world.Propose("n1", "a", "b");
        world.Deliver();
        string[] log = Log(world[2]);
        long commit = world[2].Core.Commit;

        world[2].Step(new RaftInput.Received(world[1].Id, append));
        world[2].Step(new RaftInput.Received(world[1].Id, append));
        world.Deliver();

        Assert.Equal(log, Log(world[2]));
        Assert.Equal(commit, world[2].Core.Commit);
    }

    [Fact]
    public void Section_6_a_removed_member_cannot_disturb_the_others()
    {
        CoreWorld world = new(3);
        CoreNode leader = world.Elect(1);
        leader.Step(new RaftInput.Change(new MembershipChange.Remove(world[3].Id.Node, world[3].Id.Incarnation)));
        world.DeliverWithout(3);
        long term = leader.Core.Term;

        for (int i = 0; i < 5; i++)
        {
            world.Timeout("n3");
            leader.Step(RaftInput.TimerFired.Instance);
            world.Deliver();
        }

        Assert.Equal((RaftRole.Leader, term), (leader.Core.Role, leader.Core.Term));
    }

    [Fact]
    public void Thesis_4_1_a_change_waits_for_the_one_before_and_for_the_first_decision_of_the_term()
    {
        CoreWorld world = new(3);
        world.Timeout("n1");
        world.Deliver((_, _, message) => message is RaftMessage.PreVote or RaftMessage.PreVoteAnswer or RaftMessage.Vote or RaftMessage.VoteAnswer);
        MembershipChange.AddLearner four = new(CoreWorld.Member(4));
        Assert.Equal(ErrorCode.MetadataUnavailable, world[1].Core.Check(four)?.Code);

        world.Deliver();
        Assert.Null(world[1].Core.Check(four));
        world[1].Step(new RaftInput.Change(four));
        Assert.Equal(ErrorCode.PreconditionFailed, world[1].Core.Check(new MembershipChange.AddLearner(CoreWorld.Member(5)))?.Code);
        world.Deliver();
        Assert.Null(world[1].Core.Check(new MembershipChange.AddLearner(CoreWorld.Member(5))));
    }

    [Fact]
    public void Section_7_pieces_of_a_snapshot_that_are_damaged_or_do_not_fit_are_never_installed()
    {
        CoreWorld world = new(3);
        CoreNode follower = world[3];
        RaftSnapshot snapshot = RaftSnapshot.Make(9, 1, world.First, new byte[500]);
        byte[] bytes = snapshot.Bytes.ToArray();
        RaftMessage.SnapshotChunk Chunk(int from, int length, byte[] of, uint total) =>
            new(1, 9, 1, of.Length, total, from, Crc32C.Compute(of.AsSpan(from, length)), of.AsMemory(from, length));
        MemberId leader = world[1].Id;

        follower.Step(new RaftInput.Received(leader, Chunk(100, 200, bytes, snapshot.Checksum))); // the beginning is missing
        follower.Step(new RaftInput.Received(leader, Chunk(0, 300, bytes, snapshot.Checksum)));
        follower.Step(new RaftInput.Received(leader, Chunk(300, bytes.Length - 300, bytes, snapshot.Checksum) with { Checksum = 1 }));
        Assert.Equal(0, follower.Core.Commit);

        byte[] damaged = [.. bytes];
        damaged[^1] ^= 1;
        follower.Step(new RaftInput.Received(leader, Chunk(0, damaged.Length, damaged, Crc32C.Compute(damaged))));
        Assert.Equal(0, follower.Core.Commit); // whole, but its own checksum says no

        follower.Step(new RaftInput.Received(leader, Chunk(300, bytes.Length - 300, bytes, snapshot.Checksum)));
        follower.Step(new RaftInput.Received(leader, Chunk(0, 300, bytes, snapshot.Checksum)));
        follower.Step(new RaftInput.Received(leader, Chunk(300, bytes.Length - 300, bytes, snapshot.Checksum)));
        Assert.Equal(9, follower.Core.Commit);
    }

    [Fact]
    public void Section_8_a_new_leader_serves_no_read_before_it_decided_something()
    {
        CoreWorld world = new(3);
        world.Timeout("n1");
        world.Deliver((_, _, message) => message is RaftMessage.PreVote or RaftMessage.PreVoteAnswer or RaftMessage.Vote or RaftMessage.VoteAnswer);
        CoreNode leader = world[1];
        leader.Step(new RaftInput.Read([1]));
        world.Deliver((_, _, message) => message is RaftMessage.Heartbeat or RaftMessage.HeartbeatAnswer { Round: > 0 });
        Assert.Empty(leader.Reads);

        world.Deliver();
        Assert.Equal(["1@1"], leader.Reads);
    }

    [Theory]
    [InlineData(RaftFaults.None, false)]
    [InlineData(RaftFaults.SkipReadIndexCheckAfterPause, true)]
    internal void Thesis_6_4_a_leader_that_slept_asks_again_before_it_serves(RaftFaults faults, bool isServedStale)
    {
        CoreWorld world = new(3, options: new RaftOptions { Faults = faults });
        CoreNode sleeper = world.Elect(1);
        world.Timeout("n1");
        world.Deliver();
        world.Advance(TimeSpan.FromSeconds(5));
        world.Timeout("n2");
        world.DeliverWithout(1);
        world.Propose("n2", "new");
        world.DeliverWithout(1);

        sleeper.Step(new RaftInput.Read([1]));

        Assert.Equal(isServedStale, sleeper.Reads.Count > 0);
        world.Deliver();
        Assert.Equal(isServedStale ? "1@1" : "1 refused", sleeper.Reads[0]);
    }

    [Fact]
    public void Thesis_6_4_1_a_lease_serves_reads_at_once_and_ends_by_the_clock()
    {
        CoreWorld world = new(3, options: new RaftOptions { LeaseReads = true });
        CoreNode leader = world.Elect(1);
        world.Timeout("n1");
        world.Deliver();

        leader.Step(new RaftInput.Read([1]));
        Assert.Equal(["1@1"], leader.Reads);

        world.Advance(world.Options.ElectionTimeoutMin);
        leader.Step(new RaftInput.Read([2]));
        Assert.Single(leader.Reads);
        world.Deliver();
        Assert.Equal(["1@1", "2@1"], leader.Reads);
    }

    [Fact]
    public void Thesis_6_2_a_leader_that_hears_no_majority_steps_down()
    {
        CoreWorld world = new(3);
        CoreNode leader = world.Elect(1);
        while (leader.Core.Role == RaftRole.Leader)
        {
            Assert.True(world.Now < TimeSpan.FromSeconds(10));
            world.Timeout("n1");
            world.Drop();
        }

        Assert.Null(leader.Core.Leader);
    }

    [Fact]
    public void Thesis_9_6_a_member_that_was_cut_off_comes_back_without_an_election()
    {
        CoreWorld world = new(3);
        CoreNode leader = world.Elect(1);
        long term = leader.Core.Term;
        for (int i = 0; i < 10; i++)
        {
            world.Timeout("n3");
            world.Timeout("n1");
            world.DeliverWithout(3);
        }

        world.Timeout("n3");
        world.Timeout("n1");
        world.Deliver();

        Assert.Equal(term, world[3].Core.Term);
        Assert.Equal((RaftRole.Leader, term), (leader.Core.Role, leader.Core.Term));
    }

    private static void Ask(CoreNode voter, MemberId from, long term) => voter.Step(new RaftInput.Received(from, new RaftMessage.Vote(term, 0, 0, false)));

    private static RaftEntry Entry(long index, long term) => new(index, term, RaftEntryKind.Command, "x"u8.ToArray());

    private static string[] Log(CoreNode node) => [.. Enumerable.Range(1, (int)node.Core.Log.LastIndex).Select(index => CoreWorld.Text(node.Core.Log[index]))];
}
