using GoQueue.Core;

namespace GoQueue.Client.Producing;

internal sealed partial class PublishLoop
{
    private readonly Dictionary<Uri, PublishLink> links = [];
    private readonly List<PartitionQueue> unidentified = [];
    private GoQueueException? lastFailure;
    private ProducerIdentity identity = ProducerIdentity.None;
    private bool isAskingIdentity;
    private long identityAt;
    private int identityFailures;

    private bool HasWork => Volatile.Read(ref unsettled) > 0;

    /// <summary>The partition's leader is another one, or has another address. Any thread.</summary>
    public void LeaderChanged(PartitionQueue partition) => Post(() =>
    {
        if (partition.Link is not null)
        {
            LinkOf(partition);
            Schedule(partition);
        }
    });

    /// <summary>
    /// The link to the partition's leader. As long as nobody is known to lead, the one it had, else any. What another node has not answered is given
    /// up: it may be stored there or not, and goes again to the new leader under the same identity.
    /// </summary>
    private PublishLink LinkOf(PartitionQueue partition)
    {
        Uri target = partition.Route.AddressOf(partition.Index) ?? partition.Link?.Address ?? context.Nodes.Any;
        if (partition.Link is { } present)
        {
            if (present.Address == target)
            {
                return present;
            }

            GiveUp(partition, present, new GoQueueException(ErrorCode.NotLeader, $"{present.Address.Authority} does not lead the partition any more"));
            if (present.Unblock(partition))
            {
                ready.Enqueue(partition); // else it would wait until the old leader can be reached
            }
        }

        if (!links.TryGetValue(target, out PublishLink? link))
        {
            links[target] = link = new PublishLink(target, new Transport.GrpcChannel(context.Client, target));
        }

        partition.Link = link;
        return link;
    }

    private void GiveUp(PartitionQueue partition, PublishLink link, GoQueueException because)
    {
        if (partition.Window.Outstanding == 0)
        {
            return;
        }

        foreach ((ulong correlation, ProducerBatch? batch) in link.Outstanding)
        {
            if (batch?.Partition == partition)
            {
                link.Outstanding[correlation] = null;
            }
        }

        Disconnected(partition, because);
    }

    /// <summary>Opens the calls that are wanted, each when the pause after its last failure is over.</summary>
    private void Connect(long now)
    {
        foreach (PublishLink link in links.Values)
        {
            if (link is { Call: null, IsWanted: true } && now >= link.ConnectAt)
            {
                link.IsWanted = false;
                link.Call = new PublishCall(link.Channel, signal);
            }
        }

        if (context.Options.IsIdempotent && identity.IsNone && !isAskingIdentity && now >= identityAt && HasWork)
        {
            isAskingIdentity = true;
            _ = AskIdentityAsync();
        }
    }

    private async Task LeaveBrokenAsync(long now)
    {
        foreach (PublishLink link in links.Values)
        {
            if (link.Call?.Failure is not null)
            {
                await LeaveAsync(link, now).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The call is over: what was outstanding may be stored or not, and goes again over the next one, here or at another leader.</summary>
    private async Task LeaveAsync(PublishLink link, long now)
    {
        PublishCall ended = link.Call!;
        TakeAnswers(link, now); // those that came before the end
        link.Call = null;
        lastFailure = ended.Failure;
        await ended.DisposeAsync().ConfigureAwait(false); // afterwards nothing writes from our buffers any more
        link.Frames.Clear();
        link.Outstanding.Clear();
        link.ConnectFailures++;
        link.ConnectAt = now + Backoff.After(link.ConnectFailures, context.Client).Ticks;
        context.Catalog.Avoid(link.Address);
        foreach (PartitionQueue partition in partitions)
        {
            if (partition.Link == link)
            {
                Disconnected(partition, ended.Failure!);
                AskWhoLeads(partition);
            }
        }

        while (link.Blocked.TryDequeue(out PartitionQueue? blocked))
        {
            ready.Enqueue(blocked); // perhaps it has another leader by now
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
            (long id, short epoch) = await context.Admin.InitProducerAsync(CancellationToken.None).ConfigureAwait(false);
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
            GoQueueException failure = problem as GoQueueException ?? new GoQueueException(ErrorCode.Internal, $"asking for an identity failed: {problem.Message}", problem);
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
