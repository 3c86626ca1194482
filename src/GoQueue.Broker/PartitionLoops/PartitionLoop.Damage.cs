using GoQueue.Core;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>What is known about damage of the stored bytes: found at the opening, by a read since, or by a write.</summary>
internal sealed partial class PartitionLoop
{
    private volatile bool hasSaidDamaged;
    private volatile bool isCutShort;

    /// <summary>This replica does not hold everything it should, and there are others. Any thread.</summary>
    public bool IsDamaged => replica.View.Replicas.Count > 1 && !DamagedAt.IsNone;

    /// <summary>
    /// The log stopped because the file that it writes was cut short under it: nothing of it is known to be there any more before it is opened again, which finds out what is lost
    /// (<see cref="PartitionTable.LookAfterDirectories"/>). Any thread.
    /// </summary>
    public bool MustReopen => HasFailed && isCutShort;

    /// <summary>The leader knows that this replica cannot go on as it is (see <see cref="Replication.DamagedReplicas"/>).</summary>
    public bool HasSaidDamaged
    {
        get => hasSaidDamaged;
        private set => hasSaidDamaged = value;
    }

    /// <summary>The position that the leader knows was sent before the damage was found.</summary>
    public bool HasToSayDamaged
    {
        get
        {
            lock (replicaGate)
            {
                return IsFollowing && damageSaidIn == NotSaid && IsDamaged;
            }
        }
    }

    /// <summary>The first damaged offset of what is kept; none when none is known.</summary>
    public Offset DamagedAt => partitionLog.DamagedAt;
}
