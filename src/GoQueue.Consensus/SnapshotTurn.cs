using GoQueue.Consensus.Core;
using GoQueue.Consensus.State;
using GoQueue.Consensus.Storage;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;

namespace GoQueue.Consensus;

/// <summary>Encodes and writes one snapshot beside the loop, from what never changes.</summary>
internal sealed class SnapshotTurn(
    RaftDisk disk, long index, long term, RaftConfiguration configuration, byte[] sessions, MetadataImage image, Action<RaftSnapshot?, Exception?> done) : ITurn
{
    public void RunTurn()
    {
        try
        {
            RaftSnapshot snapshot = RaftSnapshot.Make(index, term, configuration, ReplicatedState.WriteSnapshot(sessions, image));
            disk.SaveSnapshot(snapshot);
            done(snapshot, null);
        }
        catch (Exception failure)
        {
            done(null, failure);
        }
    }
}
