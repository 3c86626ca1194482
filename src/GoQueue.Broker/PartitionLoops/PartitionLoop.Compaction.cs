using GoQueue.Core.Scheduling;
using GoQueue.Core;
using GoQueue.Metadata.Topics;
using GoQueue.Storage;
using GoQueue.Storage.Directories;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>Compaction: copying runs apart from the turns, only the swap of the finished file is one.</summary>
internal sealed partial class PartitionLoop
{
    /// <summary>Bytes read and rewritten between two pauses.</summary>
    private const int CompactionStepBytes = 1 << 20;

    private readonly SemaphoreSlim compacting = new(1, 1);
    private readonly CancellationTokenSource compactionStop = new();
    private readonly LogCleaner cleaner;

    /// <summary>
    /// Compacts the log of a compacted topic if it is worth it, no faster than <paramref name="bytesPerSecond"/>. Ends early when cancelled or
    /// when the partition closes; what is copied but not swapped in by then is thrown away.
    /// </summary>
    /// <exception cref="IOException">The disk failed or is full; the log is as it was, or the partition has stopped.</exception>
    public async Task CompactAsync(long bytesPerSecond, CancellationToken cancellationToken)
    {
        if (failed || compactedTopic != CleanupPolicy.Compact)
        {
            return;
        }

        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, compactionStop.Token);
        bool isEntered = false;
        try
        {
            await compacting.WaitAsync(stop.Token);
            isEntered = true;
            await RunPassAsync(bytesPerSecond, stop.Token);
        }
        catch (OperationCanceledException) when (compactionStop.IsCancellationRequested)
        {
            // the partition closes; who goes round the partitions goes on with the others
        }
        finally
        {
            if (isEntered)
            {
                compacting.Release();
            }
        }
    }

    private async Task RunPassAsync(long bytesPerSecond, CancellationToken cancellationToken)
    {
        TimeSpan pause = TimeSpan.FromSeconds((double)CompactionStepBytes / bytesPerSecond);
        long before = SizeBytes;
        bool hasWorked = false;
        UnixMillis now = UnixMillis.From(time);
        CleanerStatus status = await readers.RunAsync(() => cleaner.TryBegin(HighWatermark, now));
        while (!failed && status is CleanerStatus.Working or CleanerStatus.ReadyToSwap)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hasWorked = true;
            if (status == CleanerStatus.ReadyToSwap)
            {
                await SwapAsync();
            }

            status = await readers.RunAsync(() => cleaner.Work(CompactionStepBytes));
            await Task.Delay(pause, time, cancellationToken);
        }

        if (hasWorked)
        {
            Log.Compacted(log, Partition, before, SizeBytes);
        }

        if (status == CleanerStatus.Blocked)
        {
            Log.CompactionBlocked(log, Partition, cleaner.Problem?.Detail ?? "unknown");
        }
    }

    private Task SwapAsync()
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                if (!failed && !closed)
                {
                    cleaner.Swap();
                }
            }
            catch (DiskFullException full)
            {
                Log.DiskFull(log, full, Partition); // the pass is given up and nothing is broken by it: a later round begins another
            }
            finally
            {
                done.TrySetResult();
            }
        });
        return done.Task;
    }

    private async Task StopCompactionAsync()
    {
        compactionStop.Cancel();
        await compacting.WaitAsync();
        cleaner.Dispose();
    }
}
