using GoQueue.Broker.PartitionLoops;
using GoQueue.Core;
using GoQueue.Core.Peers;

namespace GoQueue.Broker.Replication.Following;

/// <summary>The fetchers of this node, one per leader it follows, and which of them each partition is at. Any thread.</summary>
internal sealed class FetcherTable(ReplicationOptions options, BrokerEnvironment environment, IPeerTransport peers, ReassignmentThrottle throttle)
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<NodeId, LeaderFetcher> fetchers = [];
    private readonly Dictionary<TopicPartition, LeaderFetcher> placed = [];
    private bool isStopped;

    public void Follow(PartitionLoop loop, NodeId leader)
    {
        LeaderFetcher? before;
        LeaderFetcher next;
        lock (gate)
        {
            if (isStopped)
            {
                return;
            }

            placed.TryGetValue(loop.Partition, out before);
            if (!fetchers.TryGetValue(leader, out LeaderFetcher? known))
            {
                known = new LeaderFetcher(leader, options, environment, peers, throttle);
                fetchers.Add(leader, known);
            }

            next = known;
            placed[loop.Partition] = next;
        }

        if (before is not null && before != next)
        {
            before.Unfollow(loop);
        }

        next.Follow(loop);
    }

    public void Unfollow(PartitionLoop loop)
    {
        LeaderFetcher? fetcher;
        lock (gate)
        {
            placed.Remove(loop.Partition, out fetcher);
        }

        fetcher?.Unfollow(loop);
    }

    public void Positioned(PartitionLoop loop) => Of(loop)?.Positioned(loop);

    public void RetryLater(PartitionLoop loop) => Of(loop)?.RetryLater(loop);

    public void Hurry()
    {
        LeaderFetcher[] all;
        lock (gate)
        {
            all = [.. fetchers.Values];
        }

        foreach (LeaderFetcher fetcher in all)
        {
            fetcher.Hurry();
        }
    }

    public async Task StopAsync()
    {
        LeaderFetcher[] all;
        lock (gate)
        {
            isStopped = true;
            all = [.. fetchers.Values];
        }

        foreach (LeaderFetcher fetcher in all)
        {
            await fetcher.StopAsync();
        }
    }

    private LeaderFetcher? Of(PartitionLoop loop)
    {
        lock (gate)
        {
            return placed.GetValueOrDefault(loop.Partition);
        }
    }
}
