using GoQueue.Broker.Registration;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Policy;
using GoQueue.Metadata.Quorum;
using GoQueue.Metadata.Topics;

namespace GoQueue.Broker.Controller;

/// <summary>
/// The controller: runs on every node and acts while its node leads the metadata quorum. It knows who is there, decides by the policies of the metadata
/// project, and proposes. What it proposes names the versions it was based on, so a proposal of a controller that has been replaced changes
/// nothing that its successor changed.
/// </summary>
/// <remarks>
/// A round looks only at topics that changed since the last one, or that have replicas on brokers whose state changed; deciding again what is decided
/// already gives nothing. Fencing a broker and moving its leaderships are proposed in the same round, without waiting for each other. Heartbeats
/// and links may be told from any thread; everything else belongs to the one loop.
/// </remarks>
internal sealed partial class ControllerLoop
{
    private readonly NodeId self;
    private readonly ControllerOptions options;
    private readonly BrokerEnvironment environment;
    private readonly IMetadataLog metadata;
    private readonly IMetadataQuorum quorum;
    private readonly Signal woken = new();
    private readonly Lock livenessGate = new();
    private readonly BrokerLiveness liveness;

    // The loop's own.
    private readonly SortedSet<TopicId> dirty = [];
    private readonly SortedDictionary<NodeId, BrokerState> brokersSeen = [];
    private long seenVersion;
    private long term = -1;
    private TimeSpan preferredAt;
    private TimeSpan quorumAt;
    private Task quorumStep = Task.CompletedTask;

    public ControllerLoop(NodeId self, ControllerOptions options, BrokerEnvironment environment, IMetadataLog metadata, IMetadataQuorum quorum, IPeerTransport peers)
    {
        this.self = self;
        this.options = options;
        this.environment = environment;
        this.metadata = metadata;
        this.quorum = quorum;
        liveness = new BrokerLiveness(options.FenceAfter);
        peers.OnCall(PeerMessageKind.BrokerHeartbeat, ReceiveAsync);
        peers.OnLinkChange(LinkChanged);
    }

    private TimeSpan Now => environment.Time.GetElapsedTime(0);

    /// <summary>Runs until cancelled. May be run again after a failure: it knows nothing then that the image and the heartbeats do not tell anew.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task images = WatchAsync(WatchImagesAsync, watching.Token);
        Task statuses = WatchAsync(WatchStatusAsync, watching.Token);
        term = -1;
        try
        {
            await RunRoundsAsync(watching.Token);
        }
        finally
        {
            watching.Cancel();
            await images;
            await statuses;
            await quorumStep;
        }
    }

    private async Task RunRoundsAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wake = woken.Next;
            TimeSpan pause = await RoundAsync(cancellationToken);
            TimeSpan before = Now;
            await Signal.WaitAsync(wake, pause, environment.Time, cancellationToken);
            if (Now - before > pause + options.PauseNoticed)
            {
                Log.ControllerPaused(environment.Logger, (long)(Now - before).TotalMilliseconds);
                RenewLiveness();
            }
        }
    }

    /// <summary>A heartbeat of this node or another. Codes: NotController, StaleBrokerEpoch.</summary>
    public Result<HeartbeatAnswer> Receive(NodeId from, Heartbeat beat)
    {
        if (!quorum.Status.IsLeader)
        {
            return new Error(ErrorCode.NotController, $"{self} does not lead the metadata quorum");
        }

        MetadataImage image = metadata.Image;
        bool isKnown = image.TryGetBroker(from, out BrokerImage? broker);
        if (image.Version >= beat.Epoch.Value && (!isKnown || broker!.Epoch != beat.Epoch))
        {
            return new Error(ErrorCode.StaleBrokerEpoch, $"broker {from} is registered with epoch {broker?.Epoch}, it named {beat.Epoch}");
        }

        lock (livenessGate)
        {
            liveness.Heard(from, beat.Epoch, beat.Applied, beat.WantsToStop, Now);
        }

        bool isWaitingForUs = broker is not null && (broker.IsFenced || (beat.WantsToStop && !broker.IsStopping));
        if (isWaitingForUs)
        {
            woken.Wake();
        }

        return new HeartbeatAnswer(beat.WantsToStop && broker is not null && ControllerPolicy.MayStop(broker, View(image)));
    }

    private ValueTask<Result<PeerReply>> ReceiveAsync(PeerMessage message, CancellationToken cancellationToken)
    {
        if (!Heartbeat.Decode(message.Payload.Span).TryGet(out Heartbeat beat, out Error error) || !Receive(message.From, beat).TryGet(out HeartbeatAnswer answer, out error))
        {
            return new(error);
        }

        return new(new PeerReply(answer.Encode()));
    }

    private void LinkChanged(PeerLinkChange change)
    {
        lock (livenessGate)
        {
            liveness.LinkChanged(change, Now);
        }

        woken.Wake();
    }

    /// <summary>What is due now; answers how long to wait for a reason to look again.</summary>
    private async Task<TimeSpan> RoundAsync(CancellationToken cancellationToken)
    {
        QuorumStatus status = quorum.Status;
        if (!status.IsLeader)
        {
            term = -1;
            return status.Leader == self ? options.LeaseInterval : options.FenceAfter;
        }

        MetadataImage image = metadata.Image;
        if (term != status.Term)
        {
            BeginTerm(status.Term, image);
        }

        ClusterView view = View(image);
        FindDirty(image, view);
        List<MetadataCommand> commands = [.. DueOfBrokers(image)];
        List<PartitionChange> changes = ControllerPolicy.Partitions(dirty, view);
        dirty.Clear();
        if (changes.Count == 0 && IsPreferredDue())
        {
            changes = ControllerPolicy.PreferredLeaders(view, options.MaxPreferredLeaders);
        }

        commands.AddRange(ControllerPolicy.Batches(changes));
        StepQuorum(status, view, cancellationToken);
        if (commands.Count == 0 || await ProposeAsync(commands, cancellationToken))
        {
            return options.TickInterval;
        }

        dirty.UnionWith(changes.Select(change => change.Partition.Topic));
        return options.RetryInterval;
    }

    private void BeginTerm(long newTerm, MetadataImage image)
    {
        term = newTerm;
        seenVersion = 0;
        brokersSeen.Clear();
        dirty.Clear();
        preferredAt = Now;
        RenewLiveness();
        Log.ControllerBegins(environment.Logger, self, newTerm, image.Version);
    }

    private void FindDirty(MetadataImage image, ClusterView view)
    {
        foreach (TopicImage topic in image.TopicsChangedSince(seenVersion))
        {
            dirty.Add(topic.Id);
        }

        seenVersion = image.Version;
        foreach (BrokerImage broker in image.Brokers)
        {
            BrokerState state = new(broker.Epoch, view.IsGone(broker.Node), broker.IsStopping, broker.IsDraining);
            if (!brokersSeen.TryGetValue(broker.Node, out BrokerState before) || before != state)
            {
                brokersSeen[broker.Node] = state;
                dirty.UnionWith(image.TopicsOn(broker.Node).Select(topic => topic.Id));
            }
        }
    }

    private List<AlterBrokerCommand> DueOfBrokers(MetadataImage image)
    {
        lock (livenessGate)
        {
            return [.. ControllerPolicy.Brokers(image, liveness, self, Now)];
        }
    }

    private bool IsPreferredDue()
    {
        bool isDue = options.PreferredLeaderInterval > TimeSpan.Zero && Now - preferredAt >= options.PreferredLeaderInterval;
        preferredAt = isDue ? Now : preferredAt;
        return isDue;
    }

    /// <summary>True when everything was decided, whatever the outcome: the image shows it, and what was refused is decided anew from there.</summary>
    private async Task<bool> ProposeAsync(List<MetadataCommand> commands, CancellationToken cancellationToken)
    {
        // All at once: they go into one group of the log, in this order, and do not need each other.
        List<Task<Result<MetadataOutcome>>> proposals = [.. commands.Select(command => metadata.ProposeAsync(command, cancellationToken).AsTask())];
        bool allDecided = true;
        for (int i = 0; i < proposals.Count; i++)
        {
            if ((await proposals[i]).TryGet(out MetadataOutcome? outcome, out Error error))
            {
                Report(commands[i], outcome);
                allDecided &= !outcome.IsRefused;
            }
            else
            {
                allDecided = false;
                Log.ProposalFailed(environment.Logger, commands[i].GetType().Name, error);
            }
        }

        return allDecided;
    }

    private void Report(MetadataCommand command, MetadataOutcome outcome)
    {
        switch (command, outcome)
        {
            case (AlterBrokerCommand alter, { IsRefused: false }):
                Log.BrokerChanged(environment.Logger, alter.Node, alter.Change, alter.Epoch);
                break;
            case (AlterPartitionsCommand alter, MetadataOutcome.PartitionsAltered altered):
                Log.PartitionsChanged(environment.Logger, altered.Applied, alter.Changes.Count);
                foreach (PartitionChange change in alter.Changes.Where(change => change.Election != ElectionKind.Clean))
                {
                    Log.UncleanElection(environment.Logger, change.Partition, change.Leader ?? default, change.Election);
                }

                break;
            default:
                Log.ProposalRefused(environment.Logger, command.GetType().Name, outcome.Error ?? default);
                break;
        }
    }

    private void RenewLiveness()
    {
        lock (livenessGate)
        {
            liveness.RenewAll(metadata.Image.Brokers, Now);
        }
    }

    /// <summary>The image with what the liveness of this moment says.</summary>
    private ClusterView View(MetadataImage image)
    {
        TimeSpan now = Now;
        lock (livenessGate)
        {
            SortedSet<NodeId> gone = [.. image.Brokers.Select(broker => broker.Node).Where(node => node != self && liveness.IsGone(node, now))];
            return new ClusterView(image, broker => gone.Contains(broker.Node));
        }
    }

    private static async Task WatchAsync(Func<CancellationToken, Task> watch, CancellationToken cancellationToken)
    {
        try
        {
            await watch(cancellationToken);
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
        {
            // nothing more changes, or nobody cares any more
        }
    }

    private async Task WatchImagesAsync(CancellationToken cancellationToken)
    {
        long seen = metadata.Image.Version;
        while (true)
        {
            seen = (await metadata.WaitForChangeAsync(seen, cancellationToken)).Version;
            woken.Wake();
        }
    }

    private async Task WatchStatusAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            long seen = quorum.Status.Sequence;
            woken.Wake();
            await quorum.WaitForStatusChangeAsync(seen, cancellationToken);
        }
    }

    /// <summary>What the last round knew of a broker.</summary>
    private readonly record struct BrokerState(BrokerEpoch Epoch, bool IsGone, bool IsStopping, bool IsDraining);
}
