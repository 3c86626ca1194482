using GoQueue.Broker.PartitionLoops;
using GoQueue.Core;
using GoQueue.Replication;

namespace GoQueue.Broker.Replication.Serving;

/// <summary>One partition in a follower's session. Its state is guarded by the session's gate.</summary>
internal sealed class SessionPartition(FollowerSession session, PartitionLoop loop) : IReplicaWatcher
{
    public PartitionLoop Loop { get; } = loop;

    /// <summary>The follower's newest position.</summary>
    public FetchPosition Position { get; set; }

    /// <summary>An answer is owed: data when there is some.</summary>
    public bool IsArmed { get; set; }

    /// <summary>Stands in the session's list of those with data.</summary>
    public bool IsReady { get; set; }

    /// <summary>Stands in the session's list of those whose high watermark or start moved.</summary>
    public bool HasNews { get; set; }

    /// <summary>Owed data, but the bound on moving replicas is reached: it waits for the session's timer.</summary>
    public bool IsHeld { get; set; }

    /// <summary>What the follower was told last of the leader's high watermark, promise and start.</summary>
    public LeaderMarks Sent { get; set; } = LeaderMarks.None;

    void IReplicaWatcher.Appended() => session.Appended(this);

    void IReplicaWatcher.HighWatermarkMoved() => session.HighWatermarkMoved(this);

    void IReplicaWatcher.LeadershipEnded() => session.LeadershipEnded(this);
}
