using GoQueue.Core;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;

namespace GoQueue.Storage;

/// <content>Snapshots of the fold over this log.</content>
public sealed partial class PartitionLog
{
    /// <summary>
    /// Keeps <paramref name="state"/> as the fold of everything below <see cref="EndOffset"/>. Flushes the log first, so that a snapshot never
    /// speaks of records that a crash could take back. Durable when it returns; older snapshots beyond the newest few are deleted.
    /// </summary>
    /// <exception cref="DiskFullException">No room; the older snapshots are still there.</exception>
    public void WriteState(ReadOnlySpan<byte> state)
    {
        Flush();
        try
        {
            StateFiles.Write(directory, EndOffset, state, options.StateSnapshots);
        }
        catch (FlushFailedException cause)
        {
            Fail(cause);
            throw;
        }
    }

    /// <summary>The newest sound snapshot at or below <see cref="EndOffset"/>; the log from <paramref name="at"/> on is still to be folded in.</summary>
    /// <returns>False when there is none: fold from <see cref="StartOffset"/>.</returns>
    public bool TryLoadState(out Offset at, out byte[] state) => StateFiles.TryLoad(directory, EndOffset, out at, out state);
}
