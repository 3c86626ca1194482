using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Cluster;

namespace GoQueue.Metadata.Commands;

/// <summary>
/// A broker started. It gets a new broker epoch, is fenced until the controller has heard of it, leads nothing, and loses its place in every ISR and ELR
/// where what it acknowledged may not be on its disk any more (L3, docs/adr/0009). Precondition: another incarnation of the node is fenced.
/// </summary>
/// <param name="Previous">The epoch in the marker of its last clean stop; none without a marker.</param>
public sealed record RegisterBrokerCommand(NodeId Node, Guid Incarnation, BrokerEndpoints Endpoints, string? Rack, BrokerEpoch Previous) : MetadataCommand
{
    public const int MaxRackLength = 64;

    public override Error? Validate()
    {
        if (ClusterName.Validate(Node.Value, "node id") is { } wrongNode)
        {
            return wrongNode;
        }

        if (Rack is not null && ClusterName.Validate(Rack, "rack") is { } wrongRack)
        {
            return wrongRack;
        }

        return Incarnation == Guid.Empty || Previous.Value < 0
            ? new Error(ErrorCode.InvalidArgument, $"broker {Node} registers with incarnation {Incarnation} and the epoch {Previous} before")
            : Endpoints.Validate();
    }
}
