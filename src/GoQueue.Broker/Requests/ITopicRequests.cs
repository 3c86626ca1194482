using GoQueue.Core;
using GoQueue.Metadata.Topics;

namespace GoQueue.Broker.Requests;

/// <summary>Topic administration. Reads come from the local image; changes are answered after the metadata log has committed and applied them here.</summary>
public interface ITopicRequests
{
    /// <summary>Codes: InvalidTopicName, InvalidPartitionCount, InvalidConfiguration, TopicAlreadyExists, MetadataUnavailable, DiskFull.</summary>
    ValueTask<Result<TopicImage>> CreateAsync(CreateTopic request, CancellationToken cancellationToken);

    /// <summary>Codes: InvalidTopicName, UnknownTopic.</summary>
    Result<TopicImage> Describe(string name);

    /// <summary>In ordinal name order.</summary>
    IReadOnlyList<TopicImage> List();

    /// <summary>Codes: UnknownTopic, InvalidConfiguration, PreconditionFailed (version), MetadataUnavailable.</summary>
    ValueTask<Result<TopicImage>> AlterAsync(string name, TopicSettingsPatch patch, long? expectedVersion, CancellationToken cancellationToken);

    /// <summary>Answers the topic as it was. Codes: UnknownTopic, MetadataUnavailable.</summary>
    ValueTask<Result<TopicImage>> DeleteAsync(string name, CancellationToken cancellationToken);
}
