using GoQueue.Core;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>What is known about damage of the stored bytes: found at the opening or by a read since.</summary>
internal sealed partial class PartitionLoop
{
    private volatile bool hasSaidDamaged;

    /// <summary>This replica does not hold everything it should, and there are others. Any thread.</summary>
    public bool IsDamaged => replica.View.Replicas.Count > 1 && !DamagedAt.IsNone;

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
