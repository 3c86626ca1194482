using GoQueue.Broker.PartitionLoops;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Policy;
using GoQueue.Metadata.Quorum;
using GoQueue.Metadata.Topics;

namespace GoQueue.Broker.Topics;

/// <summary>Settles the policy of a change (ids, ranges, leaders), proposes it, and answers when the partitions follow it.</summary>
internal sealed class TopicRequests(BrokerOptions options, BrokerEnvironment environment, IMetadataLog metadata, PartitionTable partitions) : ITopicRequests
{
    private const int DefaultReplicationFactor = 3;

    /// <summary>Of one change by callers who named no version. Each try is lost to a change of somebody else's, so this many callers at once come through.</summary>
    private const int MaxTries = 100;

    public async ValueTask<Result<TopicImage>> CreateAsync(CreateTopic request, CancellationToken cancellationToken)
    {
        int count = request.Partitions ?? options.DefaultPartitions;
        if ((TopicName.Validate(request.Name) ?? ValidateCount(count)) is { } refused)
        {
            return refused;
        }

        MetadataImage image = metadata.Image;
        TopicSettings settings = Replicated(request.Settings.ApplyTo(TopicSettings.Default), request.Settings, image);
        if (settings.Validate() is { } wrong)
        {
            return wrong;
        }

        bool areSomeToCome = request.Settings.ReplicationFactor is null && settings.ReplicationFactor > Math.Max(1, image.Brokers.Count);
        if (areSomeToCome)
        {
            return new Error(ErrorCode.MetadataUnavailable, $"{image.Brokers.Count} of the {settings.ReplicationFactor} brokers for the usual replicas are registered; repeat, or say how many replicas it shall have");
        }

        TopicId id = new(environment.NewId());
        if (!Place(image, 0, Placement.EqualRanges(count), settings.ReplicationFactor, id).TryGet(out IReadOnlyList<PartitionImage>? placed, out Error noRoom))
        {
            return noRoom;
        }

        CreateTopicCommand command = new(id, request.Name, settings, placed, UnixMillis.From(environment.Time));
        Error? error = await ProposeAsync(command, cancellationToken);
        return error ?? Find(request.Name);
    }

    public Result<TopicImage> Describe(string name) => TopicName.Validate(name) ?? Find(name);

    public IReadOnlyList<TopicImage> List() => [.. metadata.Image.Topics];

    public ValueTask<Result<TopicImage>> AlterAsync(string name, TopicSettingsPatch patch, long? expectedVersion, CancellationToken cancellationToken) =>
        ChangeAsync(name, expectedVersion, topic => Alteration(topic, patch), cancellationToken);

    public async ValueTask<Result<TopicImage>> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        if (!Describe(name).TryGet(out TopicImage? topic, out Error unknown))
        {
            return unknown;
        }

        Error? error = await ProposeAsync(new DeleteTopicCommand(topic.Id), cancellationToken);
        return error is { } refused ? refused : topic;
    }

    public ValueTask<Result<TopicImage>> AddPartitionsAsync(string name, int total, long? expectedVersion, CancellationToken cancellationToken) =>
        ChangeAsync(name, expectedVersion, topic => Addition(topic, total), cancellationToken);

    /// <summary>
    /// Reads, makes a command of what was read, and proposes it. The version read travels in the command: a change in between makes the apply refuse,
    /// never overwrite. A caller who named no version is not told of that: the change is made again from what is there now.
    /// </summary>
    private async ValueTask<Result<TopicImage>> ChangeAsync(
        string name, long? expectedVersion, Func<TopicImage, Result<MetadataCommand>> change, CancellationToken cancellationToken)
    {
        for (int tries = 0; tries < MaxTries; tries++)
        {
            if (!Describe(name).TryGet(out TopicImage? topic, out Error unknown))
            {
                return unknown;
            }

            if (expectedVersion is { } expected && expected != topic.Version)
            {
                return new Error(ErrorCode.PreconditionFailed, $"topic {name} has version {topic.Version}, not {expected}");
            }

            if (!change(topic).TryGet(out MetadataCommand? command, out Error refused))
            {
                return refused;
            }

            // Answered after it was applied here, so a refusal's newer version is in the image of the next try.
            if (await ProposeAsync(command, cancellationToken) is not { } error)
            {
                return Find(name);
            }

            if (expectedVersion is not null || error.Code != ErrorCode.PreconditionFailed)
            {
                return error;
            }
        }

        return new Error(ErrorCode.Overloaded, $"topic {name} was changed by others {MaxTries} times meanwhile; repeat");
    }

    private static Result<MetadataCommand> Alteration(TopicImage topic, TopicSettingsPatch patch)
    {
        TopicSettings settings = patch.ApplyTo(topic.Settings);
        return settings.Validate() is { } refused ? refused : new AlterTopicCommand(topic.Id, settings, topic.Version);
    }

    private Result<MetadataCommand> Addition(TopicImage topic, int total)
    {
        int added = total - topic.Partitions.Count;
        if (ValidateCount(total) is { } refused)
        {
            return refused;
        }

        if (added <= 0)
        {
            return new Error(ErrorCode.InvalidPartitionCount, $"topic {topic.Name} has {topic.Partitions.Count} partitions; there can only be more, not {total}");
        }

        (IReadOnlyList<HashRange> ranges, IReadOnlyList<NarrowedRange> narrowed) = PartitionSplits.Split(topic.Partitions, added);
        return Place(metadata.Image, topic.Partitions.Count, ranges, topic.Settings.ReplicationFactor, topic.Id).TryGet(out IReadOnlyList<PartitionImage>? placed, out Error noRoom)
            ? new AddPartitionsCommand(topic.Id, topic.Version, narrowed, placed)
            : noRoom;
    }

    /// <summary>The defaults that depend on the cluster: three replicas where there are three nodes, and a minimum that survives the loss of one.</summary>
    /// <remarks>Nodes that have joined the quorum count before their brokers are registered, so that a cluster that just formed does not begin with one replica.</remarks>
    private TopicSettings Replicated(TopicSettings settings, TopicSettingsPatch asked, MetadataImage image)
    {
        int nodes = Math.Max(image.Brokers.Count, (metadata as IMetadataQuorum)?.Status.Members.Count ?? 1);
        int factor = asked.ReplicationFactor ?? Math.Clamp(nodes, 1, DefaultReplicationFactor);
        return settings with { ReplicationFactor = factor, MinInSyncReplicas = asked.MinInSyncReplicas ?? (factor >= 3 ? 2 : 1) };
    }

    /// <summary>On this node while no broker is registered, as on a node of its own that has not begun to be a cluster.</summary>
    private Result<IReadOnlyList<PartitionImage>> Place(MetadataImage image, int firstIndex, IReadOnlyList<HashRange> ranges, int replicationFactor, TopicId topic)
    {
        if (image.Brokers.Count > 0)
        {
            return Placement.Place(image, firstIndex, ranges, replicationFactor, topic.Value.GetHashCode());
        }

        NodeList here = NodeList.Of(options.Node);
        return replicationFactor == 1
            ? ranges.Select((range, i) => PartitionImage.New(new PartitionIndex(firstIndex + i), range, here)).ToArray()
            : new Error(ErrorCode.InvalidReplicationFactor, $"{replicationFactor} replicas need as many brokers; none is registered yet");
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
