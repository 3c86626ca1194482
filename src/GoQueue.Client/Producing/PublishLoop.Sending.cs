using GoQueue.Client.Wire;

namespace GoQueue.Client.Producing;

internal sealed partial class PublishLoop
{
    /// <summary>What one write may hold; more would only delay the answers that are taken between writes.</summary>
    private const int FrameBytesPerWrite = 256 << 10;

    private readonly FrameBuffer frames = new();
    private readonly Dictionary<ulong, ProducerBatch> outstanding = [];
    private readonly List<PartitionQueue> recovering = [];
    private readonly List<ProducerBatch> resend = [];
    private ulong lastCorrelation;
    private bool settledSomething;

    /// <summary>Sends again what has to go again, partition by partition, once nothing of it is outstanding.</summary>
    private void Recover(long now)
    {
        if (recovering.Count == 0 || call is not { CanWrite: true })
        {
            return;
        }

        for (int i = recovering.Count - 1; i >= 0; i--)
        {
            PartitionQueue partition = recovering[i];
            InFlightWindow window = partition.Window;
            if (window.Outstanding > 0 || partition.IsRefreshing || now < partition.RetryAt || (window.NeedsIdentity && !window.TryIdentify(IdentityFor(partition))))
            {
                continue;
            }

            resend.Clear();
            window.Recover(resend);
            foreach (ProducerBatch batch in resend)
            {
                AddFrame(batch, now);
            }

            if (!window.IsRecovering)
            {
                recovering.RemoveAt(i);
                Schedule(partition);
            }
        }
    }

    /// <summary>Takes new batches from the partitions that have some, one partition after the other, until the write is full.</summary>
    private void SendReady(long now)
    {
        if (call is not { CanWrite: true })
        {
            return;
        }

        for (int looks = ready.Count; looks > 0 && frames.Length < FrameBytesPerWrite && ready.TryDequeue(out PartitionQueue? partition); looks--)
        {
            partitions.Add(partition);
            partition.ClearScheduled(); // before the look: what comes after it schedules the partition again
            if (!SendFrom(partition, now))
            {
                Schedule(partition);
            }
        }
    }

    /// <summary>False when the partition may have more and only this write is full.</summary>
    private bool SendFrom(PartitionQueue partition, long now)
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
            if (frames.Length >= FrameBytesPerWrite)
            {
                return false;
            }

            if (partition.Take(evenOpen: context.Options.Linger == TimeSpan.Zero) is not { } batch)
            {
                return true;
            }

            window.Send(batch);
            AddFrame(batch, now);
        }

        return true; // an answer will make room and schedule it again
    }

    private void AddFrame(ProducerBatch batch, long now)
    {
        PartitionQueue partition = batch.Partition;
        ulong correlation = ++lastCorrelation;
        outstanding.Add(correlation, batch);
        batch.SentAt = now;
        ReadOnlySpan<byte> bytes = batch.Bytes;
        PublishRequestFrame frame = new(correlation, partition.TopicBytes, partition.Index, context.Options.Acks);
        frames.Advance(frame.Write(frames.GetSpan(frame.MaxSize(bytes.Length)), bytes));
        context.Counters.Sent(bytes.Length, batch.Attempts > 1);
    }

    /// <summary>True when the turn wrote something or could not because the last write is under way with more to come.</summary>
    private bool WriteFrames()
    {
        if (frames.Length == 0 || call is not { CanWrite: true })
        {
            return false;
        }

        call.Write(frames.TakeWritten());
        return true;
    }
}
