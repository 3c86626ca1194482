using GoQueue.Core;

namespace GoQueue.Client.Producing;

internal sealed partial class PublishLoop
{
    /// <summary>Brokers forget a producer after a day without a batch (I3); far below that we no longer rely on being remembered.</summary>
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan SilenceBeforeAsking = TimeSpan.FromSeconds(2);

    private long nextCheck;

    private void CloseLingering(long now)
    {
        long linger = context.Options.Linger.Ticks;
        while (lingering.TryPeek(out ProducerBatch? draft) && (draft.IsClosed || now >= draft.CreatedAt + linger) && lingering.TryDequeue(out _))
        {
            partitions.Add(draft.Partition);
            draft.Partition.CloseDraft(draft);
        }
    }

    /// <summary>
    /// Fails what was not acknowledged in its time, and gives up a connection that does not answer. Looked at every so often only, so a deadline
    /// is kept to a twentieth of its length or a second, whichever is less.
    /// </summary>
    private void CheckDeadlines(long now)
    {
        if (now < nextCheck || !HasWork)
        {
            return;
        }

        nextCheck = now + CheckInterval;
        TakeNewPartitions();
        long delivery = context.Options.DeliveryTimeout.Ticks;
        foreach (PartitionQueue partition in partitions)
        {
            InFlightWindow window = partition.Window;
            while (window.Batches.Count > 0 && now - window.Batches[0].CreatedAt >= delivery)
            {
                ProducerBatch batch = window.Batches[0];
                GoQueueException late = TooLate(batch);
                window.Abandon(batch);
                Fail(batch, late);
            }

            while (partition.TakeOlderThan(now - delivery + 1) is { } batch)
            {
                Fail(batch, TooLate(batch));
            }

            CheckAnswer(partition, now);
            if (window.IsRecovering)
            {
                StartRecovery(partition);
            }
            else
            {
                Schedule(partition);
            }
        }
    }

    private void CheckAnswer(PartitionQueue partition, long now)
    {
        foreach (ProducerBatch batch in partition.Window.Batches)
        {
            if (batch.IsOutstanding && now - batch.SentAt >= SilenceBeforeAsking.Ticks)
            {
                // A leader that hangs does not say so. Another node may know that it leads no more.
                context.Catalog.Avoid(partition.Link!.Address);
                AskWhoLeads(partition);
            }

            if (batch.IsOutstanding && now - batch.SentAt >= context.Client.RequestTimeout.Ticks)
            {
                partition.Link!.Call?.Break(new GoQueueException(
                    ErrorCode.Timeout, $"a batch to partition {batch.Partition.Index} of topic '{batch.Partition.Topic}' was not answered within {context.Client.RequestTimeout.TotalSeconds} s"));
                return;
            }
        }
    }

    private GoQueueException TooLate(ProducerBatch batch)
    {
        PartitionQueue partition = batch.Partition;
        string outcome = batch.IsOutstanding || batch.MayBeStored
            ? $"they were sent {batch.Attempts} times, and whether they are stored is not known"
            : "they are certainly not stored";
        string problem = partition.LastProblem.Code != ErrorCode.None ? $"; the last answer was {partition.LastProblem}"
            : lastFailure is not null ? $"; the last problem was {ErrorCodes.Name(lastFailure.Code)}: {lastFailure.Detail}"
            : "";
        return new GoQueueException(
            ErrorCode.Timeout,
            $"{batch.Count} messages to partition {partition.Index} of topic '{partition.Topic}' were not acknowledged within {context.Options.DeliveryTimeout.TotalSeconds} s; {outcome}{problem}");
    }

    private long CheckInterval => Math.Clamp(
        Math.Min(context.Options.DeliveryTimeout.Ticks, context.Client.RequestTimeout.Ticks) / 20, TimeSpan.TicksPerMillisecond * 10, TimeSpan.TicksPerSecond);

    /// <summary>Sets the timer for what comes next. False when something is due at once.</summary>
    private bool Rest(long now)
    {
        long due = long.MaxValue;
        if (HasWork)
        {
            due = Math.Max(nextCheck, now + 1);
            foreach (PublishLink link in links.Values)
            {
                due = link is { Call: null, IsWanted: true } ? Math.Min(due, Math.Max(link.ConnectAt, now + 1)) : due;
            }

            due = identity.IsNone && !isAskingIdentity && context.Options.IsIdempotent ? Math.Min(due, Math.Max(identityAt, now + 1)) : due;
        }

        foreach (PartitionQueue partition in recovering)
        {
            if (partition.Window.Outstanding == 0 && partition.RetryAt > now)
            {
                due = Math.Min(due, partition.RetryAt);
            }
        }

        Volatile.Write(ref lingerWatched, 0); // before the look: a draft that comes after it raises the signal
        Interlocked.MemoryBarrier();
        if (lingering.TryPeek(out ProducerBatch? draft))
        {
            Volatile.Write(ref lingerWatched, 1);
            due = Math.Min(due, draft.CreatedAt + context.Options.Linger.Ticks);
            if (due <= now)
            {
                return false;
            }
        }

        timer.Change(due == long.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromTicks(due - now), Timeout.InfiniteTimeSpan);
        return true;
    }
}
