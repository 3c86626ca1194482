using GoQueue.Core;
using GoQueue.Metadata.Cluster;

namespace GoQueue.Metadata.Commands;

/// <summary>Gives the cluster its id, once and for ever. Precondition: it has none, or this one.</summary>
public sealed record FormClusterCommand(string ClusterId) : MetadataCommand
{
    public override Error? Validate() => ClusterName.Validate(ClusterId, "cluster id");
}
