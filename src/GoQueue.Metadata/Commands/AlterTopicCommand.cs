using GoQueue.Core;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Commands;

/// <summary>Replaces the settings of a topic. Preconditions: the topic exists and is still at the version the change was based on.</summary>
public sealed record AlterTopicCommand(TopicId Id, TopicSettings Settings, long ExpectedVersion) : MetadataCommand
{
    public override Error? Validate() => TopicIds.Validate(Id) ?? Settings.Validate();
}
