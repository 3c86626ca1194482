using GoQueue.Client.Wire;

namespace GoQueue.Client.Producing;

internal sealed partial class PublishLoop
{
    /// <summary>What one write may hold; more would only delay the answers that are taken between writes.</summary>
    private const int FrameBytesPerWrite = 256 << 10;

    private readonly List<PartitionQueue> recovering = [];
    private readonly List<ProducerBatch> resend = [];
    private ulong lastCorrelation;
    private bool settledSomething;

    /// <summary>Sends again what has to go again, partition by partition, once nothing of it is outstanding.</summary>
    private void Recover(long now)
    {
        for (int i = recovering.Count - 1; i >= 0; i--)
        {
            PartitionQueue partition = recovering[i];
            InFlightWindow window = partition.Window;
            if (partition.IsRefreshing || now < partition.RetryAt)
            {
                continue;
            }

            PublishLink link = LinkOf(partition);
            if (window.Outstanding > 0 || (window.NeedsIdentity && !window.TryIdentify(IdentityFor(partition))))
            {
                continue;
            }

            if (!link.CanWrite)
            {
                link.IsWanted = true;
                continue;
            }

            resend.Clear();
            window.Recover(resend);
            foreach (ProducerBatch batch in resend)
            {
                AddFrame(link, batch, now);
            }

            if (!window.IsRecovering)
            {
                recovering.RemoveAt(i);
                Schedule(partition);
            }
        }
    }

    /// <summary>Takes new batches from the partitions that have some, one partition after the other, until the writes are full.</summary>
    private void SendReady(long now)
    {
        foreach (PublishLink link in links.Values)
        {
            while (link.CanWrite && link.Blocked.TryDequeue(out PartitionQueue? waited))
            {
                ready.Enqueue(waited);
            }
        }

        for (int looks = ready.Count; looks > 0 && ready.TryDequeue(out PartitionQueue? partition); looks--)
        {
            partitions.Add(partition);
            PublishLink link = LinkOf(partition);
            if (!link.CanWrite || link.Frames.Length >= FrameBytesPerWrite)
            {
                link.IsWanted = true;
                link.Blocked.Enqueue(partition);
                continue;
            }

            partition.ClearScheduled(); // before the look: what comes after it schedules the partition again
            if (!SendFrom(partition, link, now))
            {
                Schedule(partition);
            }
        }
    }

    /// <summary>False when the partition may have more and only this write is full.</summary>
    private bool SendFrom(PartitionQueue partition, PublishLink link, long now)
    {
        InFlightWindow window = partition.Window;
        if (now - partition.LastDeliveryAt > ForgottenAfter.Ticks)
        {
            window.ForgetConfirmation();
        }

        if (window.NeedsIdentity && !window.TryIdentify(IdentityFor(partition)))
        {
            unidentified.Add(partition);
            return true;
        }

        while (window.CanSendNew)
        {
            if (link.Frames.Length >= FrameBytesPerWrite)
            {
                return false;
            }

            if (partition.Take(evenOpen: context.Options.Linger == TimeSpan.Zero) is not { } batch)
            {
                return true;
            }

            window.Send(batch);
            AddFrame(link, batch, now);
        }

        return true; // an answer will make room and schedule it again
    }

    private void AddFrame(PublishLink link, ProducerBatch batch, long now)
    {
        PartitionQueue partition = batch.Partition;
        ulong correlation = ++lastCorrelation;
        link.Outstanding.Add(correlation, batch);
        batch.SentAt = now;
        ReadOnlySpan<byte> bytes = batch.Bytes;
        PublishRequestFrame frame = new(correlation, partition.TopicBytes, partition.Index, context.Options.Acks);
        link.Frames.Advance(frame.Write(link.Frames.GetSpan(frame.MaxSize(bytes.Length)), bytes));
        context.Counters.Sent(bytes.Length, batch.Attempts > 1);
    }

    /// <summary>True when something was written.</summary>
    private bool WriteFrames()
    {
        bool wrote = false;
        foreach (PublishLink link in links.Values)
        {
            if (link.Frames.Length > 0 && link.CanWrite)
            {
                link.Call!.Write(link.Frames.TakeWritten());
                wrote = true;
            }
        }

        return wrote;
    }
}
