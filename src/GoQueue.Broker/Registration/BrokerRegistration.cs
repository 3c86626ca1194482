using GoQueue.Broker.Controller;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Broker.Registration;

/// <summary>Keeps this broker registered: says it is here, hears whether it still counts, and asks before it goes.</summary>
/// <remarks>
/// <code>
/// state        meaning                                              leaves by
/// Unknown      not registered in this life of the process           the registration is decided -> Known
/// Known        heartbeats name the broker epoch; the image says     the controller knows a newer registration or none -> Unknown;
///              whether it is fenced                                 StopAsync -> Stopping
/// Stopping     heartbeats ask to stop; leaderships move away        the controller lets go, or patience ends -> Stopped
/// Stopped      no heartbeats                                        never
/// </code>
/// One loop owns it. A registration whose outcome is not known is looked up in the image before it is tried again: nobody else registers this disk.
/// </remarks>
internal sealed class BrokerRegistration(
    NodeId self,
    RegistrationOptions options,
    BrokerEpoch stoppedCleanly,
    BrokerEnvironment environment,
    IMetadataLog metadata,
    IMetadataQuorum quorum,
    IPeerTransport peers,
    ControllerLoop controller)
{
    private readonly Signal woken = new();
    private readonly TaskCompletionSource mayStop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long epoch;
    private volatile bool wantsToStop;

    /// <summary>Of the registration that holds; none before the first.</summary>
    public BrokerEpoch Epoch => new(Volatile.Read(ref epoch));

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task controllers = WatchControllerAsync(watching.Token);
        try
        {
            await KeepRegisteredAsync(cancellationToken);
        }
        finally
        {
            watching.Cancel();
            await controllers;
        }
    }

    private async Task KeepRegisteredAsync(CancellationToken cancellationToken)
    {
        BrokerEpoch previous = Epoch.IsNone ? stoppedCleanly : Epoch;
        while (!cancellationToken.IsCancellationRequested)
        {
            BrokerImage registered = await RegisterAsync(previous, cancellationToken);
            Volatile.Write(ref epoch, registered.Epoch.Value);
            environment.Registration.Value = registered.Epoch; // fetches carry it from now on (R6)
            Log.BrokerRegistered(environment.Logger, self, registered.Epoch, previous);
            await BeatAsync(registered.Epoch, cancellationToken);
            previous = registered.Epoch; // the process never stopped: nothing was lost
        }
    }

    /// <summary>Asks the controller to move this broker's leaderships away; completes when it did, or when patience ended. False then.</summary>
    public async Task<bool> StopAsync()
    {
        wantsToStop = true;
        woken.Wake();
        long started = environment.Time.GetTimestamp();
        long lastController = started;
        while (!mayStop.Task.IsCompleted)
        {
            await Signal.WaitAsync(mayStop.Task, options.HeartbeatInterval, environment.Time, CancellationToken.None);
            lastController = quorum.Status.Leader is null ? lastController : environment.Time.GetTimestamp();
            bool isAlone = environment.Time.GetElapsedTime(lastController) > options.StopPatienceWithoutController;
            if (!mayStop.Task.IsCompleted && (isAlone || environment.Time.GetElapsedTime(started) > options.StopPatience))
            {
                Log.StopNotConfirmed(environment.Logger, self, (long)environment.Time.GetElapsedTime(started).TotalMilliseconds);
                return false;
            }
        }

        return true;
    }

    private async Task<BrokerImage> RegisterAsync(BrokerEpoch previous, CancellationToken cancellationToken)
    {
        BrokerEpoch? before = null;
        bool hasComplained = false;
        while (true)
        {
            Result<long> read = await quorum.ReadIndexAsync(cancellationToken);
            if (read.IsOk)
            {
                BrokerImage? known = metadata.Image.TryGetBroker(self, out BrokerImage? image) ? image : null;
                before ??= known?.Epoch ?? BrokerEpoch.None;
                if (known is not null && known.Epoch > before && known.Incarnation == options.Incarnation)
                {
                    return known; // an earlier try of ours, whose answer did not come
                }

                RegisterBrokerCommand command = new(self, options.Incarnation, options.Endpoints, options.Rack, previous);
                Result<MetadataOutcome> decided = await metadata.DecideAsync(command, cancellationToken);
                if (decided.TryGet(out MetadataOutcome? outcome, out Error error) && outcome is MetadataOutcome.BrokerRegistered registered)
                {
                    return registered.Broker;
                }

                if (!hasComplained && error.Code is not (ErrorCode.None or ErrorCode.MetadataUnavailable or ErrorCode.OutcomeUnknown))
                {
                    hasComplained = true;
                    Log.RegistrationRefused(environment.Logger, self, error);
                }
            }

            await Task.Delay(options.RetryInterval, environment.Time, cancellationToken);
        }
    }

    /// <summary>A new controller hears of this broker at once and not at the next beat.</summary>
    private async Task WatchControllerAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                long seen = quorum.Status.Sequence;
                woken.Wake();
                await quorum.WaitForStatusChangeAsync(seen, cancellationToken);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
        {
            // nobody cares any more
        }
    }

    /// <summary>Returns when the registration does not hold any more.</summary>
    private async Task BeatAsync(BrokerEpoch current, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wake = woken.Next;
            Heartbeat beat = new(current, metadata.Image.Version, wantsToStop);
            Result<HeartbeatAnswer> answered = await SendAsync(beat, cancellationToken);
            if (answered.TryGet(out HeartbeatAnswer answer, out Error error))
            {
                if (answer.MayStop && beat.WantsToStop)
                {
                    mayStop.TrySetResult();
                }
            }
            else if (error.Code == ErrorCode.StaleBrokerEpoch)
            {
                Log.RegistrationLost(environment.Logger, self, current, error);
                return;
            }

            await Signal.WaitAsync(wake, options.HeartbeatInterval, environment.Time, cancellationToken);
        }
    }

    private async Task<Result<HeartbeatAnswer>> SendAsync(Heartbeat beat, CancellationToken cancellationToken)
    {
        NodeId? leader = quorum.Status.Leader;
        if (leader is null)
        {
            return new Error(ErrorCode.NotController, "no controller is known");
        }

        if (leader == self)
        {
            return controller.Receive(self, beat);
        }

        Result<SharedBuffer> reply = await peers.CallAsync(
            leader.Value, PeerMessageKind.BrokerHeartbeat, PeerChannel.Control, beat.Encode(), options.HeartbeatTimeout, cancellationToken);
        if (!reply.TryGet(out SharedBuffer? buffer, out Error error))
        {
            return error;
        }

        using (buffer)
        {
            return HeartbeatAnswer.Decode(buffer.Span);
        }
    }
}
