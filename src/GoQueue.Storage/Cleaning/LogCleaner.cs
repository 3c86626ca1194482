using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Cleaning;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage;

/// <summary>Where a <see cref="LogCleaner"/> stands after a call.</summary>
public enum CleanerStatus
{
    /// <summary>There is not enough to compact.</summary>
    Idle = 0,

    /// <summary>A pass is under way: call <see cref="LogCleaner.Work"/> again.</summary>
    Working = 1,

    /// <summary>The writer must call <see cref="LogCleaner.Swap"/> before the work goes on.</summary>
    ReadyToSwap = 2,

    /// <summary>A batch could not be read; see <see cref="LogCleaner.Problem"/>. Nothing is compacted until the log is opened again.</summary>
    Blocked = 3,
}

/// <summary>
/// Compacts the sealed segments of a log, copy on compact: reads them, writes the surviving records into new files, and swaps these in. Offsets stay,
/// the active segment is never touched, readers go on with the files they have. A pass notes the last offset of every key in the dirty
/// part, as far as the key map reaches, then copies everything below it.
/// </summary>
/// <remarks>
/// <see cref="TryBegin"/> and <see cref="Work"/> run on one thread at a time beside the log's writer; <see cref="Swap"/> is the writer's. When
/// retention or truncation took a segment meanwhile, its group is given up. Records without a key are kept.
/// Nothing is begun and nothing goes on once the log has failed: the next opening may have to finish a swap, and must find the compacted file that was decided on.
/// </remarks>
public sealed class LogCleaner(PartitionLog log, LogCleanerOptions options) : IDisposable
{
    private Pass? pass;
    private bool hasMore;

    /// <summary>Why it is blocked.</summary>
    public Error? Problem { get; private set; }

    /// <summary>Begins a pass when the dirty share, or tombstones whose delay is over, are worth it. Idle, too, when the log has failed.</summary>
    /// <param name="notBeyond">Records from here on are not compacted (high watermark, last stable offset).</param>
    /// <param name="now">Wall-clock time.</param>
    public CleanerStatus TryBegin(Offset notBeyond, UnixMillis now)
    {
        if (Problem is not null)
        {
            return CleanerStatus.Blocked;
        }

        if (log.IsFailed)
        {
            GiveUp();
            return CleanerStatus.Idle;
        }

        if (pass is not null)
        {
            return pass.IsWaiting ? CleanerStatus.ReadyToSwap : CleanerStatus.Working;
        }

        CleanerState state = CleanerState.Load(log.Directory);
        Segment[] cleanable = log.CleanableSegments(notBeyond);
        long dirty = cleanable.Where(segment => segment.End > state.CleanedUpTo).Sum(segment => segment.Size);
        long all = cleanable.Sum(segment => segment.Size);
        bool hasDueTombstones = state.HasTombstones && state.CleanedUpTo > Offset.Zero
            && state.TombstonesGoBelow(now, options.TombstoneMillis) == state.CleanedUpTo;
        bool isWorthIt = all > 0 && (hasMore || (dirty > 0 && dirty >= options.MinDirtyRatio * all) || hasDueTombstones);
        if (!isWorthIt)
        {
            return CleanerStatus.Idle;
        }

        hasMore = false;
        pass = new Pass(log, options, state, cleanable, now);
        return CleanerStatus.Working;
    }

    /// <summary>Goes on until about <paramref name="budgetBytes"/> are read, or a swap is due, or the pass is done.</summary>
    /// <exception cref="DiskFullException">The pass is given up; the log is as it was.</exception>
    /// <exception cref="IOException">Reading or writing failed; the pass is given up.</exception>
    public CleanerStatus Work(long budgetBytes)
    {
        if (Problem is not null)
        {
            return CleanerStatus.Blocked;
        }

        if (pass is null || log.IsFailed)
        {
            GiveUp();
            return CleanerStatus.Idle;
        }

        try
        {
            CleanerStatus status = pass.Work(budgetBytes);
            if (status == CleanerStatus.Blocked)
            {
                Problem = pass.Problem;
            }

            if (status is CleanerStatus.Idle or CleanerStatus.Blocked)
            {
                GiveUp();
            }

            return status;
        }
        catch (IOException)
        {
            GiveUp();
            throw;
        }
    }

    /// <summary>Writer only: puts the compacted file in the place of its sources, or notes the completed pass.</summary>
    /// <exception cref="DiskFullException">The pass is given up; the log is as it was.</exception>
    /// <exception cref="IOException">The disk failed; the log has failed.</exception>
    public void Swap()
    {
        if (pass is not { IsWaiting: true })
        {
            return;
        }

        try
        {
            bool isGoingOn = pass.TrySwap();
            hasMore = pass.HasMore;
            if (!isGoingOn)
            {
                GiveUp(); // done, or a source was retired meanwhile
            }
        }
        catch (IOException)
        {
            GiveUp();
            throw;
        }
    }

    public void Dispose() => GiveUp();

    private void GiveUp()
    {
        pass?.Dispose();
        pass = null;
    }
}
