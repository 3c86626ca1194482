using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Tests.Fakes;
using System.Collections.Concurrent;
using System.Diagnostics;

namespace GoQueue.Server.Tests.Forwarding;

/// <summary>The partitions of one node: served while its view of the metadata says that it leads, refused else. Answers may be held back.</summary>
internal sealed class LedPartition(ForwardingNode node) : IPartitionRequests
{
    private readonly InMemoryPartition log = new() { MaxBatchBytes = TopicSettings.LargestMessageBytes };
    private readonly ConcurrentQueue<string> traces = new();
    private TaskCompletionSource held = Done();
    private int publishes;
    private int refused;

    /// <summary>Publishes that reached this node, and those of them that it refused because it does not lead.</summary>
    public int Publishes => Volatile.Read(ref publishes);

    public int Refused => Volatile.Read(ref refused);

    /// <summary>Traces that the publishes belonged to.</summary>
    public IReadOnlyCollection<string> Traces => traces;

    public PartitionOffsets Stored => log.Offsets;

    /// <summary>From now on batches are stored and not answered.</summary>
    public void Hold() => held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => held.TrySetResult();

    public void DeleteBelow(Offset offset) => log.DeleteBelow(offset);

    public async ValueTask<PublishReceipt> PublishAsync(PublishRequest request)
    {
        Interlocked.Increment(ref publishes);
        traces.Enqueue(Activity.Current?.TraceId.ToString() ?? "none");
        if (Refusal(request.Partition) is { } refusal)
        {
            Interlocked.Increment(ref this.refused);
            request.Batch.Release();
            return PublishReceipt.Refused(refusal.Code, refusal.Detail);
        }

        PublishReceipt receipt = log.Append(request.Batch);
        await held.Task;
        return receipt with { Replicas = 3 };
    }

    public async ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken) => Refusal(request.Partition) is { } refusal
        ? InMemoryPartition.Nothing(refusal, request.From, Offset.None, Offset.None)
        : await log.FetchAsync(request, cancellationToken);

    public ValueTask<Result<Offset>> LogStartAsync(TopicPartition partition, CancellationToken cancellationToken) =>
        new(Refusal(partition) is { } refusal ? refusal : (Result<Offset>)log.Offsets.LogStart);

    public ValueTask<Result<PartitionOffsets>> OffsetsAsync(TopicPartition partition, CancellationToken cancellationToken) =>
        new(Refusal(partition) is { } refusal ? refusal : (Result<PartitionOffsets>)log.Offsets);

    public ValueTask<Result<Offset>> OffsetForTimeAsync(TopicPartition partition, UnixMillis time, CancellationToken cancellationToken) =>
        new(Refusal(partition) is { } refusal ? refusal : log.OffsetForTime(time));

    private Error? Refusal(TopicPartition partition) =>
        !node.Metadata.Image.TryGetPartition(partition, out PartitionImage? image) ? new Error(ErrorCode.UnknownTopic, $"{node.Id} knows no such topic")
        : image.Leader != node.Id ? new Error(ErrorCode.NotLeader, $"{node.Id} does not lead")
        : null;

    private static TaskCompletionSource Done()
    {
        TaskCompletionSource done = new();
        done.SetResult();
        return done;
    }
}
