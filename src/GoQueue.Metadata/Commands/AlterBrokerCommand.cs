using GoQueue.Core;
using GoQueue.Metadata.Cluster;

namespace GoQueue.Metadata.Commands;

/// <summary>
/// Changes what a broker may do. Precondition: it is registered with this epoch. Its partitions do not change with it; the controller proposes that
/// with the versions it saw. A state it is in already is fine and changes nothing.
/// </summary>
/// <param name="Epoch">None for draining, which is a wish about the node and not about one registration.</param>
public sealed record AlterBrokerCommand(NodeId Node, BrokerEpoch Epoch, BrokerChange Change) : MetadataCommand
{
    public override Error? Validate()
    {
        if (ClusterName.Validate(Node.Value, "node id") is { } wrongNode)
        {
            return wrongNode;
        }

        bool isAboutNode = Change is BrokerChange.Drain or BrokerChange.Undrain;
        return Enum.IsDefined(Change) && Epoch.Value >= 0 && Epoch.IsNone == isAboutNode
            ? null
            : new Error(ErrorCode.InvalidArgument, $"change {Change} of broker {Node} with the epoch {Epoch}");
    }
}
