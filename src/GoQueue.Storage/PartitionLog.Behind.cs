using GoQueue.Core;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage;

/// <content>
/// What a roll leaves to be done beside the writer: the sealed segment is cut to its size, its indexes are flushed, then the checkpoint moves into the new
/// segment; a snapshot of the fold is written. None of it makes a record durable, so no append waits for it. The checkpoint stays in the sealed segment until
/// the segment is complete: after a crash recovery scans it to its end and does the rest (docs/internals/segment.md).
/// </content>
public sealed partial class PartitionLog
{
    private readonly Lock behind = new(); // held while the work is done; only the writer adds work
    private Segment? unsealed;
    private UnsavedState? unsavedState;

    /// <summary>True after a roll or <see cref="WriteStateBeside"/>, until <see cref="FinishRoll"/> is through. Any thread.</summary>
    public bool HasWorkBeside => Volatile.Read(ref unsealed) is not null || Volatile.Read(ref unsavedState) is not null;

    /// <summary>
    /// Does what the last roll left. Meant for a thread beside the writer's; the writer calls it too where it needs the work done (the next roll, truncation,
    /// retention, close), so at most one segment and one snapshot wait. Blocks on the disk.
    /// </summary>
    /// <exception cref="IOException">The disk failed; <see cref="IsFailed"/> is true from now on.</exception>
    public void FinishRoll()
    {
        lock (behind)
        {
            if (isClosed || IsFailed || !HasWorkBeside)
            {
                return;
            }

            try
            {
                Seal();
                SaveState();
            }
            catch (DiskFullException)
            {
                // Nothing that counts is lost. What was not sealed is tried again; recovery would do it as well.
            }
            catch (IOException cause)
            {
                Fail(cause);
                throw;
            }
        }
    }

    /// <summary>
    /// As <see cref="WriteState(ReadOnlySpan{byte}, Offset)"/>, but written by <see cref="FinishRoll"/>. The snapshot speaks of flushed records only: the caller has flushed. One that still
    /// waits gives way. Without room there is none.
    /// </summary>
    public void WriteStateBeside(ReadOnlySpan<byte> state, Offset committed)
    {
        CheckUsable();
        Invariant.Check(FlushedOffset == EndOffset, "a snapshot speaks of flushed records only", EndOffset.Value, FlushedOffset.Value);
        Volatile.Write(ref unsavedState, new UnsavedState(EndOffset, state.ToArray(), committed));
    }

    /// <summary>The order is that of the promises: a checkpoint in the next segment says that this one needs no scan.</summary>
    private void Seal()
    {
        if (unsealed is not { } segment)
        {
            return;
        }

        if (!segment.File.IsOwn())
        {
            NoteDamage(segment.BaseOffset); // another log's bytes stand in it since it was begun
        }

        if (segment.File.Reaches(segment.Size))
        {
            segment.File.SetLength(segment.Size);
        }
        else
        {
            NoteDamage(FindLoss(segment)); // cut by something else since its last flush; made longer it would have zeros there, and show it less
        }

        segment.File.Flush();
        segment.Offsets.SaveDurably();
        segment.Times.SaveDurably();
        directory.Sync(); // the names of the indexes
        segment.Offsets.Unload();
        segment.Times.Unload();
        try
        {
            checkpoint.Write(new CheckpointEntry(segment.End, segment.End, 0, options.UnflushedWindowBytes));
            Volatile.Write(ref checkpointedSegment, segment.End.Value);
        }
        catch (DiskFullException)
        {
            // Only on file systems that copy on write. The older checkpoint stays true; the writer's next one passes over this segment too.
        }

        Volatile.Write(ref unsealed, null); // last: from here on the checkpoint is the writer's again
    }

    /// <summary>Writer only, before what a half-sealed segment must not meet.</summary>
    /// <exception cref="DiskFullException">The segment could not be cut: possible only on file systems that copy on write.</exception>
    private void RequireRollFinished()
    {
        FinishRoll();
        if (Volatile.Read(ref unsealed) is not null)
        {
            throw new DiskFullException(directory.Path);
        }
    }

    private void SaveState()
    {
        if (Interlocked.Exchange(ref unsavedState, null) is { } state)
        {
            try
            {
                StoreCommitted(state.Committed);
            }
            catch (DiskFullException)
            {
                // what is known is less, and true
            }

            StateFiles.Write(directory, state.At, state.Bytes, options.StateSnapshots, CommittedEnd);
        }
    }

    private sealed record UnsavedState(Offset At, byte[] Bytes, Offset Committed);
}
