using GoQueue.Replication;

namespace GoQueue.Broker.Replication;

/// <summary>
/// The bound on what moving replicas may cost this broker, in and out each (<c>goqueue cluster reassign --throttle</c>; the value is part of the metadata). It holds
/// for replicas that a reassignment adds and that are not in sync yet; never for members of the in-sync set, on which acknowledgements wait. Any thread.
/// </summary>
internal sealed class ReassignmentThrottle(TimeProvider time)
{
    /// <summary>Parts of a second's worth that pass at once, so that a low rate is a steady trickle and no call waits for long.</summary>
    private const int PartsPerSecond = 8;

    private const int SmallestPart = 16 << 10;

    private readonly Lock gate = new();
    private readonly ByteRate incoming = new();
    private readonly ByteRate outgoing = new();

    private TimeSpan Now => time.GetElapsedTime(0);

    /// <summary>As the newest metadata says; 0 for no bound.</summary>
    public void Change(long bytesPerSecond)
    {
        lock (gate)
        {
            incoming.Change(bytesPerSecond, Now);
            outgoing.Change(bytesPerSecond, Now);
        }
    }

    /// <summary>The most to pass at once.</summary>
    public int PartBytes(int unbounded)
    {
        lock (gate)
        {
            long rate = incoming.BytesPerSecond;
            return rate == 0 ? unbounded : (int)Math.Min(unbounded, Math.Max(SmallestPart, rate / PartsPerSecond));
        }
    }

    /// <summary>Completes when this may come in.</summary>
    public Task AdmitInAsync(int bytes, CancellationToken cancellationToken) => AdmitAsync(incoming, bytes, cancellationToken);

    /// <summary>Completes when this may go out.</summary>
    public Task AdmitOutAsync(int bytes, CancellationToken cancellationToken) => AdmitAsync(outgoing, bytes, cancellationToken);

    /// <summary>How long nothing may go out; zero: something may, and is then to be charged.</summary>
    public TimeSpan WaitOut()
    {
        lock (gate)
        {
            return outgoing.WaitAt(Now);
        }
    }

    /// <summary>How long nothing more is to be asked for.</summary>
    public TimeSpan WaitIn()
    {
        lock (gate)
        {
            return incoming.WaitAt(Now);
        }
    }

    public void ChargeOut(int bytes)
    {
        lock (gate)
        {
            outgoing.Charge(bytes, Now);
        }
    }

    public void ChargeIn(int bytes)
    {
        lock (gate)
        {
            incoming.Charge(bytes, Now);
        }
    }

    private Task AdmitAsync(ByteRate rate, int bytes, CancellationToken cancellationToken)
    {
        TimeSpan wait;
        lock (gate)
        {
            wait = rate.Charge(bytes, Now);
        }

        return wait == TimeSpan.Zero ? Task.CompletedTask : Task.Delay(wait, time, cancellationToken);
    }
}
