using GoQueue.Core;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Commands;

/// <summary>
/// Creates a topic. Preconditions: no topic has the id, or the name in any spelling of case; the cluster has room for the partitions.
/// </summary>
/// <param name="Id">Never used before; drawn by the proposer.</param>
/// <param name="Partitions">1 to 10000 by index, dense from 0, their ranges cover the hash space without overlap.</param>
/// <param name="Created">The proposer's clock.</param>
public sealed record CreateTopicCommand(TopicId Id, string Name, TopicSettings Settings, IReadOnlyList<PartitionImage> Partitions, UnixMillis Created)
    : MetadataCommand
{
    public override Error? Validate() =>
        TopicIds.Validate(Id) ?? TopicName.Validate(Name) ?? Settings.Validate() ?? PartitionLayout.Validate(Partitions);
}
