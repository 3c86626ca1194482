using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Events;
using static GoQueue.Metadata.Tests.Cluster.TestCluster;

namespace GoQueue.Metadata.Tests.Cluster;

/// <summary>L5: what an unclean election put at risk is told by the replicas that come back.</summary>
public sealed class LossReportTests
{
    [Fact]
    public void L5_replicas_that_come_back_add_the_offsets_that_were_at_risk_to_the_event()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 1);
        Assert.Null(cluster.Decide(cluster.Change(Node(1), Nodes(1), ElectionKind.Forced)));
        Assert.Null(cluster.Decide(cluster.Change(Node(2), Nodes(2), ElectionKind.Forced)));
        ClusterEvent first = cluster.Image.Events[0];
        Assert.Null(first.AtRisk);

        Assert.Equal(Range(10, 12), Report(10, 12));
        long version = cluster.Image.Version;
        Assert.Equal(Range(10, 12), Report(11, 12)); // within: nothing changes
        Assert.Equal(version, cluster.Image.Version);
        Assert.Equal(Range(7, 12), Report(7, 9)); // another replica, further back
        Assert.Equal(Range(7, 20), Report(12, 20)); // and one that had more

        Assert.Equal([first with { AtRisk = Range(7, 20) }, cluster.Image.Events[1] with { AtRisk = null }], cluster.Image.Events);
        Assert.Equal(2, cluster.Image.EventCount);
        Assert.Equal(cluster.State.Digest, MetadataState.ReadSnapshot(cluster.State.Snapshot()).Value.Digest);

        static OffsetRange Range(long from, long end) => new(new Offset(from), new Offset(end));

        OffsetRange? Report(long from, long end) => cluster.Apply<MetadataOutcome.LossRecorded>(new ReportLossCommand(first.Partition, first.LeaderEpoch, Range(from, end))).Event.AtRisk;
    }

    [Fact]
    public void L5_a_report_of_what_was_cut_for_no_unclean_election_is_refused()
    {
        TestCluster cluster = Of(3);
        cluster.Create(1, Nodes(0, 1, 2), minInSync: 1);
        Assert.Null(cluster.Decide(cluster.Change(Node(1), Nodes(1), ElectionKind.Forced)));
        ClusterEvent happened = Assert.Single(cluster.Image.Events);
        OffsetRange range = new(new Offset(1), new Offset(2));
        cluster.AssertRefused(ErrorCode.PreconditionFailed, new ReportLossCommand(happened.Partition, new(happened.LeaderEpoch.Value + 1), range));
        cluster.AssertRefused(ErrorCode.PreconditionFailed, new ReportLossCommand(happened.Partition with { Partition = new(1) }, happened.LeaderEpoch, range));
        cluster.AssertRefused(ErrorCode.InvalidArgument, new ReportLossCommand(happened.Partition, happened.LeaderEpoch, new(new Offset(2), new Offset(2))));
        cluster.AssertRefused(ErrorCode.InvalidArgument, new ReportLossCommand(happened.Partition, happened.LeaderEpoch, new(new Offset(-1), new Offset(2))));
        Assert.Equal(happened, Assert.Single(cluster.Image.Events));
    }
}
