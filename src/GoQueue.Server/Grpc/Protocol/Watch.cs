namespace GoQueue.Server.Grpc.Protocol;

/// <summary>
/// A wait of one call that may take only so long. Armed and disarmed any number of times by the loop that waits; once fired it stays so, and the call
/// is over.
/// </summary>
internal sealed class Watch(CallWatchdog watchdog, Action expired)
{
    private volatile bool hasFired;
    private bool isRunning; // the owner's view: armed since the last disarm, fired or not

    public bool HasFired
    {
        get => hasFired;
        internal set => hasFired = value;
    }

    internal bool IsArmed { get; set; }

    internal long Due { get; set; }

    internal Watch? Next { get; set; }

    internal Watch? Previous { get; set; }

    /// <summary>Starts the time unless it runs already.</summary>
    public void Arm(TimeSpan timeout)
    {
        if (!isRunning)
        {
            isRunning = true;
            watchdog.Arm(this, timeout);
        }
    }

    /// <summary>After it the callback is not running and will not run.</summary>
    public void Disarm()
    {
        if (isRunning)
        {
            isRunning = false;
            watchdog.Disarm(this);
        }
    }

    internal void Expired() => expired();
}
