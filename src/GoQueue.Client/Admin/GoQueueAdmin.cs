using GoQueue.Client.Transport;
using GoQueue.Contracts.V1;

namespace GoQueue.Client;

/// <summary>
/// Topics and offsets. Every method makes one call within <see cref="GoQueueClientOptions.RequestTimeout"/>, at
/// any node, at another one when that cannot be reached, and is safe to use from any thread.
/// Failures are <see cref="GoQueueException"/>; a cancelled token throws <see cref="OperationCanceledException"/>, and the call may still take effect.
/// </summary>
public sealed class GoQueueAdmin
{
    private readonly ClusterCaller caller;

    internal GoQueueAdmin(ClusterCaller caller)
    {
        this.caller = caller;
    }

    /// <summary>Creates a topic. Codes: InvalidTopicName, TopicAlreadyExists, InvalidPartitionCount, InvalidConfiguration.</summary>
    /// <param name="name">1 to 249 characters of <c>A-Z a-z 0-9 . _ -</c>.</param>
    /// <param name="partitions">1 to 10000; 0 for the server's default, 3.</param>
    /// <param name="configuration">Settings; null fields take the server's defaults.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<TopicDescription> CreateTopicAsync(
        string name, int partitions = 0, TopicConfiguration? configuration = null, CancellationToken cancellationToken = default)
    {
        CreateTopicRequest request = new() { Name = name, Partitions = partitions, Settings = TopicMapping.ToWire(configuration) };
        CreateTopicResponse answer = await caller.CallAsync("CreateTopic", request, CreateTopicResponse.Parser, isRepeatable: false, cancellationToken).ConfigureAwait(false);
        return TopicMapping.FromWire(answer.Topic);
    }

    /// <summary>All topics, by name.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<IReadOnlyList<TopicDescription>> ListTopicsAsync(CancellationToken cancellationToken = default)
    {
        ListTopicsResponse answer =
            await caller.CallAsync("ListTopics", new ListTopicsRequest(), ListTopicsResponse.Parser, isRepeatable: true, cancellationToken).ConfigureAwait(false);
        return [.. answer.Topics.Select(TopicMapping.FromWire)];
    }

    /// <summary>One topic. Codes: UnknownTopic.</summary>
    /// <param name="name">Name of the topic.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<TopicDescription> DescribeTopicAsync(string name, CancellationToken cancellationToken = default)
    {
        GetTopicResponse answer =
            await caller.CallAsync("GetTopic", new GetTopicRequest { Name = name }, GetTopicResponse.Parser, isRepeatable: true, cancellationToken).ConfigureAwait(false);
        return TopicMapping.FromWire(answer.Topic);
    }

    /// <summary>Changes settings of a topic. Codes: UnknownTopic, InvalidConfiguration, PreconditionFailed.</summary>
    /// <param name="name">Name of the topic.</param>
    /// <param name="changes">What to change; null fields stay as they are.</param>
    /// <param name="expectedVersion">Refuse unless the topic still has this version; null to change it whatever it is.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<TopicDescription> AlterTopicAsync(
        string name, TopicConfiguration changes, long? expectedVersion = null, CancellationToken cancellationToken = default)
    {
        AlterTopicRequest request = new() { Name = name, Settings = TopicMapping.ToWire(changes) };
        if (expectedVersion is { } version)
        {
            request.ExpectedVersion = version;
        }

        AlterTopicResponse answer = await caller.CallAsync("AlterTopic", request, AlterTopicResponse.Parser, isRepeatable: false, cancellationToken).ConfigureAwait(false);
        return TopicMapping.FromWire(answer.Topic);
    }

    /// <summary>
    /// Adds partitions by halving the widest key ranges; keys of a moved half go to another partition from then on. Codes: UnknownTopic,
    /// InvalidPartitionCount, PreconditionFailed.
    /// </summary>
    /// <param name="name">Name of the topic.</param>
    /// <param name="total">Partitions there are to be; more than there are.</param>
    /// <param name="expectedVersion">Refuse unless the topic still has this version; null to change it whatever it is.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<TopicDescription> AddPartitionsAsync(string name, int total, long? expectedVersion = null, CancellationToken cancellationToken = default)
    {
        AddPartitionsRequest request = new() { Name = name, Total = total };
        if (expectedVersion is { } version)
        {
            request.ExpectedVersion = version;
        }

        AddPartitionsResponse answer = await caller.CallAsync("AddPartitions", request, AddPartitionsResponse.Parser, isRepeatable: false, cancellationToken).ConfigureAwait(false);
        return TopicMapping.FromWire(answer.Topic);
    }

    /// <summary>Deletes a topic with all its messages. Codes: UnknownTopic.</summary>
    /// <param name="name">Name of the topic.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task DeleteTopicAsync(string name, CancellationToken cancellationToken = default) =>
        await caller.CallAsync("DeleteTopic", new DeleteTopicRequest { Name = name }, DeleteTopicResponse.Parser, isRepeatable: false, cancellationToken).ConfigureAwait(false);

    /// <summary>Start, end and by-time offset of one partition. Codes: UnknownTopic, UnknownPartition, NotLeader, OffsetNotAvailable.</summary>
    /// <param name="topic">Name of the topic.</param>
    /// <param name="partition">Number of the partition.</param>
    /// <param name="time">Also look up the first message at or after this time.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<PartitionOffsets> GetOffsetsAsync(
        string topic, int partition, DateTimeOffset? time = null, CancellationToken cancellationToken = default)
    {
        GetOffsetsRequest request = new() { Topic = topic, Partition = partition };
        if (time is { } at)
        {
            request.TimeMs = at.ToUnixTimeMilliseconds();
        }

        GetOffsetsResponse answer = await caller.CallAsync("GetOffsets", request, GetOffsetsResponse.Parser, isRepeatable: true, cancellationToken).ConfigureAwait(false);
        return new PartitionOffsets(answer.LogStartOffset, answer.HighWatermark, answer.HasOffsetForTime ? answer.OffsetForTime : null);
    }

    /// <summary>A fresh identity for an idempotent producer.</summary>
    internal async Task<(long Id, short Epoch)> InitProducerAsync(CancellationToken cancellationToken)
    {
        InitProducerResponse answer =
            await caller.CallAsync("InitProducer", new InitProducerRequest(), InitProducerResponse.Parser, isRepeatable: true, cancellationToken).ConfigureAwait(false);
        return (answer.ProducerId, checked((short)answer.ProducerEpoch));
    }
}
