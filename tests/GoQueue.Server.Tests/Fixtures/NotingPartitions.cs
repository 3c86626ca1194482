using System.Collections.Concurrent;
using GoQueue.Broker.Requests;
using GoQueue.Core;

namespace GoQueue.Server.Tests.Fixtures;

/// <summary>The real partitions, and a note of every buffer that a read handed out.</summary>
internal sealed class NotingPartitions(IPartitionRequests real) : IPartitionRequests
{
    private readonly ConcurrentQueue<SharedBuffer> handedOut = new();

    /// <summary>Buffers handed out that somebody still holds.</summary>
    public int Held
    {
        get
        {
            int held = 0;
            foreach (SharedBuffer buffer in handedOut)
            {
                if (buffer.TryRetain())
                {
                    held++;
                    buffer.Release();
                }
            }

            return held;
        }
    }

    public ValueTask<PublishReceipt> PublishAsync(PublishRequest request) => real.PublishAsync(request);

    public async ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        FetchResult result = await real.FetchAsync(request, cancellationToken);
        foreach (BufferSlice slice in result.Slices)
        {
            handedOut.Enqueue(slice.Buffer);
        }

        return result;
    }

    public ValueTask<Result<Offset>> LogStartAsync(TopicPartition partition, CancellationToken cancellationToken) => real.LogStartAsync(partition, cancellationToken);

    public ValueTask<Result<PartitionOffsets>> OffsetsAsync(TopicPartition partition, CancellationToken cancellationToken) =>
        real.OffsetsAsync(partition, cancellationToken);

    public ValueTask<Result<Offset>> OffsetForTimeAsync(TopicPartition partition, UnixMillis time, CancellationToken cancellationToken) =>
        real.OffsetForTimeAsync(partition, time, cancellationToken);
}
