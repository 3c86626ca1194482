using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Policy;
using GoQueue.Metadata.Quorum;
using GoQueue.Metadata.Topics;

namespace GoQueue.Broker.Controller;

/// <summary>Administration on any node: the same policies as the controller's, proposed from here; compare-and-set sorts out who was first.</summary>
internal sealed partial class ClusterRequests(NodeId self, IMetadataLog metadata, IMetadataQuorum quorum) : IClusterRequests
{
    /// <summary>Attempts of a change whose partitions keep changing under it.</summary>
    private const int MaxAttempts = 5;

    public async ValueTask<Result<ReassignmentProgress>> StartReassignmentAsync(IReadOnlyList<WantedReplicas> moves, long? bytesPerSecond, CancellationToken cancellationToken)
    {
        if (bytesPerSecond is { } rate && await SetReassignmentRateAsync(rate, cancellationToken) is { } refused)
        {
            return refused;
        }

        Error? error = await ChangeAsync(view => Starts(view, moves), cancellationToken);
        return error is { } failed ? failed : Reassignment();
    }

    public async ValueTask<Result<ReassignmentProgress>> CancelReassignmentAsync(IReadOnlyCollection<string>? topics, CancellationToken cancellationToken)
    {
        if (FindUnknown(topics) is { } unknown)
        {
            return unknown;
        }

        Error? error = await ChangeAsync(view => Cancels(view, topics), cancellationToken);
        return error is { } failed ? failed : Reassignment();
    }

    public async ValueTask<Error?> SetReassignmentRateAsync(long bytesPerSecond, CancellationToken cancellationToken)
    {
        SetReassignmentRateCommand command = new(bytesPerSecond);
        return command.Validate() ?? ErrorOf(await metadata.DecideAsync(command, cancellationToken));
    }

    public async ValueTask<Result<PartitionInfo>> TransferLeaderAsync(string topic, int partition, NodeId? to, bool isForced, CancellationToken cancellationToken)
    {
        Error? error = await ChangeAsync(view => Transfer(view, topic, partition, to, isForced), cancellationToken);
        if (error is { } failed)
        {
            return failed;
        }

        return Find(metadata.Image, topic, partition).TryGet(out (TopicImage Topic, PartitionImage Partition) found, out Error gone)
            ? Describe(found.Topic, found.Partition)
            : gone;
    }

    public async ValueTask<Result<int>> TransferToPreferredAsync(CancellationToken cancellationToken)
    {
        int changed = 0;
        Error? error = await ChangeAsync(
            view =>
            {
                List<PartitionChange> changes = ControllerPolicy.PreferredLeaders(view, int.MaxValue);
                changed = Math.Max(changed, changes.Count);
                return changes;
            },
            cancellationToken);
        return error is { } failed ? failed : changed;
    }

    public async ValueTask<Result<ReassignmentProgress>> DrainAsync(NodeId node, CancellationToken cancellationToken)
    {
        if (!metadata.Image.TryGetBroker(node, out _))
        {
            return UnknownNode(node);
        }

        // Planned first: when the others are too few, nothing is begun.
        if (!ReassignmentPlan.Drain(metadata.Image, node).TryGet(out _, out Error tooFew))
        {
            return tooFew;
        }

        Result<MetadataOutcome> marked = await metadata.DecideAsync(new AlterBrokerCommand(node, BrokerEpoch.None, BrokerChange.Drain), cancellationToken);
        if (!marked.IsOk)
        {
            return marked.Error;
        }

        Error? error = await ChangeAsync(view => Drains(view, node), cancellationToken);
        return error is { } failed ? failed : Reassignment();
    }

    public async ValueTask<Error?> UndrainAsync(NodeId node, CancellationToken cancellationToken) =>
        ErrorOf(await metadata.DecideAsync(new AlterBrokerCommand(node, BrokerEpoch.None, BrokerChange.Undrain), cancellationToken));

    public async ValueTask<Error?> PromoteAsync(NodeId node, CancellationToken cancellationToken) =>
        quorum.Status.Members.FirstOrDefault(member => member.Member.Node == node) is { } known
            ? await quorum.PromoteAsync(node, known.Member.Incarnation, cancellationToken)
            : UnknownNode(node);

    public async ValueTask<Error?> RemoveAsync(NodeId node, CancellationToken cancellationToken)
    {
        MetadataImage image = metadata.Image;
        bool isBroker = image.TryGetBroker(node, out BrokerImage? broker);
        QuorumMemberStatus? member = quorum.Status.Members.FirstOrDefault(member => member.Member.Node == node);
        if (!isBroker && member is null)
        {
            return UnknownNode(node);
        }

        if (isBroker && (!broker!.IsFenced || image.TopicsOn(node).Any()))
        {
            return new Error(ErrorCode.PreconditionFailed, $"node {node} {(broker.IsFenced ? "still has replicas: drain it first" : "is running: drain it and stop it first")}");
        }

        if (member is not null && await quorum.RemoveAsync(node, member.Member.Incarnation, cancellationToken) is { } refused)
        {
            return refused;
        }

        return isBroker ? ErrorOf(await metadata.DecideAsync(new UnregisterBrokerCommand(node, broker!.Epoch), cancellationToken)) : null;
    }

    /// <summary>
    /// A log of this node failed: others take over what they can. Null when that is decided, or when nobody else holds every committed record.
    /// </summary>
    public ValueTask<Error?> ReportFailureAsync(TopicPartition partition, CancellationToken cancellationToken) => ChangeAsync(
        view => view.Image.TryGetTopic(partition.Topic, out TopicImage? topic)
            && PartitionPolicy.WithoutFailed(topic, topic.Partitions[partition.Partition.Value], self, view) is { } change
                ? new List<PartitionChange> { change }
                : new List<PartitionChange>(),
        cancellationToken);

    /// <summary>Decides on the newest image and proposes; again when something changed in between.</summary>
    private async ValueTask<Error?> ChangeAsync(Func<ClusterView, Result<List<PartitionChange>>> decide, CancellationToken cancellationToken)
    {
        Error? last = null;
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (!decide(new ClusterView(metadata.Image)).TryGet(out List<PartitionChange>? changes, out Error refused))
            {
                return refused;
            }

            changes.Sort(static (left, right) => left.Partition.CompareTo(right.Partition));
            last = await ProposeAsync(changes, cancellationToken);
            if (last is null || last.Value.Code != ErrorCode.PreconditionFailed)
            {
                return last;
            }
        }

        return last;
    }

    private async ValueTask<Error?> ProposeAsync(List<PartitionChange> changes, CancellationToken cancellationToken)
    {
        Error? first = null;
        foreach (AlterPartitionsCommand command in ControllerPolicy.Batches(changes))
        {
            if (!(await metadata.DecideAsync(command, cancellationToken)).TryGet(out MetadataOutcome? outcome, out Error error))
            {
                return error;
            }

            if (outcome is MetadataOutcome.PartitionsAltered { Refusals: [PartitionRefusal refusal, ..] })
            {
                first ??= refusal.Reason;
            }
        }

        return first;
    }

    private static Result<List<PartitionChange>> Starts(ClusterView view, IReadOnlyList<WantedReplicas> moves)
    {
        SortedDictionary<TopicPartition, PartitionChange> changes = [];
        foreach (WantedReplicas move in moves)
        {
            if (!Find(view.Image, move.Topic, move.Partition).TryGet(out (TopicImage Topic, PartitionImage Partition) found, out Error unknown))
            {
                return unknown;
            }

            if (!ReassignmentPolicy.Start(found.Topic, found.Partition, move.Replicas, view).TryGet(out PartitionChange? change, out Error refused) && refused.Code != ErrorCode.None)
            {
                return refused;
            }

            if (change is not null && !changes.TryAdd(change.Partition, change))
            {
                return new Error(ErrorCode.InvalidArgument, $"partition {move.Partition} of topic {move.Topic} is to be moved twice");
            }
        }

        return changes.Values.ToList();
    }

    private static Result<List<PartitionChange>> Cancels(ClusterView view, IReadOnlyCollection<string>? topics)
    {
        List<PartitionChange> changes = [];
        foreach (TopicPartition id in view.Image.Reassigning)
        {
            bool isMeant = view.Image.TryGetTopic(id.Topic, out TopicImage? topic) && (topics is null || topics.Contains(topic.Name));
            if (!isMeant)
            {
                continue;
            }

            Result<PartitionChange?> cancelled = ReassignmentPolicy.Cancel(topic!, topic!.Partitions[id.Partition.Value], view);
            if (!cancelled.IsOk)
            {
                return cancelled.Error;
            }

            if (cancelled.Value is { } change)
            {
                changes.Add(change);
            }
        }

        return changes;
    }

    private static Result<List<PartitionChange>> Drains(ClusterView view, NodeId node) =>
        ReassignmentPlan.Drain(view.Image, node).TryGet(out IReadOnlyList<ReplicaMove>? moves, out Error tooFew)
            ? Starts(view, [.. moves.Select(move => new WantedReplicas(move.TopicName, move.Partition.Partition.Value, move.To))])
            : tooFew;

    private static Result<List<PartitionChange>> Transfer(ClusterView view, string topicName, int partition, NodeId? to, bool isForced)
    {
        if (!Find(view.Image, topicName, partition).TryGet(out (TopicImage Topic, PartitionImage Partition) found, out Error unknown))
        {
            return unknown;
        }

        NodeId target = to ?? found.Partition.PreferredLeader;
        if (found.Partition.Leader == target)
        {
            return new List<PartitionChange>();
        }

        return PartitionPolicy.Transfer(found.Topic, found.Partition, target, isForced, view).TryGet(out PartitionChange? change, out Error refused)
            ? new List<PartitionChange> { change }
            : refused;
    }

    private static Error? ErrorOf(Result<MetadataOutcome> result) => result.IsOk ? null : result.Error;

    private static Error UnknownNode(NodeId node) => new(ErrorCode.UnknownNode, $"the cluster has no node {node}");
}
