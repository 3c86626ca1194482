using GoQueue.Core;
using GoQueue.Metadata;

namespace GoQueue.Server.Grpc.Services;

/// <summary>What this node knows of the cluster, as clients ask for it.</summary>
internal interface IMetadataView
{
    /// <summary>This node.</summary>
    NodeId Self { get; }

    MetadataImage Image { get; }

    /// <inheritdoc cref="IMetadataLog.WaitForChangeAsync"/>
    ValueTask<MetadataImage> WaitForChangeAsync(long seenVersion, CancellationToken cancellationToken);
}
