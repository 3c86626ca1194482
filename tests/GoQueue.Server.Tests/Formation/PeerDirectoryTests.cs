using GoQueue.Consensus;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Metadata.Quorum;
using GoQueue.Server.Formation;
using GoQueue.Server.Peers;
using GoQueue.Server.Tests.Forwarding;
using GoQueue.Server.Tests.Peers;
using GoQueue.Testing;

namespace GoQueue.Server.Tests.Formation;

public sealed class PeerDirectoryTests
{
    /// <summary>The leader of a cluster whose first members are all gone or follow is none of those that a new node was told of, and waits for an answer to its first message.</summary>
    [Fact]
    public async Task A_node_with_an_empty_log_makes_a_link_to_whoever_of_its_cluster_calls_it()
    {
        await using PeerNodes nodes = new();
        PeerTransport joining = await nodes.StartAsync("n1", cluster: "c");
        PeerTransport leader = await nodes.StartAsync("n7", cluster: "c");
        Func<NodeId, PeerLinkState?> links = PeerNodes.Watch(joining);
        FoundingMembers quorum = new(new QuorumMember(joining.Self, Guid.NewGuid(), "127.0.0.1", joining.Endpoint.Port));
        PeerDirectory directory = new(
            joining, [], new Genesis("c", quorum.Voters, []), new ShownMetadata(), quorum, () => joining.Callers, TimeProvider.System);
        leader.SetPeers([PeerNodes.AddressOf(joining)]);
        await Eventually.TrueAsync(() => joining.Callers.Count == 1, "the leader has called");
        using CancellationTokenSource stop = new();
        Task running = directory.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => links(leader.Self) == PeerLinkState.Up, "it is called back");
        await stop.CancelAsync();
        await running;
    }

    /// <summary>A quorum that knows its founding members and nothing else.</summary>
    private sealed class FoundingMembers(params QuorumMember[] voters) : IMetadataQuorum
    {
        public QuorumMember[] Voters => voters;

        public QuorumStatus Status { get; } = new()
        {
            Sequence = 1,
            Leader = null,
            IsLeader = false,
            Term = 9,
            CommitIndex = 0,
            AppliedIndex = 0,
            Members = [.. voters.Select(static voter => new QuorumMemberStatus(voter, QuorumRole.Voter, null, null, false))],
        };

        public async ValueTask WaitForStatusChangeAsync(long seen, CancellationToken cancellationToken) => await Task.Delay(Timeout.Infinite, cancellationToken);

        public ValueTask<Result<long>> ReadIndexAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<Error?> TransferLeadershipAsync(NodeId target, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<Error?> AddLearnerAsync(QuorumMember member, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<Error?> PromoteAsync(NodeId node, Guid incarnation, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<Error?> RemoveAsync(NodeId node, Guid incarnation, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
