using GoQueue.Broker.Requests;
using GoQueue.Core;
using Endpoint = GoQueue.Metadata.Brokers.Endpoint;

namespace GoQueue.Server.Forwarding;

/// <summary>Partitions wherever their leader is: what the REST interface and the simple gRPC calls are served from. Streams use <see cref="Here"/>, and their clients go to the leader themselves.</summary>
internal interface IPartitionRoutes : IPartitionRequests
{
    /// <summary>Only what this node leads; the rest answers NotLeader.</summary>
    IPartitionRequests Here { get; }

    /// <summary>Whether this node leads the partition, as far as it knows now.</summary>
    bool LeadsHere(TopicPartition partition);

    /// <summary>Where a client that was answered NotLeader should go; null when nobody leads now, or nobody knows.</summary>
    LeaderHint? LeaderOf(TopicPartition partition);
}

/// <summary>Who leads a partition, and where that node takes gRPC calls.</summary>
/// <param name="Grpc">Null when the node has not said.</param>
internal readonly record struct LeaderHint(NodeId Node, LeaderEpoch Epoch, Endpoint? Grpc);
