using GoQueue.Consensus.Core;
using GoQueue.Consensus.State;
using GoQueue.Core;
using GoQueue.Storage.Directories;

namespace GoQueue.Consensus;

/// <content>Snapshots: taken beside the loop from an immutable image, and taken over from the leader.</content>
public sealed partial class RaftMetadataLog
{
    private long bytesSinceSnapshot;
    private long lastSnapshotTry;
    private bool isSnapshotRunning;

    /// <summary>Takes over the state of the leader. What this node had proposed and the snapshot holds is decided, but what came of it is not in there.</summary>
    private void Install(RaftSnapshot snapshot, UnixMillis wall)
    {
        if (!ReplicatedState.ReadSnapshot(snapshot.State.Span, snapshot.Index).TryGet(out ReplicatedState? received, out Error error))
        {
            throw new MetadataLogUnusableException($"the snapshot from the leader cannot be used: {error.Detail}");
        }

        try
        {
            disk.Install(snapshot, wall);
        }
        catch (DiskFullException full) when (!disk.IsFailed)
        {
            Log.SnapshotDiskFull(environment.Logger, full);
            Step(RaftInput.SnapshotFailed.Instance);
            return;
        }

        state = received;
        bytesSinceSnapshot = 0;
        Step(new RaftInput.SnapshotInstalled(snapshot));
        PublishImage();
        ForgetAppliedElsewhere();
        Log.SnapshotInstalled(environment.Logger, snapshot.Index);
    }

    private void SnapshotWhenDue()
    {
        long last = Math.Max(core.Snapshot?.Index ?? 0, lastSnapshotTry);
        bool isDue = state.AppliedIndex - last >= options.SnapshotEveryEntries || bytesSinceSnapshot >= Math.Max(options.SnapshotEveryBytes, core.Snapshot?.Bytes.Length ?? 0);
        if (!isDue || isSnapshotRunning || state.AppliedIndex == last)
        {
            return;
        }

        isSnapshotRunning = true;
        lastSnapshotTry = state.AppliedIndex;
        bytesSinceSnapshot = 0;
        long index = state.AppliedIndex;
        environment.Background.Schedule(new SnapshotTurn(
            disk, index, core.Log.TermAt(index), core.ConfigurationAt(index), state.WriteSessions(), state.Image, (taken, failure) => Post(() => EndSnapshot(taken, failure))));
    }

    private void EndSnapshot(RaftSnapshot? taken, Exception? failure)
    {
        isSnapshotRunning = false;
        if (failure is DiskFullException full)
        {
            Log.SnapshotDiskFull(environment.Logger, full);
            return;
        }

        if (taken is null)
        {
            throw new IOException("a snapshot of the metadata could not be written", failure);
        }

        // The log goes on from the snapshot before, so that a start can do with that one when the newest is damaged.
        long compactTo = core.Snapshot?.Index ?? 0;
        if (taken.Index > compactTo)
        {
            Step(new RaftInput.SnapshotTaken(taken, compactTo));
            CompactDisk(compactTo);
            Log.SnapshotWritten(environment.Logger, taken.Bytes.Length, taken.Index);
        }
    }

    private void CompactDisk(long upTo)
    {
        try
        {
            disk.Compact(upTo, UnixMillis.From(environment.Time));
        }
        catch (DiskFullException full) when (!disk.IsFailed)
        {
            Log.SnapshotDiskFull(environment.Logger, full);
        }
    }
}
