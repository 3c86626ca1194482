using GoQueue.Core;

namespace GoQueue.Client.Producing;

internal sealed partial class PublishLoop
{
    private readonly List<PartitionQueue> unidentified = [];
    private PublishCall? call;
    private long connectAt;
    private int connectFailures;
    private GoQueueException? lastFailure;
    private ProducerIdentity identity = ProducerIdentity.None;
    private bool isAskingIdentity;
    private long identityAt;
    private int identityFailures;

    /// <summary>Opens the call when there is something to send and the pause after the last failure is over.</summary>
    private void Connect(long now)
    {
        if (call is null && now >= connectAt && HasWork)
        {
            call = new PublishCall(channel, signal);
        }

        if (context.Options.IsIdempotent && identity.IsNone && !isAskingIdentity && now >= identityAt && HasWork)
        {
            isAskingIdentity = true;
            _ = AskIdentityAsync();
        }
    }

    private bool HasWork => Volatile.Read(ref unsettled) > 0;

    /// <summary>The call is over: what was outstanding may be stored or not, and goes again over the next one.</summary>
    private async Task LeaveConnectionAsync(long now)
    {
        PublishCall ended = call!;
        TakeAnswers(now); // those that came before the end
        call = null;
        lastFailure = ended.Failure;
        await ended.DisposeAsync().ConfigureAwait(false); // afterwards nothing writes from our buffers any more
        frames.Clear();
        outstanding.Clear();
        connectFailures++;
        connectAt = now + Backoff.After(connectFailures, context.Client).Ticks;
        foreach (PartitionQueue partition in partitions)
        {
            Disconnected(partition, ended.Failure!);
        }
    }

    private void Disconnected(PartitionQueue partition, GoQueueException because)
    {
        InFlightWindow window = partition.Window;
        window.Disconnected();
        if (context.Options.Acks == ProducerAcks.None)
        {
            // Never sent twice is what acks none promises.
            while (window.Batches.Count > 0)
            {
                ProducerBatch batch = window.Batches[0];
                window.Abandon(batch);
                Fail(batch, new GoQueueException(ErrorCode.OutcomeUnknown, $"the connection broke while {batch.Count} messages to topic '{partition.Topic}' were on their way: {because.Detail}"));
            }
        }

        if (window.IsRecovering)
        {
            StartRecovery(partition);
        }
    }

    /// <summary>Never throws; the outcome comes back as a request to the loop.</summary>
    private async Task AskIdentityAsync()
    {
        try
        {
            (long id, short epoch) = await admin.InitProducerAsync(CancellationToken.None).ConfigureAwait(false);
            Post(() =>
            {
                isAskingIdentity = false;
                identityFailures = 0;
                identity = new ProducerIdentity(id, epoch);
                unidentified.ForEach(Schedule);
                unidentified.Clear();
            });
        }
        catch (Exception problem)
        {
            GoQueueException failure = channel.Translate(problem);
            Post(() =>
            {
                isAskingIdentity = false;
                lastFailure = failure;
                identityFailures++;
                identityAt = clock.Ticks + Backoff.After(identityFailures, context.Client).Ticks;
            });
        }
    }

    /// <summary>The loop's identity; none, and a new one is asked for, when the partition's broker has rejected it.</summary>
    private ProducerIdentity IdentityFor(PartitionQueue partition)
    {
        if (partition.Window.HasRejected(identity))
        {
            identity = ProducerIdentity.None;
            signal.Set();
        }

        return identity;
    }
}
