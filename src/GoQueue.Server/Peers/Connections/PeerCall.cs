using System.Threading.Tasks.Sources;
using GoQueue.Core;

namespace GoQueue.Server.Peers.Connections;

/// <summary>
/// A call that waits for its reply. Whoever takes it out of <see cref="PendingCalls"/> completes it, so it is completed once: by the reply, the
/// time-out, the caller's cancelling, or the end of the connection.
/// </summary>
internal sealed class PeerCall(PendingCalls owner, ulong correlation) : IValueTaskSource<Result<SharedBuffer>>
{
    private readonly Lock gate = new();
    private ManualResetValueTaskSourceCore<Result<SharedBuffer>> outcome = new() { RunContinuationsAsynchronously = true };
    private ITimer? timer;
    private CancellationTokenRegistration cancelling;
    private bool completed;
    private volatile bool hasLeft;

    public ulong Correlation { get; } = correlation;

    /// <summary>Whether it was handed to the network: then nobody can say that it was not handled.</summary>
    public bool HasLeft => hasLeft;

    public ValueTask<Result<SharedBuffer>> Task => new(this, outcome.Version);

    public void Left() => hasLeft = true;

    /// <summary>Starts the clock; not before the call can be found by its correlation.</summary>
    public void Arm(TimeProvider time, TimeSpan timeout, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (completed)
            {
                return;
            }

            timer = time.CreateTimer(static call => ((PeerCall)call!).TimedOut(), this, timeout, Timeout.InfiniteTimeSpan);
        }

        // Outside the gate: a token that is cancelled already calls back at once, and that completes this call.
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static (call, token) => ((PeerCall)call!).Cancelled(token), this);
        lock (gate)
        {
            cancelling = registration;
        }

        if (completed)
        {
            registration.Unregister();
        }
    }

    public void Complete(Result<SharedBuffer> result)
    {
        Disarm();
        outcome.SetResult(result);
    }

    /// <summary>The same on this thread, what waits for it included: for a reader of the network, and callers that only hand the reply on.</summary>
    public void CompleteHere(SharedBuffer reply)
    {
        Disarm();
        outcome.RunContinuationsAsynchronously = false;
        outcome.SetResult(reply);
    }

    Result<SharedBuffer> IValueTaskSource<Result<SharedBuffer>>.GetResult(short token) => outcome.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Result<SharedBuffer>>.GetStatus(short token) => outcome.GetStatus(token);

    void IValueTaskSource<Result<SharedBuffer>>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        outcome.OnCompleted(continuation, state, token, flags);

    private void TimedOut()
    {
        if (owner.TryTake(Correlation, out _))
        {
            Complete(new Error(ErrorCode.Timeout, $"{owner.Peer} did not answer in time; it may have done what it was asked"));
        }
    }

    private void Cancelled(CancellationToken token)
    {
        if (owner.TryTake(Correlation, out _))
        {
            Disarm();
            outcome.SetException(new OperationCanceledException(token));
        }
    }

    private void Disarm()
    {
        lock (gate)
        {
            completed = true;
            timer?.Dispose();
            cancelling.Unregister();
        }
    }
}
