using GoQueue.Core;

namespace GoQueue.Replication;

/// <content>
/// Far behind: when whole sealed segments are shipped instead of batches fetched (ADR 0014). The leader decides to offer, after it has served the follower's
/// position, so the follower's log is a part of its own (E6). The follower adopts a segment only where it stands and only under the leadership that offered it:
/// within one leadership the leader's log does not change below its end, so what is adopted there is what a fetch would have brought.
/// </content>
public sealed partial class PartitionReplica
{
    /// <summary>Leader: whether a follower that could take this many sealed segments whole from where it stands is to take one instead of batches.</summary>
    /// <param name="sealedAhead">Sealed segments from the follower's end on; 0 when none begins exactly there.</param>
    public bool OffersSegments(int sealedAhead) => Role == ReplicaRole.Leader && options.ShipBehindSegments is { } most && sealedAhead > most;

    /// <summary>Follower: whether a segment that was offered in <paramref name="epoch"/> and begins at <paramref name="baseOffset"/> fits here now.</summary>
    public bool MayAdopt(LeaderEpoch epoch, Offset baseOffset) => Role == ReplicaRole.Follower && Epoch == epoch && LogEnd == baseOffset && DurableEnd == baseOffset;
}
