using System.Buffers;
using System.Diagnostics;
using GoQueue.Consensus.Tests.Contract;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Quorum;
using GoQueue.Storage.Directories;
using GoQueue.Testing;
using static GoQueue.Consensus.Tests.Contract.MetadataCommands;

namespace GoQueue.Consensus.Tests.Cluster;

public sealed class ClusterTests
{
    [Fact]
    public async Task A_proposal_on_any_node_is_decided_and_shows_there_and_everywhere()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        for (int i = 1; i <= 3; i++)
        {
            await cluster[i].Log.DecideAsync<MetadataOutcome.TopicCreated>(Create(i));
            Assert.True(cluster[i].Log.Image.TryGetTopic(Id(i), out _));
        }

        foreach (TestNode node in cluster.Nodes)
        {
            await TestCluster.CatchUpAsync(node);
            Assert.Equal(3, node.Log.Image.TopicCount);
        }

        AssertAllEqual(cluster);
    }

    [Fact]
    public async Task A_read_on_a_follower_sees_what_was_answered_elsewhere_before_it()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        TestNode follower = await cluster.FollowerAsync();
        TestNode leader = await cluster.LeaderAsync();
        for (int i = 1; i <= 50; i++)
        {
            MetadataOutcome.TopicCreated created = await leader.Log.DecideAsync<MetadataOutcome.TopicCreated>(Create(i));
            Result<long> read = await follower.Log.ReadIndexAsync(CancellationToken.None);
            Assert.True(read.IsOk, read.Error.ToString());
            Assert.True(read.Value >= created.Topic.Version);
            Assert.True(follower.Log.Image.TryGetTopic(Id(i), out _));
        }
    }

    /// <summary>
    /// Goal: the death of the leader costs well under a second, because the broken connections start the election. Method: kill it under load of one
    /// caller on a follower and measure the longest wait of a proposal.
    /// </summary>
    [Fact]
    public async Task A_dead_leader_is_replaced_at_once_and_no_answered_proposal_is_lost()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        TestNode follower = await cluster.FollowerAsync();
        TestNode leader = await cluster.LeaderAsync();
        await follower.Log.DecideAsync(Create(1));
        leader.Crash(CrashMode.DropUnflushed);

        Stopwatch watch = Stopwatch.StartNew();
        await follower.Log.DecideAsync<MetadataOutcome.TopicCreated>(Create(2));

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"it took {watch.Elapsed}");
        Assert.True(follower.Log.Image.TryGetTopic(Id(1), out _));
        leader.Start();
        await TestCluster.CatchUpAsync(leader);
        Assert.True(leader.Log.Image.TryGetTopic(Id(2), out _));
        AssertAllEqual(cluster);
    }

    [Fact]
    public async Task Proposals_under_way_when_leaders_die_are_applied_exactly_once()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        using CancellationTokenSource stop = new();
        List<Task<List<long>>> proposers = [.. cluster.Nodes.Select(node => Task.Run(() => AllocateUntilAsync(node, stop.Token)))];
        for (int round = 0; round < 4; round++)
        {
            TestNode leader = await cluster.LeaderAsync();
            long target = leader.Log.Image.NextProducerId.Value + 30;
            await Eventually.TrueAsync(() => cluster.LeaderOrNone?.Log.Image.NextProducerId.Value >= target, "proposals are decided");
            leader = await cluster.LeaderAsync();
            await leader.Log.TransferLeadershipAsync(cluster.Nodes.First(node => node != leader).Member.Node, CancellationToken.None);
            cluster.Network.Cut(new NodeId("n1"), new NodeId("n2"));
            long underCut = cluster[3].Log.Image.NextProducerId.Value + 10;
            await Eventually.TrueAsync(() => cluster[3].Log.Image.NextProducerId.Value >= underCut, "a majority goes on deciding while n1 and n2 are cut off from each other");
            cluster.Network.Heal();
        }

        await stop.CancelAsync();
        List<long> given = [.. (await Task.WhenAll(proposers)).SelectMany(ids => ids)];
        Assert.Equal(given.Count, given.Distinct().Count());
        await TestCluster.CatchUpAsync(cluster[1]);

        // Each proposal takes one id: with none applied twice and none refused, what is gone is what was given, but for those still open at the end.
        Assert.InRange(cluster[1].Log.Image.NextProducerId.Value - given.Count, 0, 3);
    }

    [Fact]
    public async Task Without_a_majority_nothing_is_decided_and_a_cut_off_leader_steps_down()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(options: new RaftOptions { RequestTimeout = TimeSpan.FromSeconds(2) });
        TestNode leader = await cluster.LeaderAsync();
        foreach (TestNode other in cluster.Nodes.Where(node => node != leader))
        {
            cluster.Network.Cut(leader.Member.Node, other.Member.Node);
        }

        Task<ErrorCode> orphan = leader.Log.RefusedAsync(Create(1));
        await Eventually.TrueAsync(() => !leader.Status.IsLeader && leader.Status.Leader is null, "the leader without a majority steps down");
        await Eventually.TrueAsync(() => cluster.Nodes.Exists(node => node != leader && node.Status.IsLeader), "the others elect one of them");
        Assert.Equal(ErrorCode.MetadataUnavailable, (await leader.Log.ReadIndexAsync(CancellationToken.None)).Error.Code);
        Assert.Equal(ErrorCode.OutcomeUnknown, await orphan);
        await cluster.Nodes.First(node => node != leader).Log.DecideAsync<MetadataOutcome.TopicCreated>(Create(2));

        cluster.Network.Heal();
        await TestCluster.CatchUpAsync(leader);
        Assert.True(leader.Log.Image.TryGetTopic(Id(2), out _));
    }

    [Fact]
    public async Task The_lead_is_handed_over_without_an_outage()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        TestNode leader = await cluster.LeaderAsync();
        TestNode heir = await cluster.FollowerAsync();
        await leader.Log.DecideAsync(Create(1));

        Error? refused = await heir.Log.TransferLeadershipAsync(heir.Member.Node, CancellationToken.None);

        Assert.Null(refused);
        await Eventually.TrueAsync(() => heir.Status.IsLeader, "the heir leads");
        await leader.Log.DecideAsync<MetadataOutcome.TopicCreated>(Create(2));
        Assert.Equal(ErrorCode.UnknownNode, (await leader.Log.TransferLeadershipAsync(new NodeId("nobody"), CancellationToken.None))?.Code);
    }

    [Fact]
    public async Task A_node_joins_as_a_learner_is_promoted_and_the_old_one_removed()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(options: new RaftOptions { SnapshotEveryEntries = 20 });
        for (int i = 1; i <= 60; i++)
        {
            await cluster[1].Log.DecideAsync(Create(i));
        }

        TestNode joiner = cluster.AddStranger();
        IMetadataQuorum any = cluster[2].Log;
        Assert.Null(await any.AddLearnerAsync(joiner.Member, CancellationToken.None));
        Assert.Null(await any.AddLearnerAsync(joiner.Member, CancellationToken.None));
        await Eventually.TrueAsync(() => joiner.Log.Image.TopicCount == 60, "the learner has the log");
        await Eventually.TrueAsync(() => MembersAtLeader(cluster).Any(member => member.Member == joiner.Member && member.IsCaughtUp), "the learner has caught up");
        Assert.Null(await any.PromoteAsync(joiner.Member.Node, joiner.Member.Incarnation, CancellationToken.None));

        TestNode leader = await cluster.LeaderAsync();
        Assert.Null(await joiner.Log.RemoveAsync(leader.Member.Node, leader.Member.Incarnation, CancellationToken.None));

        await Eventually.TrueAsync(() => cluster.LeaderOrNone is { } next && next != leader, "another leads");
        await joiner.Log.DecideAsync<MetadataOutcome.TopicCreated>(Create(100));
        Assert.Equal(3, MembersAtLeader(cluster).Count(member => member.Role == QuorumRole.Voter));
        Assert.DoesNotContain(MembersAtLeader(cluster), member => member.Member.Node == leader.Member.Node);
        leader.Crash(CrashMode.KeepAll);
        await joiner.Log.DecideAsync<MetadataOutcome.TopicCreated>(Create(101));
    }

    [Fact]
    public async Task A_wiped_disk_under_the_old_name_is_not_counted_until_it_is_added_anew()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(options: new RaftOptions { RequestTimeout = TimeSpan.FromSeconds(2) });
        await cluster[1].Log.DecideAsync(Create(1));
        TestNode wiped = await cluster.FollowerAsync();
        Guid old = wiped.Member.Incarnation;
        wiped.Crash(CrashMode.KeepAll);
        wiped.Wipe();
        wiped.Start();
        TestNode leader = await cluster.LeaderAsync();
        TestNode other = cluster.Nodes.First(node => node != leader && node != wiped);
        other.Crash(CrashMode.KeepAll);

        // One real member and the impostor: no majority.
        Assert.Contains(await leader.Log.RefusedAsync(Create(2)), (ErrorCode[])[ErrorCode.OutcomeUnknown, ErrorCode.MetadataUnavailable]);
        Assert.Equal(0, wiped.Log.Image.TopicCount);
        other.Start();
        await cluster.LeaderAsync();

        Assert.Equal(ErrorCode.PreconditionFailed, (await other.Log.AddLearnerAsync(wiped.Member, CancellationToken.None))?.Code);
        Assert.Null(await other.Log.RemoveAsync(wiped.Member.Node, old, CancellationToken.None));
        Assert.Null(await other.Log.AddLearnerAsync(wiped.Member, CancellationToken.None));
        await Eventually.TrueAsync(async () => await other.Log.PromoteAsync(wiped.Member.Node, wiped.Member.Incarnation, CancellationToken.None) is null, "the new disk votes");
        await TestCluster.CatchUpAsync(wiped);
        Assert.True(wiped.Log.Image.TryGetTopic(Id(1), out _));
    }

    [Fact]
    public async Task A_voter_that_lost_its_vote_follows_and_does_not_count()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(options: new RaftOptions { RequestTimeout = TimeSpan.FromSeconds(2) });
        await cluster[1].Log.DecideAsync(Create(1));
        TestNode follower = await cluster.FollowerAsync();
        follower.Crash(CrashMode.KeepAll);
        follower.Disk.Root.Delete("raft-state");
        follower.Start();
        TestNode leader = await cluster.LeaderAsync();
        await leader.Log.DecideAsync(Create(2));
        await Eventually.TrueAsync(() => follower.Log.Image.TryGetTopic(Id(2), out _), "it follows");
        foreach (TestNode other in cluster.Nodes.Where(node => node != leader && node != follower))
        {
            other.Crash(CrashMode.KeepAll);
        }

        Assert.Contains(await leader.Log.RefusedAsync(Create(3)), (ErrorCode[])[ErrorCode.OutcomeUnknown, ErrorCode.MetadataUnavailable]);
    }

    [Fact]
    public async Task A_member_far_behind_gets_a_snapshot_in_pieces()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(options: new RaftOptions { SnapshotEveryEntries = 10, SnapshotChunkBytes = 700 });
        TestNode late = await cluster.FollowerAsync();
        late.Crash(CrashMode.DropUnflushed);
        TestNode leader = await cluster.LeaderAsync();
        for (int i = 1; i <= 80; i++)
        {
            await leader.Log.DecideAsync(Create(i, partitions: 3));
        }

        late.Start();

        await Eventually.TrueAsync(() => late.Log.Image.TopicCount == 80, "it has everything");
        AssertAllEqual(cluster);
        late.Crash(CrashMode.DropUnflushed);
        late.Start();
        Assert.InRange(late.Log.Image.TopicCount, 70, 80);
        await TestCluster.CatchUpAsync(late);
        AssertAllEqual(cluster);
    }

    [Fact]
    public async Task The_status_tells_of_leaders_and_wakes_those_who_wait()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        TestNode leader = await cluster.LeaderAsync();
        TestNode follower = await cluster.FollowerAsync();
        await Eventually.TrueAsync(() => follower.Status.Leader == leader.Member.Node, "the follower knows the leader");
        QuorumStatus before = follower.Status;
        ValueTask change = follower.Log.WaitForStatusChangeAsync(before.Sequence, CancellationToken.None);

        leader.Crash(CrashMode.KeepAll);

        await change.AsTask().WaitAsync(TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync(() => follower.Status.Term > before.Term && follower.Status.Leader is not null, "a new leader is known");
        Assert.Equal(3, follower.Status.Members.Count);
    }

    private static async Task<List<long>> AllocateUntilAsync(TestNode node, CancellationToken stop)
    {
        List<long> ids = [];
        while (!stop.IsCancellationRequested)
        {
            ids.Add((await node.Log.DecideAsync<MetadataOutcome.ProducerIdsAllocated>(new AllocateProducerIdsCommand(1))).First.Value);
        }

        return ids;
    }

    private static IReadOnlyList<QuorumMemberStatus> MembersAtLeader(TestCluster cluster) => cluster.LeaderOrNone?.Status.Members ?? [];

    private static void AssertAllEqual(TestCluster cluster)
    {
        List<byte[]> images = [];
        foreach (TestNode node in cluster.Nodes.Where(node => node.IsRunning))
        {
            ArrayBufferWriter<byte> bytes = new();
            MetadataState.WriteImage(node.Log.Image, bytes);
            images.Add(bytes.WrittenSpan.ToArray());
        }

        Assert.All(images, image => Assert.Equal(images[0], image));
    }
}
