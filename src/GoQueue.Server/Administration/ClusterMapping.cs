using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Policy;
using GoQueue.Metadata.Quorum;
using GoQueue.Metadata.Topics;
using Google.Protobuf.Collections;
using Endpoint = GoQueue.Metadata.Brokers.Endpoint;
using V1 = GoQueue.Contracts.V1;

namespace GoQueue.Server.Administration;

/// <summary>From what the broker says of the cluster to the messages of the protocol.</summary>
internal static class ClusterMapping
{
    public static V1.Quorum ToWire(QuorumStatus status)
    {
        V1.Quorum wire = new() { Term = status.Term, CommitIndex = status.CommitIndex, AppliedIndex = status.AppliedIndex };
        if (status.Leader is { } leader)
        {
            wire.Leader = leader.Value;
        }

        wire.Members.AddRange(status.Members.Select(ToWire));
        return wire;
    }

    public static V1.GetClusterHealthResponse ToWire(ClusterHealth health)
    {
        V1.GetClusterHealthResponse wire = new()
        {
            Healthy = health.IsHealthy,
            HasController = health.HasController,
            OfflinePartitions = health.OfflinePartitions,
            UnderMinInSyncPartitions = health.UnderMinInSyncPartitions,
            UnderReplicatedPartitions = health.UnderReplicatedPartitions,
            NotPreferredPartitions = health.NotPreferredPartitions,
            ReassigningPartitions = health.ReassigningPartitions,
            UncleanEvents = health.UncleanEvents,
        };
        Add(wire.FencedBrokers, health.FencedBrokers);
        wire.Problems.AddRange(HealthProblems.Of(health));
        return wire;
    }

    public static V1.Broker ToWire(BrokerInfo info)
    {
        BrokerImage broker = info.Broker;
        V1.Broker wire = new()
        {
            Node = broker.Node.Value,
            State = broker.IsFenced ? V1.BrokerState.Fenced : broker.IsStopping ? V1.BrokerState.Stopping : V1.BrokerState.Online,
            Draining = broker.IsDraining,
            Controller = info.IsController,
            Replicas = info.Replicas,
            Leaders = info.Leaders,
            PeerEndpoint = ToText(broker.Endpoints.Peer),
            HttpEndpoint = ToText(broker.Endpoints.Http),
            GrpcEndpoint = ToText(broker.Endpoints.Grpc),
            Incarnation = broker.Incarnation.ToString("N"),
            BrokerEpoch = broker.Epoch.Value,
        };
        if (info.Quorum is { } role)
        {
            wire.QuorumRole = ToWire(role);
        }

        if (broker.Rack is { } rack)
        {
            wire.Rack = rack;
        }

        return wire;
    }

    public static V1.PartitionStatus ToWire(PartitionInfo info)
    {
        PartitionImage partition = info.Partition;
        V1.PartitionStatus wire = new()
        {
            Topic = info.TopicName,
            Partition = partition.Index.Value,
            LeaderEpoch = partition.LeaderEpoch.Value,
            PartitionEpoch = partition.PartitionEpoch.Value,
            MinInSync = info.MinInSync,
            UnderReplicated = info.IsUnderReplicated,
            UnderMinInSync = info.IsUnderMinInSync,
        };
        if (partition.Leader is { } leader)
        {
            wire.Leader = leader.Value;
        }

        if (partition.LastKnownLeader is { } last)
        {
            wire.LastKnownLeader = last.Value;
        }

        Add(wire.Replicas, partition.Replicas);
        Add(wire.InSync, partition.InSync);
        Add(wire.EligibleLeaders, partition.EligibleLeaders);
        Add(wire.Adding, partition.Adding);
        Add(wire.Removing, partition.Removing);
        return wire;
    }

    public static V1.ReplicaMove ToWire(ReplicaMove move)
    {
        V1.ReplicaMove wire = new() { Topic = move.TopicName, Partition = move.Partition.Partition.Value };
        Add(wire.From, move.From);
        Add(wire.To, move.To);
        return wire;
    }

    public static V1.Reassignment ToWire(ReassignmentProgress progress)
    {
        V1.Reassignment wire = new() { Total = progress.Total, Done = progress.Done, BytesPerSecond = progress.BytesPerSecond };
        if (progress.BytesLeft is { } left)
        {
            wire.BytesLeft = left;
        }

        if (progress.TimeLeft is { } time)
        {
            wire.SecondsLeft = (long)time.TotalSeconds;
        }

        foreach (MovingPartition moving in progress.Moving)
        {
            V1.MovingPartition partition = new() { Topic = moving.TopicName, Partition = moving.Id.Partition.Value };
            Add(partition.Target, moving.Target);
            Add(partition.Adding, moving.Adding);
            Add(partition.Removing, moving.Removing);
            Add(partition.CaughtUp, moving.CaughtUp);
            partition.Arriving.AddRange(moving.Arriving?.Select(replica =>
                new V1.ArrivingReplica { Node = replica.Node.Value, BytesLeft = replica.BytesLeft, BytesPerSecond = replica.BytesPerSecond }) ?? []);
            wire.Moving.Add(partition);
        }

        return wire;
    }

    public static V1.ClusterEvent ToWire(ClusterEvent happened, MetadataImage image)
    {
        V1.ClusterEvent wire = new()
        {
            Version = happened.Version,
            Kind = happened.Kind switch
            {
                ClusterEventKind.UncleanElection => V1.ClusterEventKind.UncleanElection,
                ClusterEventKind.ForcedElection => V1.ClusterEventKind.ForcedElection,
                ClusterEventKind.LastReplicaUnclean => V1.ClusterEventKind.LastReplicaUnclean,
                ClusterEventKind.LastReplicaLost => V1.ClusterEventKind.LastReplicaLost,
                _ => V1.ClusterEventKind.Unspecified,
            },
            Topic = image.TryGetTopic(happened.Partition.Topic, out TopicImage? topic) ? topic.Name : happened.Partition.Topic.ToString(),
            Partition = happened.Partition.Partition.Value,
            Leader = happened.Leader.Value,
            LeaderEpoch = happened.LeaderEpoch.Value,
        };
        if (happened.Before is { } before)
        {
            wire.Before = before.Value;
        }

        if (happened.AtRisk is { } range)
        {
            wire.FirstOffsetAtRisk = range.First.Value;
            wire.EndOffsetAtRisk = range.End.Value;
        }

        return wire;
    }

    private static V1.QuorumMember ToWire(QuorumMemberStatus status)
    {
        V1.QuorumMember wire = new()
        {
            Node = status.Member.Node.Value,
            Incarnation = status.Member.Incarnation.ToString("N"),
            Endpoint = ToText(new Endpoint(status.Member.Host, status.Member.Port)),
            Role = ToWire(status.Role),
            CaughtUp = status.IsCaughtUp,
        };
        if (status.MatchIndex is { } match)
        {
            wire.MatchIndex = match;
        }

        if (status.SinceLastContact is { } silence)
        {
            wire.LastContactMs = (long)silence.TotalMilliseconds;
        }

        return wire;
    }

    private static V1.QuorumRole ToWire(QuorumRole role) => role == QuorumRole.Voter ? V1.QuorumRole.Voter : V1.QuorumRole.Learner;

    private static string ToText(Endpoint endpoint) => endpoint.Port == 0 ? string.Empty : endpoint.ToString();

    private static void Add(RepeatedField<string> to, IEnumerable<NodeId> nodes)
    {
        foreach (NodeId node in nodes)
        {
            to.Add(node.Value);
        }
    }
}
