using System.Buffers;
using System.Runtime.InteropServices;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Forwarding;
using GoQueue.Server.Grpc.Protocol;
using GoQueue.Server.Grpc.Services;

namespace GoQueue.Server.Grpc.Publishing;

/// <summary>
/// One unary publish: parses the request, packs its messages into batches (one per partition, more where the lane changes or the batch is full),
/// publishes them all, then answers for each message. Reused from call to call, so a publish of one message allocates next to nothing.
/// </summary>
/// <remarks>Messages of one partition are stored in the order of the request.</remarks>
internal sealed class UnaryPublish : IDisposable
{
    private readonly PublishRequestParser request = new();
    private readonly RecordBatchBuilder builder = new();
    private readonly List<PublishedBatch> batches = [];
    private long[] order = [];
    private byte[]? copy;

    public ReadOnlySpan<PublishedBatch> Batches => CollectionsMarshal.AsSpan(batches);

    public ReadOnlySpan<PublishedMessage> Messages => CollectionsMarshal.AsSpan(request.Messages);

    public Acks Acks { get; private set; }

    /// <summary>Parses and packs; after OK the batches are ready to be sent.</summary>
    /// <param name="keylessPartition">Where messages without a key go, before the division by the number of partitions.</param>
    public GrpcStatus Prepare(in ReadOnlySequence<byte> payload, ITopicRequests topics, GrpcLimits limits, uint keylessPartition, UnixMillis now)
    {
        if (!request.TryParse(Contiguous(payload), limits.MaxPublishMessages))
        {
            return GrpcStatus.Of(ErrorCode.MalformedRequest, "not a PublishRequest: the bytes do not parse");
        }

        if (request.Messages.Count is 0 || request.Messages.Count > limits.MaxPublishMessages)
        {
            return GrpcStatus.Of(ErrorCode.InvalidArgument, $"a publish takes 1 to {limits.MaxPublishMessages} messages");
        }

        if (!WireAcks.TryParse(request.Acks, out Acks acks))
        {
            return GrpcStatus.Of(ErrorCode.InvalidArgument, $"acks {request.Acks}: use NONE (1), LEADER (2) or ALL (3)");
        }

        Acks = acks;
        if (!topics.Describe(request.Topic).TryGet(out TopicImage? topic, out Error error))
        {
            return error;
        }

        if (request.Partition is { } asked && !PartitionLookup.IsPartitionOf(topic, asked))
        {
            return PartitionLookup.Unknown(topic, asked);
        }

        int keyless = (int)(keylessPartition % (uint)topic.Partitions.Count);
        Pack(topic, Order(topic, keyless), now);
        return GrpcStatus.Ok;
    }

    /// <summary>Hands all batches over, in order.</summary>
    /// <param name="mayBeLeft">The call has a deadline, so answers may come when nobody waits: they become tasks, which may be left alone.</param>
    public void Send(IPartitionRoutes partitions, bool mayBeLeft)
    {
        Span<PublishedBatch> all = CollectionsMarshal.AsSpan(batches);
        PublishRuns? runs = null;
        for (int i = 0; i < all.Length; i++)
        {
            ref PublishedBatch batch = ref all[i];
            SharedBuffer bytes = batch.Bytes!;
            batch.Bytes = null;
            bool isLast = i + 1 == all.Length || all[i + 1].Partition != batch.Partition; // they stand in order of their partitions
            bool isOnly = isLast && (i == 0 || all[i - 1].Partition != batch.Partition);
            PublishRequest request = new(batch.Partition, bytes, Acks);
            ValueTask<PublishReceipt> answer = isOnly ? partitions.PublishAsync(request) : new((runs ??= new PublishRuns(partitions)).PublishAsync(request, isLast));
            batch.Answer = mayBeLeft && !answer.IsCompleted ? new ValueTask<PublishReceipt>(answer.AsTask()) : answer;
        }
    }

    /// <summary>Waits for the answers. After a cancellation the batches go their way without us.</summary>
    public async ValueTask ReceiveAsync(GrpcCall call)
    {
        for (int i = 0; i < batches.Count; i++)
        {
            ValueTask<PublishReceipt> answer = batches[i].Answer;
            PublishReceipt receipt;
            if (answer.IsCompletedSuccessfully || !call.HasDeadline)
            {
                receipt = await answer;
            }
            else
            {
                receipt = await answer.AsTask().WaitAsync(call.Token);
            }

            CollectionsMarshal.AsSpan(batches)[i].Receipt = receipt;
        }
    }

    /// <summary>Ready for the next call.</summary>
    public void Reset()
    {
        foreach (PublishedBatch batch in batches)
        {
            batch.Bytes?.Release();
        }

        batches.Clear();
        request.Clear();
        if (copy is not null)
        {
            ArrayPool<byte>.Shared.Return(copy);
            copy = null;
        }
    }

    public void Dispose()
    {
        Reset();
        builder.Dispose();
    }

    /// <summary>Message numbers by partition, in request order inside each: the partition in the high half of each entry.</summary>
    private ReadOnlySpan<long> Order(TopicImage topic, int keyless)
    {
        Span<PublishedMessage> messages = CollectionsMarshal.AsSpan(request.Messages);
        if (order.Length < messages.Length)
        {
            order = new long[Math.Max(16, messages.Length)];
        }

        bool isSorted = true;
        for (int i = 0; i < messages.Length; i++)
        {
            ref PublishedMessage message = ref messages[i];
            message.Partition = request.Partition ?? (message.HasKey ? topic.PartitionOf(message.Key.Span).Value : keyless);
            order[i] = ((long)message.Partition << 32) | (uint)i;
            isSorted &= i == 0 || order[i - 1] < order[i];
        }

        Span<long> ordered = order.AsSpan(0, messages.Length);
        if (!isSorted)
        {
            ordered.Sort();
        }

        return ordered;
    }

    private void Pack(TopicImage topic, ReadOnlySpan<long> ordered, UnixMillis now)
    {
        int maxBytes = topic.Settings.MaxMessageBytes;
        int partition = -1;
        int lane = -1;
        Span<PublishedMessage> messages = CollectionsMarshal.AsSpan(request.Messages);
        builder.Reset();
        foreach (long entry in ordered)
        {
            ref PublishedMessage message = ref messages[(int)(entry & uint.MaxValue)];
            message.Refusal = Check(message);
            if (message.Refusal.Code != ErrorCode.None)
            {
                continue;
            }

            if (message.TimestampMillis == 0)
            {
                message.TimestampMillis = now.Value;
            }

            if (message.Partition != partition || message.Lane != lane)
            {
                Seal(topic, partition);
                partition = message.Partition;
                lane = message.Lane;
                builder.Reset(lane: message.PriorityLane);
            }

            if (!TryAppend(ref message, maxBytes))
            {
                if (builder.Count > 0)
                {
                    Seal(topic, partition);
                    builder.Reset(lane: message.PriorityLane);
                }

                if (!TryAppend(ref message, maxBytes))
                {
                    message.Refusal = new Error(ErrorCode.MessageTooLarge, $"the message does not fit into the {maxBytes} bytes of a batch of topic {topic.Name}");
                }
            }
        }

        Seal(topic, partition);
    }

    private bool TryAppend(ref PublishedMessage message, int maxBytes)
    {
        message.Batch = batches.Count;
        message.Delta = builder.Count;
        return builder.TryAppend(
            new UnixMillis(message.TimestampMillis),
            message.Key.Span,
            !message.HasKey,
            message.Value.Span,
            !message.HasValue,
            request.HeadersOf(message),
            maxBytes);
    }

    private void Seal(TopicImage topic, int partition)
    {
        if (builder.Count > 0)
        {
            TopicPartition target = new(topic.Id, new PartitionIndex(partition));
            batches.Add(new PublishedBatch { Partition = target, Bytes = builder.Build(ProducerId.None, -1, -1) });
        }
    }

    private static Error Check(in PublishedMessage message)
    {
        if (message.TimestampMillis < 0)
        {
            return new Error(ErrorCode.InvalidArgument, $"a timestamp of {message.TimestampMillis} ms: use 0 for the server's clock, or a time after 1970");
        }

        return (uint)message.Lane > (uint)PriorityLane.Background
            ? new Error(ErrorCode.InvalidArgument, $"priority {message.Lane}: use 0 (normal) to 4 (background)")
            : default;
    }

    private ReadOnlySequence<byte> Contiguous(in ReadOnlySequence<byte> payload)
    {
        if (payload.IsSingleSegment)
        {
            return payload;
        }

        copy = ArrayPool<byte>.Shared.Rent((int)payload.Length);
        payload.CopyTo(copy);
        return new ReadOnlySequence<byte>(copy, 0, (int)payload.Length);
    }
}

/// <summary>One batch of a unary publish.</summary>
internal struct PublishedBatch
{
    public TopicPartition Partition;

    /// <summary>Ours until it is sent, then the broker's.</summary>
    public SharedBuffer? Bytes;

    public ValueTask<PublishReceipt> Answer;
    public PublishReceipt Receipt;
}
