using System.Collections.Concurrent;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Metadata.Topics;

namespace GoQueue.Server.Tests.Fakes;

/// <summary>
/// The three ports over lists in memory, for tests of the layers above them. Answers publishes on the thread pool like the real one; a test may
/// hold answers back with <see cref="HoldAnswers"/>, and count buffers that were not released.
/// </summary>
internal sealed class InMemoryBroker : ITopicRequests, IPartitionRequests, IProducerRequests
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, TopicImage> topics = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<TopicPartition, InMemoryPartition> partitions = new();
    private TaskCompletionSource? held;
    private long version;
    private long nextProducer;
    private int publishes;
    private int fetches;
    private int waiting;

    /// <summary>Publishes taken so far, answered or not.</summary>
    public int Publishes => Volatile.Read(ref publishes);

    /// <summary>Fetches asked for so far, and those that wait now.</summary>
    public int Fetches => Volatile.Read(ref fetches);

    public int Waiting => Volatile.Read(ref waiting);

    /// <summary>Thrown by the next publish, for the case that the broker breaks.</summary>
    public Exception? NextPublishThrows { get; set; }

    /// <summary>Until the returned object is disposed, batches are stored and not answered.</summary>
    public IDisposable HoldAnswers()
    {
        TaskCompletionSource source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        held = source;
        return new Release(() =>
        {
            held = null;
            source.SetResult();
        });
    }

    public ValueTask<Result<TopicImage>> CreateAsync(CreateTopic request, CancellationToken cancellationToken) => new(Create(request));

    public Result<TopicImage> Describe(string name)
    {
        lock (gate)
        {
            return TopicName.Validate(name) is { } invalid ? invalid
                : topics.TryGetValue(name, out TopicImage? topic) ? topic
                : new Error(ErrorCode.UnknownTopic, $"no topic is named '{name}'");
        }
    }

    public IReadOnlyList<TopicImage> List()
    {
        lock (gate)
        {
            return [.. topics.Values];
        }
    }

    public ValueTask<Result<TopicImage>> AlterAsync(string name, TopicSettingsPatch patch, long? expectedVersion, CancellationToken cancellationToken)
    {
        if (!Describe(name).TryGet(out TopicImage? topic, out Error error))
        {
            return new(error);
        }

        if (expectedVersion is { } expected && expected != topic.Version)
        {
            return new(new Error(ErrorCode.PreconditionFailed, $"topic {name} has version {topic.Version}, not {expected}"));
        }

        TopicSettings settings = patch.ApplyTo(topic.Settings);
        if (settings.Validate() is { } refused)
        {
            return new(refused);
        }

        return new(Put(topic.Id, name, settings, topic.Partitions));
    }

    public ValueTask<Result<TopicImage>> AddPartitionsAsync(string name, int total, long? expectedVersion, CancellationToken cancellationToken)
    {
        if (!Describe(name).TryGet(out TopicImage? topic, out Error error))
        {
            return new(error);
        }

        if (expectedVersion is { } expected && expected != topic.Version)
        {
            return new(new Error(ErrorCode.PreconditionFailed, $"topic {name} has version {topic.Version}, not {expected}"));
        }

        return total > topic.Partitions.Count && total <= PartitionLayout.MaxPartitions
            ? new(Put(topic.Id, name, topic.Settings, PartitionLayout.Equal(total, new NodeId("test"))))
            : new(new Error(ErrorCode.InvalidPartitionCount, $"{total} partitions, {topic.Partitions.Count} are there"));
    }

    public ValueTask<Result<TopicImage>> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        if (!Describe(name).TryGet(out TopicImage? topic, out Error error))
        {
            return new(error);
        }

        lock (gate)
        {
            topics.Remove(name);
        }

        foreach (PartitionImage partition in topic.Partitions)
        {
            if (partitions.TryRemove(new TopicPartition(topic.Id, partition.Index), out InMemoryPartition? removed))
            {
                removed.Wake();
            }
        }

        return new(topic);
    }

    public ValueTask<PublishReceipt> PublishAsync(PublishRequest request)
    {
        TaskCompletionSource? hold = held; // before the publish is counted: a test that saw the count may replace the hold
        Interlocked.Increment(ref publishes);
        if (NextPublishThrows is { } thrown)
        {
            NextPublishThrows = null;
            request.Batch.Release();
            throw thrown;
        }

        if (!partitions.TryGetValue(request.Partition, out InMemoryPartition? partition))
        {
            request.Batch.Release();
            return new(PublishReceipt.Refused(ErrorCode.UnknownPartition, "no such partition"));
        }

        PublishReceipt receipt = partition.Append(request.Batch);
        if (request.Acks == Acks.None)
        {
            return new(receipt.IsOk ? new PublishReceipt(default, Offset.None, UnixMillis.None, 0, false) : receipt);
        }

        return receipt.IsOk ? AnswerAsync(receipt, hold) : new(receipt);

        static async ValueTask<PublishReceipt> AnswerAsync(PublishReceipt receipt, TaskCompletionSource? held)
        {
            await Task.Yield();
            if (held is not null)
            {
                await held.Task;
            }

            return receipt;
        }
    }

    public async ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        if (!partitions.TryGetValue(request.Partition, out InMemoryPartition? partition))
        {
            return InMemoryPartition.Nothing(new Error(ErrorCode.UnknownPartition, "no such partition"), request.From, Offset.None, Offset.None);
        }

        Interlocked.Increment(ref fetches);
        Interlocked.Increment(ref waiting);
        try
        {
            FetchResult result = await partition.FetchAsync(request, cancellationToken);
            return partitions.ContainsKey(request.Partition)
                ? result
                : InMemoryPartition.Nothing(new Error(ErrorCode.UnknownPartition, "the topic was deleted"), request.From, Offset.None, Offset.None);
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    public ValueTask<Result<Offset>> LogStartAsync(TopicPartition partition, CancellationToken cancellationToken) =>
        new(partitions.TryGetValue(partition, out InMemoryPartition? found)
            ? found.Offsets.LogStart
            : (Result<Offset>)new Error(ErrorCode.UnknownPartition, "no such partition"));

    public ValueTask<Result<PartitionOffsets>> OffsetsAsync(TopicPartition partition, CancellationToken cancellationToken) =>
        new(partitions.TryGetValue(partition, out InMemoryPartition? found)
            ? found.Offsets
            : (Result<PartitionOffsets>)new Error(ErrorCode.UnknownPartition, "no such partition"));

    public ValueTask<Result<Offset>> OffsetForTimeAsync(TopicPartition partition, UnixMillis time, CancellationToken cancellationToken) =>
        new(partitions.TryGetValue(partition, out InMemoryPartition? found)
            ? found.OffsetForTime(time)
            : (Result<Offset>)new Error(ErrorCode.UnknownPartition, "no such partition"));

    public ValueTask<Result<ProducerIdentity>> InitProducerAsync(CancellationToken cancellationToken) =>
        new(new ProducerIdentity(new ProducerId(Interlocked.Increment(ref nextProducer)), 0));

    /// <summary>Moves the start of a partition, as retention does.</summary>
    public void DeleteBelow(TopicPartition partition, Offset start) => partitions[partition].DeleteBelow(start);

    /// <summary>The log behind a partition.</summary>
    public InMemoryPartition this[TopicPartition partition] => partitions[partition];

    /// <summary>Appends a batch that no client may send.</summary>
    public void AppendState(TopicPartition partition, byte[] batch) => partitions[partition].AppendUnchecked(batch);

    private Result<TopicImage> Create(CreateTopic request)
    {
        if (TopicName.Validate(request.Name) is { } invalid)
        {
            return invalid;
        }

        int count = request.Partitions ?? 3;
        if (count is < 1 or > 10_000)
        {
            return new Error(ErrorCode.InvalidPartitionCount, $"{count} partitions: use 1 to 10000");
        }

        TopicSettings settings = request.Settings.ApplyTo(TopicSettings.Default);
        if (settings.Validate() is { } refused)
        {
            return refused;
        }

        if (Describe(request.Name).IsOk)
        {
            return new Error(ErrorCode.TopicAlreadyExists, $"topic {request.Name} exists");
        }

        IReadOnlyList<PartitionImage> images = PartitionLayout.Equal(count, new NodeId("test"));
        return Put(new TopicId(Guid.NewGuid()), request.Name, settings, images);
    }

    private TopicImage Put(TopicId id, string name, TopicSettings settings, IReadOnlyList<PartitionImage> images)
    {
        TopicImage topic = new()
        {
            Id = id,
            Name = name,
            Settings = settings,
            Partitions = images,
            Version = Interlocked.Increment(ref version),
            Created = new UnixMillis(1),
        };
        lock (gate)
        {
            topics[name] = topic;
        }

        foreach (PartitionImage image in images)
        {
            InMemoryPartition partition = partitions.GetOrAdd(new TopicPartition(id, image.Index), _ => new InMemoryPartition());
            partition.MaxBatchBytes = settings.MaxMessageBytes;
        }

        return topic;
    }

    private sealed class Release(Action release) : IDisposable
    {
        public void Dispose() => release();
    }
}
