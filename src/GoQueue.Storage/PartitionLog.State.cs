using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;

namespace GoQueue.Storage;

/// <content>Snapshots of the fold over this log.</content>
public sealed partial class PartitionLog
{
    private const string IncomingStateName = "incoming-state";

    /// <summary>
    /// Keeps <paramref name="state"/> as the fold of everything below <see cref="EndOffset"/>. Flushes the log first, so that a snapshot never
    /// speaks of records that a crash could take back. Durable when it returns; older snapshots beyond the newest few are deleted, but for the newest at or
    /// below <paramref name="committed"/>, which no truncation takes back.
    /// </summary>
    /// <exception cref="DiskFullException">No room; the older snapshots are still there.</exception>
    public void WriteState(ReadOnlySpan<byte> state, Offset committed)
    {
        Flush();
        try
        {
            NoteCommitted(committed);
            Volatile.Write(ref unsavedState, null); // older than this one
            FinishRoll();
            StateFiles.Write(directory, EndOffset, state, options.StateSnapshots, CommittedEnd);
        }
        catch (FlushFailedException cause)
        {
            Fail(cause);
            throw;
        }
    }

    /// <summary>As <see cref="WriteState(ReadOnlySpan{byte}, Offset)"/>, of a log of which everything is committed.</summary>
    /// <exception cref="DiskFullException">No room; the older snapshots are still there.</exception>
    public void WriteState(ReadOnlySpan<byte> state) => WriteState(state, EndOffset);

    /// <summary>Everything below it is known to be committed, also after a restart: at least as far as was noted by the last snapshot or <see cref="NoteCommitted"/>.</summary>
    public Offset CommittedEnd => new(Volatile.Read(ref committedEnd));

    /// <summary>Writer only: notes durably that everything below is committed; without room it is noted another time. At most <see cref="FlushedOffset"/> counts.</summary>
    /// <exception cref="FlushFailedException">The log has failed.</exception>
    public void NoteCommitted(Offset end)
    {
        try
        {
            RequireCommitted(Offset.Min(end, FlushedOffset));
        }
        catch (DiskFullException)
        {
            // what is known is less, and true
        }
    }

    /// <summary>As <see cref="NoteCommitted"/>, before something that relies on it: noted when it returns.</summary>
    /// <exception cref="DiskFullException">No room; what was known before still is.</exception>
    /// <exception cref="FlushFailedException">The log has failed.</exception>
    internal void RequireCommitted(Offset end)
    {
        CheckUsable();
        Invariant.Check(end <= FlushedOffset, "what is committed is flushed", FlushedOffset.Value, end.Value);
        try
        {
            StoreCommitted(end);
        }
        catch (IOException cause) when (cause is not DiskFullException)
        {
            Fail(cause);
            throw;
        }
    }

    /// <exception cref="DiskFullException">No room; what was known before still is.</exception>
    private void StoreCommitted(Offset end)
    {
        lock (behind)
        {
            if (end > CommittedEnd)
            {
                CommittedEndFile.Store(directory, end);
                Volatile.Write(ref committedEnd, end.Value);
            }
        }
    }

    /// <summary>Up to where the newest durable snapshot at or below <paramref name="limit"/> stands for the log; none when there is none.</summary>
    public Offset NewestStateUpTo(Offset limit) => StateFiles.NewestUpTo(directory, limit);

    /// <summary>
    /// In the directory of a log that is about to begin at a leader's log start: keeps the leader's snapshot, made at <paramref name="at"/>, until the log has
    /// come that far. Without it the fold would lack what only retired records said. Durable when it returns.
    /// </summary>
    public static void KeepIncomingState(ILogDirectory directory, LogIdentity identity, Offset at, ReadOnlySpan<byte> state)
    {
        byte[] payload = new byte[sizeof(long) + state.Length];
        BinaryPrimitives.WriteInt64BigEndian(payload, at.Value);
        state.CopyTo(payload.AsSpan(sizeof(long)));
        FramedFile.Replace(new LogFolder(directory, identity), IncomingStateName, FileKind.IncomingState, payload);
    }

    /// <summary>
    /// In the directory of a log that is about to begin at a leader's log start: notes the epoch of the record before that start and where it began. The log itself could never tell,
    /// and without it a follower that stands at the start behind an older epoch could not be judged (see <see cref="LeaderEpochs.RaiseStart"/>). Durable when it returns.
    /// </summary>
    public static void KeepEpochBefore(ILogDirectory directory, LogIdentity identity, EpochStart before) => LeaderEpochs.Begin(new LogFolder(directory, identity), before);

    /// <summary>The snapshot kept by <see cref="KeepIncomingState"/>, as long as it is not dropped.</summary>
    public bool TryLoadIncomingState(out Offset at, out byte[] state)
    {
        byte[]? payload = FramedFile.TryRead(directory, IncomingStateName, FileKind.IncomingState);
        bool isThere = payload is { Length: >= sizeof(long) };
        at = isThere ? new Offset(BinaryPrimitives.ReadInt64BigEndian(payload)) : Offset.None;
        state = isThere ? payload![sizeof(long)..] : [];
        return isThere;
    }

    /// <summary>The log has come past it and has a snapshot of its own.</summary>
    public void DropIncomingState()
    {
        directory.Delete(IncomingStateName);
        directory.Sync();
    }

    /// <summary>The newest sound snapshot at or below <see cref="EndOffset"/>; the log from <paramref name="at"/> on is still to be folded in.</summary>
    /// <returns>False when there is none: fold from <see cref="StartOffset"/>.</returns>
    public bool TryLoadState(out Offset at, out byte[] state) => TryLoadState(EndOffset, out at, out state);

    /// <summary>As <see cref="TryLoadState(out Offset, out byte[])"/>, at or below <paramref name="limit"/>.</summary>
    public bool TryLoadState(Offset limit, out Offset at, out byte[] state) => StateFiles.TryLoad(directory, limit, out at, out state);
}
