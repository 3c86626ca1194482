namespace GoQueue.Server.Grpc.Protocol;

/// <summary>
/// One timer for all calls that wait for their client. A call that must wait arms a <see cref="Watch"/>, which costs a short lock and nothing on
/// the heap; a timer of its own for each wait would cost both. Fires up to a quarter of the shortest time-out late.
/// </summary>
internal sealed class CallWatchdog : IDisposable
{
    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly ITimer timer;
    private Watch? first;

    public CallWatchdog(GrpcLimits limits, TimeProvider time)
    {
        this.time = time;
        TimeSpan shortest = limits.MessageTimeout < limits.WriteTimeout ? limits.MessageTimeout : limits.WriteTimeout;
        TimeSpan period = TimeSpan.FromMilliseconds(Math.Clamp(shortest.TotalMilliseconds / 4, 10, 1000));
        timer = time.CreateTimer(static self => ((CallWatchdog)self!).Fire(), this, period, period);
    }

    /// <summary>Waits under watch now, for tests and metrics.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                int count = 0;
                for (Watch? watch = first; watch is not null; watch = watch.Next)
                {
                    count++;
                }

                return count;
            }
        }
    }

    public void Dispose() => timer.Dispose();

    internal void Arm(Watch watch, TimeSpan timeout)
    {
        long due = time.GetTimestamp() + (long)(timeout.TotalSeconds * time.TimestampFrequency);
        lock (gate)
        {
            if (watch.IsArmed || watch.HasFired)
            {
                return;
            }

            watch.Due = due;
            watch.IsArmed = true;
            watch.Previous = null;
            watch.Next = first;
            if (first is not null)
            {
                first.Previous = watch;
            }

            first = watch;
        }
    }

    internal void Disarm(Watch watch)
    {
        lock (gate)
        {
            if (watch.IsArmed)
            {
                Unlink(watch);
            }
        }
    }

    /// <summary>
    /// Expiry runs under the lock, so that <see cref="Disarm"/> returning means that it is not running and will not run: Kestrel reuses the objects
    /// of a request for the next one, and a late reset would hit a stranger. It only signals; what it wakes runs in the thread pool.
    /// </summary>
    private void Fire()
    {
        long now = time.GetTimestamp();
        lock (gate)
        {
            for (Watch? watch = first; watch is not null;)
            {
                Watch? next = watch.Next;
                if (watch.Due <= now)
                {
                    Unlink(watch);
                    watch.HasFired = true;
                    watch.Expired();
                }

                watch = next;
            }
        }
    }

    private void Unlink(Watch watch)
    {
        if (watch.Previous is null)
        {
            first = watch.Next;
        }
        else
        {
            watch.Previous.Next = watch.Next;
        }

        if (watch.Next is not null)
        {
            watch.Next.Previous = watch.Previous;
        }

        watch.Previous = null;
        watch.Next = null;
        watch.IsArmed = false;
    }
}
