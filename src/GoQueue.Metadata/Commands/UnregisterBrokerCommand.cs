using GoQueue.Core;
using GoQueue.Metadata.Cluster;

namespace GoQueue.Metadata.Commands;

/// <summary>Forgets a broker for good. Preconditions: it is registered with this epoch, is fenced, and no partition names it.</summary>
public sealed record UnregisterBrokerCommand(NodeId Node, BrokerEpoch Epoch) : MetadataCommand
{
    public override Error? Validate() => ClusterName.Validate(Node.Value, "node id");
}
