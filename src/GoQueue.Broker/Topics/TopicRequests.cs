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
        return await ProposeAsync(command, cancellationToken);
    }

    public Result<TopicImage> Describe(string name) => TopicName.Validate(name) ?? Find(name);

    public IReadOnlyList<TopicImage> List() => [.. metadata.Image.Topics];

    public ValueTask<Result<TopicImage>> AlterAsync(string name, TopicSettingsPatch patch, long? expectedVersion, CancellationToken cancellationToken) =>
        ChangeAsync(name, expectedVersion, topic => Alteration(topic, patch), cancellationToken);

    public async ValueTask<Result<TopicImage>> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        for (int tries = 0; tries < MaxTries; tries++)
        {
            if (!(await DescribeNowAsync(name, cancellationToken)).TryGet(out TopicImage? topic, out Error unknown))
            {
                return unknown;
            }

            Result<TopicImage> deleted = await ProposeAsync(new DeleteTopicCommand(topic.Id), cancellationToken);
            if (deleted.IsOk || deleted.Error.Code != ErrorCode.UnknownTopic)
            {
                return deleted;
            }

            // The one that was known here is gone already; another one may have its name now.
        }

        return TooManyOthers(name);
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
        bool isCurrent = false;
        for (int tries = 0; tries < MaxTries; tries++)
        {
            if (!(await DescribeNowAsync(name, cancellationToken)).TryGet(out TopicImage? topic, out Error unknown))
            {
                return unknown;
            }

            if (expectedVersion is { } expected && expected != topic.Version)
            {
                if (isCurrent)
                {
                    return new Error(ErrorCode.PreconditionFailed, $"topic {name} has version {topic.Version}, not {expected}");
                }

                if (await CatchUpAsync(cancellationToken) is { } unsure)
                {
                    return unsure;
                }

                isCurrent = true;
                continue;
            }

            if (!change(topic).TryGet(out MetadataCommand? command, out Error refused))
            {
                return refused;
            }

            // Answered after it was applied here, so a refusal's newer version is in the image of the next try.
            Result<TopicImage> changed = await ProposeAsync(command, cancellationToken);
            bool wasOvertaken = !changed.IsOk && (changed.Error.Code == ErrorCode.UnknownTopic || (expectedVersion is null && changed.Error.Code == ErrorCode.PreconditionFailed));
            if (!wasOvertaken)
            {
                return changed;
            }
        }

        return TooManyOthers(name);
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

    /// <summary>
    /// The topic, or a refusal that holds: what this node knows may be old, and "there is none" is final for the caller, so it is said only after a read of the quorum that was
    /// asked after the request came (M5).
    /// </summary>
    private async ValueTask<Result<TopicImage>> DescribeNowAsync(string name, CancellationToken cancellationToken)
    {
        Result<TopicImage> known = Describe(name);
        return known.IsOk || known.Error.Code != ErrorCode.UnknownTopic ? known
            : await CatchUpAsync(cancellationToken) is { } unsure ? unsure
            : Describe(name);
    }

    /// <summary>Returns when the image here shows everything that was decided before the call; else why nobody can say (MetadataUnavailable, OutcomeUnknown, ShuttingDown: nothing was done).</summary>
    private async ValueTask<Error?> CatchUpAsync(CancellationToken cancellationToken)
    {
        if (environment.Quorum is null)
        {
            return null; // a log of this node alone is always current
        }

        Result<long> read = await environment.Quorum.ReadIndexAsync(cancellationToken);
        return read.IsOk ? null : new Error(ErrorCode.MetadataUnavailable, $"whether what this node knows is current cannot be found out now: {read.Error.Detail}");
    }

    /// <summary>The topic as the command left it (or as it was when it was deleted): by now somebody else may have changed or deleted it again.</summary>
    private async ValueTask<Result<TopicImage>> ProposeAsync(MetadataCommand command, CancellationToken cancellationToken)
    {
        Result<MetadataOutcome> result = await metadata.ProposeAsync(command, cancellationToken);
        if (!result.TryGet(out MetadataOutcome? outcome, out Error error))
        {
            return error;
        }

        if (outcome.Error is { } refused)
        {
            return refused;
        }

        await partitions.ReachedAsync(metadata.Image.Version).UnlessCancelledAsync(cancellationToken);
        return outcome switch
        {
            MetadataOutcome.TopicCreated created => created.Topic,
            MetadataOutcome.TopicAltered altered => altered.Topic,
            MetadataOutcome.PartitionsAdded added => added.Topic,
            MetadataOutcome.TopicDeleted deleted => deleted.Topic,
            _ => throw new InvariantViolationException($"{command.GetType().Name} was answered with {outcome.GetType().Name}"),
        };
    }

    private static Error TooManyOthers(string name) => new(ErrorCode.Overloaded, $"topic {name} was changed by others {MaxTries} times meanwhile; repeat");

    private Result<TopicImage> Find(string name) =>
        metadata.Image.TryGetTopic(name, out TopicImage? topic) ? topic : new Error(ErrorCode.UnknownTopic, $"no topic is named '{name}'");

    private static Error? ValidateCount(int count) =>
        count is >= 1 and <= PartitionLayout.MaxPartitions
            ? null
            : new Error(ErrorCode.InvalidPartitionCount, $"{count} partitions asked for; a topic has 1 to {PartitionLayout.MaxPartitions}");
}
