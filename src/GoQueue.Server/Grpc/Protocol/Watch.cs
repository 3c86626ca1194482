namespace GoQueue.Server.Grpc.Protocol;

/// <summary>
/// A wait of one call that may take only so long. Armed and disarmed any number of times; once fired it stays so and the call is over, so a
/// callback that races with <see cref="Disarm"/> cannot hit a later wait.
/// </summary>
internal sealed class Watch(CallWatchdog watchdog, Action expired)
{
    private volatile bool hasFired;

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
        if (!IsArmed)
        {
            watchdog.Arm(this, timeout);
        }
    }

    public void Disarm()
    {
        if (IsArmed)
        {
            watchdog.Disarm(this);
        }
    }

    internal void Expired() => expired();
}
