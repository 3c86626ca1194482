using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Metadata.Policy;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Metadata.Tests.Cluster;

/// <summary>Which disk a node has: what its peer port proves, and what the controller makes of it.</summary>
public sealed class ReturnedDiskTests
{
    private static readonly NodeId Node = new("n0");
    private static readonly Guid Old = new("00000000-0000-0000-0000-000000000001");
    private static readonly Guid New = new("00000000-0000-0000-0000-000000000002");
    private static readonly TimeSpan DeadAfter = TimeSpan.FromSeconds(3);

    [Fact]
    public void M7_a_member_whose_node_came_back_with_another_disk_is_replaced_by_it()
    {
        BrokerLiveness liveness = new(DeadAfter);
        liveness.LinkChanged(new PeerLinkChange(Node, New, PeerLinkState.Up), TimeSpan.Zero);

        QuorumStep.Replace step = Assert.IsType<QuorumStep.Replace>(Next(liveness, Old));
        Assert.Equal((Old, New), (step.Old.Incarnation, step.New.Incarnation));
    }

    /// <summary>
    /// Seed large-1795296578013: 1. n0 is removed and its link to the controller goes down; 2. it joins with another disk by way of somebody else, and is cut off; 3. the controller
    /// took the disk that the old link had proved for the one that came back, gave the new member up for it, and counted on a disk that it had said was forgotten.
    /// </summary>
    [Theory]
    [InlineData(PeerLinkState.Closed)]
    [InlineData(PeerLinkState.Silent)]
    [InlineData(PeerLinkState.Refused)]
    public void M7_a_link_that_is_down_says_nothing_of_the_disk_that_is_there_now(PeerLinkState down)
    {
        BrokerLiveness liveness = new(DeadAfter);
        liveness.LinkChanged(new PeerLinkChange(Node, Old, PeerLinkState.Up), TimeSpan.Zero);
        liveness.LinkChanged(new PeerLinkChange(Node, Old, down), TimeSpan.FromSeconds(1));

        Assert.Null(Next(liveness, New));
        liveness.LinkChanged(new PeerLinkChange(Node, New, PeerLinkState.Up), TimeSpan.FromSeconds(9));
        Assert.Null(Next(liveness, New));
    }

    private static QuorumStep? Next(BrokerLiveness liveness, Guid member) => QuorumPolicy.Next(
        new QuorumStatus
        {
            Sequence = 1, Leader = new NodeId("n2"), IsLeader = true, Term = 1, CommitIndex = 9, AppliedIndex = 9,
            Members = [new QuorumMemberStatus(new QuorumMember(Node, member, "n0", 7000), QuorumRole.Learner, 5, TimeSpan.FromSeconds(8), false)],
        },
        new ClusterView(MetadataImage.Empty),
        liveness.Incarnations,
        DeadAfter);
}
