using GoQueue.Broker.PartitionLoops;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;

namespace GoQueue.Broker.Topics;

/// <summary>Settles the policy of a change (ids, ranges, leaders), proposes it, and answers when the partitions follow it.</summary>
internal sealed class TopicRequests(BrokerOptions options, BrokerEnvironment environment, IMetadataLog metadata, PartitionTable partitions) : ITopicRequests
{
    public async ValueTask<Result<TopicImage>> CreateAsync(CreateTopic request, CancellationToken cancellationToken)
    {
        int count = request.Partitions ?? options.DefaultPartitions;
        TopicSettings settings = request.Settings.ApplyTo(TopicSettings.Default);
        if ((TopicName.Validate(request.Name) ?? ValidateCount(count) ?? settings.Validate()) is { } refused)
        {
            return refused;
        }

        TopicId id = new(environment.NewId());
        IReadOnlyList<PartitionImage> images = PartitionLayout.Equal(count, options.Node);
        CreateTopicCommand command = new(id, request.Name, settings, images, UnixMillis.From(environment.Time));
        Error? error = await ProposeAsync(command, cancellationToken);
        return error ?? Find(request.Name);
    }

    public Result<TopicImage> Describe(string name) => TopicName.Validate(name) ?? Find(name);

    public IReadOnlyList<TopicImage> List() => [.. metadata.Image.Topics];

    public async ValueTask<Result<TopicImage>> AlterAsync(string name, TopicSettingsPatch patch, long? expectedVersion, CancellationToken cancellationToken)
    {
        if (!Describe(name).TryGet(out TopicImage? topic, out Error unknown))
        {
            return unknown;
        }

        if (expectedVersion is { } expected && expected != topic.Version)
        {
            return new Error(ErrorCode.PreconditionFailed, $"topic {name} has version {topic.Version}, not {expected}");
        }

        TopicSettings settings = patch.ApplyTo(topic.Settings);
        if (settings.Validate() is { } refused)
        {
            return refused;
        }

        // The version read here travels in the command: a change in between makes the apply refuse, never overwrite.
        Error? error = await ProposeAsync(new AlterTopicCommand(topic.Id, settings, topic.Version), cancellationToken);
        return error ?? Find(name);
    }

    public async ValueTask<Result<TopicImage>> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        if (!Describe(name).TryGet(out TopicImage? topic, out Error unknown))
        {
            return unknown;
        }

        Error? error = await ProposeAsync(new DeleteTopicCommand(topic.Id), cancellationToken);
        return error is { } refused ? refused : topic;
    }

    private async ValueTask<Error?> ProposeAsync(MetadataCommand command, CancellationToken cancellationToken)
    {
        Result<MetadataOutcome> result = await metadata.ProposeAsync(command, cancellationToken);
        if (!result.TryGet(out MetadataOutcome? outcome, out Error error))
        {
            return error;
        }

        if (outcome.IsRefused)
        {
            return outcome.Error;
        }

        await partitions.ReachedAsync(metadata.Image.Version).UnlessCancelledAsync(cancellationToken);
        return null;
    }

    private Result<TopicImage> Find(string name) =>
        metadata.Image.TryGetTopic(name, out TopicImage? topic) ? topic : new Error(ErrorCode.UnknownTopic, $"no topic is named '{name}'");

    private static Error? ValidateCount(int count) =>
        count is >= 1 and <= PartitionLayout.MaxPartitions
            ? null
            : new Error(ErrorCode.InvalidPartitionCount, $"{count} partitions asked for; a topic has 1 to {PartitionLayout.MaxPartitions}");
}
