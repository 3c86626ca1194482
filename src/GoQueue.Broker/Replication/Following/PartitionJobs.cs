using GoQueue.Broker.PartitionLoops;
using GoQueue.Core;

namespace GoQueue.Broker.Replication.Following;

/// <summary>Work for partitions in the order asked for: one at a time for each, a few at a time for all.</summary>
/// <param name="maxUnderWay">At least 1.</param>
/// <param name="work">Ends by itself when cancelled, and reports its failures itself.</param>
internal sealed class PartitionJobs(int maxUnderWay, Func<PartitionLoop, CancellationToken, Task> work)
{
    private readonly Lock gate = new();
    private readonly Queue<PartitionLoop> waiting = new();
    private readonly Dictionary<TopicPartition, PartitionLoop?> known = []; // waiting or worked on; with a loop: asked for again while worked on
    private readonly HashSet<TopicPartition> working = [];
    private readonly List<Task> underWay = [];
    private readonly CancellationTokenSource stopping = new();

    /// <summary>
    /// Asks for the work. A partition that waits already is passed over; one that is worked on is worked on again afterwards, because what the work brought
    /// about may be what asks: it is over only when this knows. Any thread.
    /// </summary>
    public void Add(PartitionLoop loop)
    {
        lock (gate)
        {
            if (stopping.IsCancellationRequested)
            {
                return;
            }

            if (known.ContainsKey(loop.Partition))
            {
                known[loop.Partition] = working.Contains(loop.Partition) ? loop : null;
                return;
            }

            Enqueue(loop);
            underWay.RemoveAll(task => task.IsCompleted);
            if (underWay.Count < maxUnderWay)
            {
                underWay.Add(WorkAsync());
            }
        }
    }

    public async Task StopAsync()
    {
        Task[] all;
        lock (gate)
        {
            stopping.Cancel();
            waiting.Clear();
            all = [.. underWay];
        }

        await Core.Scheduling.TaskWaiting.AllAsync(all);
        stopping.Dispose();
    }

    private async Task WorkAsync()
    {
        await Task.Yield(); // never on the caller's stack: it is a turn
        while (Next() is { } loop)
        {
            try
            {
                await work(loop, stopping.Token);
            }
            finally
            {
                Done(loop.Partition);
            }
        }
    }

    private PartitionLoop? Next()
    {
        lock (gate)
        {
            if (!waiting.TryDequeue(out PartitionLoop? loop))
            {
                return null;
            }

            working.Add(loop.Partition);
            return loop;
        }
    }

    private void Done(TopicPartition partition)
    {
        lock (gate)
        {
            working.Remove(partition);
            known.Remove(partition, out PartitionLoop? again);
            if (again is not null && !stopping.IsCancellationRequested)
            {
                Enqueue(again);
            }
        }
    }

    private void Enqueue(PartitionLoop loop)
    {
        known.Add(loop.Partition, null);
        waiting.Enqueue(loop);
    }
}
