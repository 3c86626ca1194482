using GoQueue.Core;
using GoQueue.Metadata.Brokers;

namespace GoQueue.Metadata.Policy;

/// <summary>What decisions are made on: one image, and what the controller knows beyond it of who is there. Immutable.</summary>
public sealed class ClusterView(MetadataImage image, Func<BrokerImage, bool> isGone)
{
    /// <summary>Everybody is there whom the image does not call fenced: the view of a node that is not the controller.</summary>
    public ClusterView(MetadataImage image)
        : this(image, static _ => false)
    {
    }

    public MetadataImage Image { get; } = image;

    /// <summary>It may be made a leader now.</summary>
    public bool MayLead(NodeId node) => Image.TryGetBroker(node, out BrokerImage? broker) && broker.MayLead && !isGone(broker);

    /// <summary>It is not there: fenced, about to be, or never registered.</summary>
    public bool IsGone(NodeId node) => !Image.TryGetBroker(node, out BrokerImage? broker) || broker.IsFenced || isGone(broker);

    public bool IsStopping(NodeId node) => Image.TryGetBroker(node, out BrokerImage? broker) && broker.IsStopping;

    public bool IsDraining(NodeId node) => Image.TryGetBroker(node, out BrokerImage? broker) && broker.IsDraining;
}
