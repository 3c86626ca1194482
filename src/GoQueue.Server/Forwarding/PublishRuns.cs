using GoQueue.Broker.Requests;
using GoQueue.Core;

namespace GoQueue.Server.Forwarding;

/// <summary>
/// The batches of one request, those of one partition stored in their order. While this node leads, they are handed over one after the other without
/// waiting; else each waits for the answer before it, because calls that are tried again may overtake each other. Not thread-safe.
/// </summary>
internal sealed class PublishRuns(IPartitionRoutes routes)
{
    private readonly Dictionary<TopicPartition, Run> runs = [];

    /// <summary>Takes over the batch. Call in order; the answers may be awaited in any order.</summary>
    /// <param name="isLast">No batch of this partition comes after it.</param>
    public Task<PublishReceipt> PublishAsync(PublishRequest request, bool isLast)
    {
        if (!runs.TryGetValue(request.Partition, out Run? run))
        {
            if (isLast)
            {
                return routes.PublishAsync(request).AsTask(); // the only one
            }

            runs.Add(request.Partition, run = new Run());
        }

        run.IsHandedOver &= routes.LeadsHere(request.Partition);
        run.Before = run.IsHandedOver ? routes.Here.PublishAsync(request).AsTask() : AfterAsync(run.Before, request);
        return run.Before;
    }

    private async Task<PublishReceipt> AfterAsync(Task<PublishReceipt>? earlier, PublishRequest request)
    {
        if (earlier is not null)
        {
            await earlier;
        }

        return await routes.PublishAsync(request);
    }

    private sealed class Run
    {
        public Task<PublishReceipt>? Before { get; set; }

        public bool IsHandedOver { get; set; } = true;
    }
}
