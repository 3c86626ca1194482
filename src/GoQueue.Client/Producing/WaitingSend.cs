namespace GoQueue.Client.Producing;

/// <summary>Takes a message into its partition; false when there is no room.</summary>
internal delegate bool LetGo(in ProducerMessage message, long tag, DeliverySource? source, long size);

/// <summary>
/// A send that waits for room or for its topic's layout. Ends once: let go, failed or cancelled, whoever comes first. With a source the
/// failure goes to the waiter for delivery, without one to <see cref="Over"/>.
/// </summary>
internal sealed class WaitingSend(ProducerMessage message, long tag, DeliverySource? source, long size, long deadline)
{
    private const int Waits = 0;
    private const int Claimed = 1;
    private const int Ended = 2;

    private readonly TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration registration;
    private bool isAccepted; // written and read by the thread that lets it go
    private int state;

    public long Deadline => deadline;

    public bool IsOver => Volatile.Read(ref state) == Ended;

    /// <summary>Completes when the message is accepted, and when it is not if there is a source to tell.</summary>
    public Task Over => over.Task;

    public void CancelBy(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            registration = cancellationToken.UnsafeRegister(
                static (send, token) => ((WaitingSend)send!).End(new OperationCanceledException(token)),
                this);
            if (IsOver)
            {
                registration.Dispose();
            }
        }
    }

    /// <summary>False when there is no room; a refusal is thrown, and the caller fails the send.</summary>
    public bool TryLetGo(LetGo letGo)
    {
        if (Interlocked.CompareExchange(ref state, Claimed, Waits) != Waits)
        {
            return IsOver;
        }

        try
        {
            isAccepted = letGo(message, tag, source, size);
            return isAccepted;
        }
        finally
        {
            Volatile.Write(ref state, isAccepted ? Ended : Waits);
        }
    }

    /// <summary>Tells the caller that the message is accepted. After the send has left the queue, so that its next message need not wait behind it.</summary>
    public void Left()
    {
        if (isAccepted)
        {
            registration.Unregister();
            over.TrySetResult();
        }
    }

    public void Fail(GoQueueException because) => End(because);

    private void End(Exception because)
    {
        SpinWait spin = default;
        while (true)
        {
            int seen = Interlocked.CompareExchange(ref state, Ended, Waits);
            if (seen == Ended)
            {
                return;
            }

            if (seen == Waits)
            {
                break;
            }

            spin.SpinOnce(); // being let go at this moment, which takes a microsecond
        }

        registration.Unregister();
        if (source is not null)
        {
            source.Fail(because);
            over.TrySetResult();
        }
        else if (because is OperationCanceledException cancelled)
        {
            over.TrySetCanceled(cancelled.CancellationToken);
        }
        else
        {
            over.TrySetException(because);
        }
    }
}
