using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Configuration;
using GoQueue.Server.Hosting;

namespace GoQueue.Server.Health;

/// <summary>
/// Whether the node should be sent requests: it has recovered, is registered and not fenced, and its replicas have caught up once since the start. That
/// they fall behind later is told by the health of the cluster and does not take the node out of service.
/// </summary>
internal sealed class Readiness(NodeState node, BrokerPorts broker, ServerOptions options)
{
    private volatile bool hasCaughtUp;

    /// <summary>What keeps it from being ready, in words; empty when nothing does.</summary>
    public IReadOnlyList<string> Reasons()
    {
        if (node.Phase == NodePhase.Starting || broker.IfOpen is not { } running)
        {
            return ["the broker recovers its logs, or waits for the other nodes of its cluster"];
        }

        if (node.Phase == NodePhase.Draining || node.IsHandingOver)
        {
            return ["the node was told to stop"];
        }

        MetadataImage image = running.Metadata.Image;
        if (running.Cluster is null)
        {
            return [];
        }

        if (!image.TryGetBroker(options.NodeId, out BrokerImage? self))
        {
            return ["the node is not registered in its cluster yet"];
        }

        return self.IsFenced ? ["the controller of the cluster does not hear of this node, or has not let it in yet"] : Behind(image);
    }

    private IReadOnlyList<string> Behind(MetadataImage image)
    {
        if (hasCaughtUp)
        {
            return [];
        }

        int behind = image.TopicsOn(options.NodeId).Sum(topic => topic.Partitions.Count(IsBehind));
        hasCaughtUp = behind == 0;
        return behind == 0 ? [] : [$"replicas of {behind} {(behind == 1 ? "partition" : "partitions")} are catching up with their leaders"];
    }

    /// <summary>A replica that is being moved here is not waited for, and neither is one whose leader is missing.</summary>
    private bool IsBehind(PartitionImage partition)
    {
        NodeId self = options.NodeId;
        return partition.Leader is not null && partition.Replicas.Contains(self) && !partition.Adding.Contains(self) && !partition.Removing.Contains(self) && !partition.InSync.Contains(self);
    }
}
