using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Policy;
using GoQueue.Metadata.Quorum;
using GoQueue.Metadata.Topics;
using Endpoint = GoQueue.Metadata.Brokers.Endpoint;

namespace GoQueue.Server.Tests.Fakes;

/// <summary>A cluster of three with 25 partitions that says what it was asked for, for tests of the layers that translate.</summary>
internal sealed class ScriptedCluster : IClusterRequests, ICatchUpRequests
{
    private static readonly Guid Incarnation = new("0af76519-16cd-43dd-8448-eb211c80319c");
    private static readonly TopicId Topic = new(new Guid(9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));

    private readonly List<string> asked = [];

    /// <summary>Changes that were asked for, in words.</summary>
    public IReadOnlyList<string> Asked => asked;

    public ClusterHealth State { get; set; } = new()
    {
        HasController = true,
        FencedBrokers = [],
        OfflinePartitions = 0,
        UnderMinInSyncPartitions = 0,
        UnderReplicatedPartitions = 0,
        NotPreferredPartitions = 0,
        ReassigningPartitions = 0,
        UncleanEvents = 0,
    };

    private static NodeList All => NodeList.Of(new NodeId("n1"), new NodeId("n2"), new NodeId("n3"));

    public ClusterInfo Info() => new()
    {
        ClusterId = "shop",
        Self = new NodeId("n2"),
        Controller = new NodeId("n1"),
        Version = 120,
        BrokerCount = 3,
        TopicCount = 1,
        PartitionCount = 25,
        Quorum = new QuorumStatus
        {
            Sequence = 1,
            Leader = new NodeId("n1"),
            IsLeader = false,
            Term = 7,
            CommitIndex = 121,
            AppliedIndex = 120,
            Members =
            [
                new QuorumMemberStatus(new QuorumMember(new NodeId("n1"), Incarnation, "10.0.0.1", 7000), QuorumRole.Voter, 121, TimeSpan.Zero, true),
                new QuorumMemberStatus(new QuorumMember(new NodeId("n4"), Incarnation, "10.0.0.4", 7000), QuorumRole.Learner, null, null, false),
            ],
        },
    };

    public ClusterHealth Health() => State;

    public IReadOnlyList<BrokerInfo> Brokers()
    {
        BrokerEndpoints endpoints = new(new Endpoint("10.0.0.1", 7000), new Endpoint("10.0.0.1", 8080), new Endpoint("10.0.0.1", 9000));
        BrokerImage one = new() { Node = new NodeId("n1"), Incarnation = Incarnation, Epoch = new BrokerEpoch(3), Endpoints = endpoints, Rack = "r1" };
        return
        [
            new BrokerInfo(one, IsController: true, QuorumRole.Voter, 12, 4),
            new BrokerInfo(one with { Node = new NodeId("n4"), Rack = null, IsFenced = true, IsDraining = true }, IsController: false, null, 0, 0),
        ];
    }

    public Result<IReadOnlyList<PartitionInfo>> Partitions(PartitionFilter filter)
    {
        if (filter.Topic is { } name and not "orders")
        {
            return new Error(ErrorCode.UnknownTopic, $"no topic is named '{name}'");
        }

        List<PartitionInfo> all = [];
        IReadOnlyList<PartitionImage> images = PartitionLayout.Equal([.. Enumerable.Repeat(All, 25)]);
        foreach (PartitionImage image in images)
        {
            // Every fifth lost a replica, number 10 its leader too.
            bool isShort = image.Index.Value % 5 == 0;
            bool isOffline = image.Index.Value == 10;
            PartitionImage partition = image with
            {
                InSync = isShort ? NodeList.Of(All[0]) : All,
                Leader = isOffline ? null : All[0],
                LastKnownLeader = isOffline ? All[0] : null,
            };
            PartitionInfo info = new(new TopicPartition(Topic, image.Index), "orders", 2, partition);
            if ((!filter.IsOffline || isOffline) && (!filter.IsUnderReplicated || info.IsUnderReplicated) && !filter.IsReassigning && filter.Node?.Value != "n9")
            {
                all.Add(info);
            }
        }

        return all;
    }

    public IReadOnlyList<ClusterEvent> Events() =>
        [new ClusterEvent(90, ClusterEventKind.ForcedElection, new TopicPartition(Topic, new PartitionIndex(3)), All[1], All[0], new LeaderEpoch(4), new OffsetRange(new Offset(10), new Offset(12)))];

    public Result<IReadOnlyList<ReplicaMove>> PlanReassignment(IReadOnlyCollection<string>? topics) => topics?.Contains("missing") == true
        ? new Error(ErrorCode.UnknownTopic, "no topic is named 'missing'")
        : new List<ReplicaMove> { new(new TopicPartition(Topic, new PartitionIndex(0)), "orders", All, NodeList.Of(All[0], All[1], new NodeId("n4"))) };

    public ValueTask<Result<ReassignmentProgress>> StartReassignmentAsync(IReadOnlyList<WantedReplicas> moves, long? bytesPerSecond, CancellationToken cancellationToken)
    {
        asked.Add($"start {string.Join(' ', moves.Select(move => $"{move.Topic}:{move.Partition}={string.Join(',', move.Replicas)}"))} at {bytesPerSecond?.ToString() ?? "the same"}");
        return new(Reassignment());
    }

    public ReassignmentProgress Reassignment() => new()
    {
        Total = 3,
        BytesPerSecond = 1000,
        Moving = [new MovingPartition(new TopicPartition(Topic, new PartitionIndex(0)), "orders", All, NodeList.Of(All[2]), NodeList.Empty, NodeList.Empty)],
    };

    /// <summary>Whether the leaders say how much is left.</summary>
    public bool LeadersAnswer { get; set; } = true;

    public ValueTask<ReassignmentProgress> AskLeadersAsync(ReassignmentProgress progress, CancellationToken cancellationToken) => new(progress with
    {
        Moving = [.. progress.Moving.Select(moving => moving with { Arriving = LeadersAnswer ? [new ArrivingReplica(moving.Adding[0], 9_000, 2_000)] : null })],
    });

    public ValueTask<Result<ReassignmentProgress>> CancelReassignmentAsync(IReadOnlyCollection<string>? topics, CancellationToken cancellationToken)
    {
        asked.Add($"cancel {(topics is null ? "all" : string.Join(',', topics))}");
        return new(Reassignment());
    }

    public ValueTask<Error?> SetReassignmentRateAsync(long bytesPerSecond, CancellationToken cancellationToken)
    {
        asked.Add($"rate {bytesPerSecond}");
        return new(bytesPerSecond < 0 ? new Error(ErrorCode.InvalidArgument, "a rate is not negative") : (Error?)null);
    }

    public ValueTask<Result<PartitionInfo>> TransferLeaderAsync(string topic, int partition, NodeId? to, bool isForced, CancellationToken cancellationToken)
    {
        asked.Add($"transfer {topic}:{partition} to {to?.Value ?? "the preferred"}{(isForced ? ", forced" : string.Empty)}");
        return new(to?.Value == "n9" ? new Error(ErrorCode.InvalidArgument, "n9 is no replica") : (Result<PartitionInfo>)Partitions(PartitionFilter.All).Value[partition]);
    }

    public ValueTask<Result<int>> TransferToPreferredAsync(CancellationToken cancellationToken) => new(4);

    public ValueTask<Result<ReassignmentProgress>> DrainAsync(NodeId node, CancellationToken cancellationToken)
    {
        asked.Add($"drain {node}");
        return new(node.Value == "n9" ? new Error(ErrorCode.UnknownNode, "the cluster has no node n9") : (Result<ReassignmentProgress>)Reassignment());
    }

    public ValueTask<Error?> UndrainAsync(NodeId node, CancellationToken cancellationToken) => Changed($"undrain {node}");

    public ValueTask<Error?> PromoteAsync(NodeId node, CancellationToken cancellationToken) => Changed($"promote {node}");

    public ValueTask<Error?> RemoveAsync(NodeId node, CancellationToken cancellationToken) =>
        node.Value == "n1" ? new(new Error(ErrorCode.PreconditionFailed, "n1 still has 12 replicas")) : Changed($"remove {node}");

    private ValueTask<Error?> Changed(string what)
    {
        asked.Add(what);
        return default;
    }
}
