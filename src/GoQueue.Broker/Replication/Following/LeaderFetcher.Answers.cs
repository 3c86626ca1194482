using GoQueue.Broker.PartitionLoops;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Core.Scheduling;
using GoQueue.Replication;
using GoQueue.Replication.Wire;

namespace GoQueue.Broker.Replication.Following;

/// <content>The exchange with the leader, and what its answers change.</content>
internal sealed partial class LeaderFetcher
{
    /// <summary>Never fails.</summary>
    private async Task ExchangeAsync(ReplicaFetchRequest request, long ofOpening)
    {
        bool isFine = false;
        try
        {
            SharedBuffer payload = ReplicaFetchCodec.Encode(request);
            TimeSpan timeout = TimeSpan.FromMilliseconds(request.MaxWaitMillis) + options.FetchTimeout;
            Result<SharedBuffer> answer = await peers.CallAsync(leader, PeerMessageKind.ReplicaFetch, PeerChannel.Bulk, payload, timeout, stopped);
            if (answer.TryGet(out SharedBuffer? response, out Error error))
            {
                isFine = Take(response, ofOpening);
                response.Release();
            }
            else
            {
                Log.FetchFailed(environment.Logger, leader, error);
            }
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            // the end is asked for
        }
        catch (Exception failure)
        {
            Log.FetcherFailed(environment.Logger, failure, leader);
        }

        Ended(isFine, ofOpening);
    }

    private void Ended(bool isFine, long ofOpening)
    {
        lock (gate)
        {
            underWay--;
            if (!isFine && ofOpening == opening)
            {
                session = 0;
                opening++; // an answer that is still on its way must not bring the session back: what this one carried would never be asked for again
                isPaused = true;
                if (!isStopped)
                {
                    pauseTimer.Change(options.RetryPause, Timeout.InfiniteTimeSpan);
                }
            }
        }

        Pump();
    }

    /// <summary>False when the session is over.</summary>
    private bool Take(SharedBuffer response, long ofOpening)
    {
        if (!ReplicaFetchCodec.DecodeResponse(response.Span, out int dataStart).TryGet(out ReplicaFetchResponse? read, out Error error))
        {
            Log.FetchFailed(environment.Logger, leader, error);
            return false;
        }

        if (read.Error != ErrorCode.None)
        {
            Log.FetchFailed(environment.Logger, leader, new Error(read.Error, "the leader ended the session"));
            return false;
        }

        lock (gate)
        {
            if (ofOpening == opening)
            {
                session = read.Session;
            }
        }

        int at = dataStart;
        foreach (PartitionFetched entry in read.Entries)
        {
            Deliver(response, entry, at);
            at += entry.DataBytes;
        }

        environment.Metrics.FetchedFromLeader(at - dataStart);
        return true;
    }

    private void Deliver(SharedBuffer response, in PartitionFetched entry, int at)
    {
        PartitionLoop? loop;
        lock (gate)
        {
            loop = partitions.TryGetValue(entry.Partition, out FollowedPartition? followed) ? followed.Loop : null;
        }

        if (loop is null)
        {
            return; // left meanwhile
        }

        if (entry.DataBytes > 0 && loop.IsBeingAdded)
        {
            throttle.ChargeIn(entry.DataBytes);
        }

        if (entry.DataBytes == 0)
        {
            loop.Deliver(entry.Answer, null);
        }
        else if (FetchedRun.Check(response, at, entry.DataBytes, entry.Answer).TryGet(out FetchedRun? run, out Error error))
        {
            loop.Deliver(entry.Answer, run);
        }
        else
        {
            Log.CorruptFetch(environment.Logger, entry.Partition, leader, error);
            environment.Metrics.CorruptFetch();
            RetryLater(loop);
        }
    }
}
