using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Policy;

/// <summary>What decisions are made on: one image, and what the controller knows beyond it of who is there. Immutable.</summary>
public sealed class ClusterView
{
    private readonly Dictionary<NodeId, Standing> standings = []; // looked up, never walked: its order means nothing

    /// <summary>Everybody is there whom the image does not call fenced: the view of a node that is not the controller.</summary>
    public ClusterView(MetadataImage image)
        : this(image, static _ => false)
    {
    }

    /// <param name="isGone">Asked once for each broker.</param>
    public ClusterView(MetadataImage image, Func<BrokerImage, bool> isGone)
    {
        Image = image;
        foreach (BrokerImage broker in image.Brokers)
        {
            standings.Add(broker.Node, new Standing(broker.IsFenced || isGone(broker), broker.IsStopping, broker.IsDraining));
        }
    }

    public MetadataImage Image { get; }

    /// <summary>It may be made a leader now.</summary>
    public bool MayLead(NodeId node) => standings.TryGetValue(node, out Standing standing) && !standing.IsGone && !standing.IsStopping;

    /// <summary>It is not there: fenced, about to be, or never registered.</summary>
    public bool IsGone(NodeId node) => !standings.TryGetValue(node, out Standing standing) || standing.IsGone;

    public bool IsStopping(NodeId node) => standings.TryGetValue(node, out Standing standing) && standing.IsStopping;

    public bool IsDraining(NodeId node) => standings.TryGetValue(node, out Standing standing) && standing.IsDraining;

    /// <summary>
    /// Nothing can be due: it is led by somebody who stays, everybody in sync is there and stays, and nothing moves. Allocates nothing, because it is asked
    /// for every partition of a topic whenever one of them changes.
    /// </summary>
    public bool IsAtRest(PartitionImage partition)
    {
        if (partition.Leader is not { } leader || partition.IsReassigning || IsDraining(leader))
        {
            return false;
        }

        NodeList inSync = partition.InSync;
        for (int i = 0; i < inSync.Count; i++)
        {
            if (!MayLead(inSync[i]))
            {
                return false;
            }
        }

        return true;
    }

    private readonly record struct Standing(bool IsGone, bool IsStopping, bool IsDraining);
}
