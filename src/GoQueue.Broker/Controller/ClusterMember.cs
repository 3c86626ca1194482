using GoQueue.Broker.Registration;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Policy;
using GoQueue.Metadata.Quorum;
using GoQueue.Storage.Directories;

namespace GoQueue.Broker.Controller;

/// <summary>
/// This node's place in the cluster: its registration, its part as the controller when it leads the metadata quorum, and the requests of
/// administrators. Made before the links to peers come up, because it listens to them; ended in two steps around the closing of the partitions.
/// </summary>
/// <remarks>The log, the quorum and the transport belong to the host and outlive it.</remarks>
public sealed class ClusterMember
{
    private static readonly TimeSpan restartPause = TimeSpan.FromSeconds(1);

    private readonly NodeId self;
    private readonly RegistrationOptions options;
    private readonly BrokerEnvironment environment;
    private readonly ILogDirectory data;
    private readonly IMetadataLog metadata;
    private readonly IMetadataQuorum quorum;
    private readonly BrokerRegistration registration;
    private readonly ClusterRequests requests;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task registering;
    private readonly Task controlling;

    private ClusterMember(
        NodeId self, RegistrationOptions options, ControllerOptions controllerOptions, BrokerEnvironment environment,
        ILogDirectory data, IMetadataLog metadata, IMetadataQuorum quorum, IPeerTransport peers)
    {
        this.self = self;
        this.options = options;
        this.environment = environment;
        this.data = data;
        this.metadata = metadata;
        this.quorum = quorum;
        requests = new ClusterRequests(self, metadata, quorum);
        ControllerLoop controller = new(self, controllerOptions, environment, metadata, quorum, peers);
        BrokerEpoch stoppedCleanly = CleanStopMarker.Take(data, options.Incarnation);
        registration = new BrokerRegistration(self, options, stoppedCleanly, environment, metadata, quorum, peers, controller);
        controlling = RunAsync("controller", controller.RunAsync);
        registering = RunAsync("registration", registration.RunAsync);
        Observe();
    }

    public IClusterRequests Requests => requests;

    /// <summary>What fetches and ISR proposals carry (R6); none until this process is registered.</summary>
    public BrokerEpoch Epoch => registration.Epoch;

    /// <summary>Starts the loops. The partitions of this node should be open before: a registered broker is given leaderships.</summary>
    /// <param name="data">The data directory; the marker of the last clean stop is in it.</param>
    public static ClusterMember Start(
        NodeId self, RegistrationOptions options, ControllerOptions controllerOptions, BrokerEnvironment environment,
        ILogDirectory data, IMetadataLog metadata, IMetadataQuorum quorum, IPeerTransport peers) =>
        new(self, options, controllerOptions, environment, data, metadata, quorum, peers);

    /// <summary>
    /// Completes when this process is registered, not fenced, and no partition waits for a leader that this node could be: a node on its own serves then.
    /// </summary>
    public async Task WaitUntilServingAsync(CancellationToken cancellationToken)
    {
        MetadataImage image = metadata.Image;
        while (!IsServing(image))
        {
            image = await metadata.WaitForChangeAsync(image.Version, cancellationToken);
        }
    }

    /// <summary>
    /// A partition's log failed here: its leadership and its place in the ISR go to others, if others hold every committed record. Best effort; the
    /// partition refuses everything whatever comes of it.
    /// </summary>
    public async Task ReportFailureAsync(TopicPartition partition)
    {
        try
        {
            Error? error = await requests.ReportFailureAsync(partition, stopping.Token);
            Log.ReplicaFailed(environment.Logger, self, partition, error?.ToString() ?? "others go on without it where they can");
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
        {
            // stopping: the others find out by themselves
        }
    }

    /// <summary>
    /// First step of a stop, while the partitions still serve: moves the leaderships away, that of the quorum last. True when the partitions' are; false when
    /// patience ended.
    /// </summary>
    public async Task<bool> HandOverAsync()
    {
        bool isHandedOver = await registration.StopAsync();
        QuorumStatus status = quorum.Status;
        QuorumMemberStatus? successor = status.Members.FirstOrDefault(member =>
            member is { Role: QuorumRole.Voter, IsCaughtUp: true } && member.Member.Node != self && !new ClusterView(metadata.Image).IsGone(member.Member.Node));
        if (status.IsLeader && successor is not null)
        {
            Error? refusal = await quorum.TransferLeadershipAsync(successor.Member.Node, stopping.Token);
            Log.ControllerHandedOver(environment.Logger, self, successor.Member.Node, refusal);
        }

        return isHandedOver;
    }

    /// <summary>Last step, when the partitions are closed: ends the loops and, if everything is flushed, vouches for it to the next start.</summary>
    public async Task CloseAsync(bool isEverythingFlushed)
    {
        stopping.Cancel();
        await registering;
        await controlling;
        if (isEverythingFlushed && !registration.Epoch.IsNone)
        {
            try
            {
                CleanStopMarker.Write(data, options.Incarnation, registration.Epoch);
            }
            catch (IOException failure)
            {
                Log.MarkerNotWritten(environment.Logger, failure, self);
            }
        }

        stopping.Dispose();
    }

    private bool IsServing(MetadataImage image) =>
        image.TryGetBroker(self, out BrokerImage? broker)
        && broker.Epoch == registration.Epoch
        && !broker.IsFenced
        && image.TopicsOn(self).All(topic => topic.Partitions.All(partition => partition.Leader is not null || !partition.InSync.Contains(self)));

    /// <summary>
    /// A failure is one of ours, or the metadata log's end. The part begins anew after a pause: without a controller that acts, or a registration that is
    /// kept, this node would be worse than gone, because the others would not notice.
    /// </summary>
    private async Task RunAsync(string part, Func<CancellationToken, Task> run)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await run(stopping.Token);
            }
            catch (Exception end) when (stopping.IsCancellationRequested && end is OperationCanceledException or ObjectDisposedException)
            {
                return; // the end is asked for, or the metadata log is closed
            }
            catch (Exception failure)
            {
                Log.MembershipFailed(environment.Logger, failure, part);
            }

            try
            {
                await Task.Delay(restartPause, environment.Time, stopping.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Observe()
    {
        BrokerMetrics metrics = environment.Metrics;
        metrics.Observe("goqueue.cluster.unclean.events", null, "Choices that may have cost acknowledged records, since the cluster was formed.", () => metadata.Image.EventCount);
        metrics.Observe("goqueue.cluster.brokers", null, "Brokers registered.", () => metadata.Image.Brokers.Count);
        metrics.Observe("goqueue.cluster.brokers.fenced", null, "Brokers registered that are not there.", () => metadata.Image.Brokers.Count(broker => broker.IsFenced));
        metrics.Observe("goqueue.cluster.partitions.offline", null, "Partitions that nobody leads.", () => requests.Health().OfflinePartitions);
        metrics.Observe("goqueue.cluster.partitions.under.min.isr", null, "Partitions with fewer in sync than acks=all needs.", () => requests.Health().UnderMinInSyncPartitions);
        metrics.Observe("goqueue.cluster.partitions.under.replicated", null, "Partitions with fewer in sync than replicas.", () => requests.Health().UnderReplicatedPartitions);
        metrics.Observe("goqueue.cluster.partitions.reassigning", null, "Partitions whose replicas are being exchanged.", () => metadata.Image.Reassigning.Count);
        metrics.Observe("goqueue.cluster.metadata.version", null, "Metadata version applied here.", () => metadata.Image.Version);
    }
}
