using GoQueue.Broker.PartitionLoops;

namespace GoQueue.Broker.Maintenance;

/// <summary>Goes round the partitions in the background, one after the other: retention, idle producers, compaction; opens those that could not be opened, and removes those that belong elsewhere.</summary>
internal sealed class MaintenanceRounds(BrokerOptions options, BrokerEnvironment environment, PartitionTable partitions)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(options.MaintenanceInterval, environment.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                partitions.LookAfterDirectories();
                foreach (PartitionLoop loop in partitions.InOrder())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    await MaintainAsync(loop, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // the end is asked for
        }
    }

    private async Task MaintainAsync(PartitionLoop loop, CancellationToken cancellationToken)
    {
        try
        {
            await loop.MaintainAsync();
            await loop.CompactAsync(options.CompactionBytesPerSecond, cancellationToken);
        }
        catch (IOException failure)
        {
            Log.MaintenanceFailed(environment.Logger, failure, loop.Partition);
        }
    }
}
