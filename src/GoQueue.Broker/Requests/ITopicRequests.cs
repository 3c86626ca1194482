using GoQueue.Core;
using GoQueue.Metadata.Topics;

namespace GoQueue.Broker.Requests;

/// <summary>Topic administration. Reads come from the local image; changes are answered after the metadata log has committed and applied them here.</summary>
public interface ITopicRequests
{
    /// <summary>
    /// Codes: InvalidTopicName, InvalidPartitionCount, InvalidConfiguration, InvalidReplicationFactor, TopicAlreadyExists, MetadataUnavailable, DiskFull.
    /// Without a replication factor: min(3, nodes); without a minimum in sync: 2 with three replicas or more, else 1.
    /// </summary>
    ValueTask<Result<TopicImage>> CreateAsync(CreateTopic request, CancellationToken cancellationToken);

    /// <summary>Codes: InvalidTopicName, UnknownTopic.</summary>
    Result<TopicImage> Describe(string name);

    /// <summary>In ordinal name order.</summary>
    IReadOnlyList<TopicImage> List();

    /// <summary>
    /// Codes: UnknownTopic, InvalidConfiguration, PreconditionFailed (only with a version), Overloaded (without one, when others keep changing the topic),
    /// MetadataUnavailable.
    /// </summary>
    ValueTask<Result<TopicImage>> AlterAsync(string name, TopicSettingsPatch patch, long? expectedVersion, CancellationToken cancellationToken);

    /// <summary>
    /// Adds partitions by halving the widest key ranges. Keys of a moved half change their partition: see docs/internals/metadata-commands.md for what that
    /// means for their order. Codes: UnknownTopic, InvalidPartitionCount (also when not more than there are), PreconditionFailed (only with a
    /// version), Overloaded (without one, when others keep changing the topic), MetadataUnavailable.
    /// </summary>
    /// <param name="total">Partitions there are to be.</param>
    ValueTask<Result<TopicImage>> AddPartitionsAsync(string name, int total, long? expectedVersion, CancellationToken cancellationToken);

    /// <summary>Answers the topic as it was. Codes: UnknownTopic, MetadataUnavailable.</summary>
    ValueTask<Result<TopicImage>> DeleteAsync(string name, CancellationToken cancellationToken);
}
