using GoQueue.Core;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Commands;

/// <summary>Deletes a topic. Precondition: it exists.</summary>
public sealed record DeleteTopicCommand(TopicId Id) : MetadataCommand
{
    public override Error? Validate() => TopicIds.Validate(Id);
}
