using GoQueue.Broker.PartitionLoops;
using GoQueue.Core;
using GoQueue.Metadata.Topics;

namespace GoQueue.Broker.Maintenance;

/// <summary>Goes round the partitions in the background, one after the other: retention, idle producers, compaction.</summary>
internal sealed class MaintenanceRounds(BrokerOptions options, BrokerEnvironment environment, PartitionTable partitions)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(options.MaintenanceInterval, environment.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                foreach (PartitionLoop loop in partitions.Loops)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    await MaintainAsync(loop);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // the end is asked for
        }
    }

    private async Task MaintainAsync(PartitionLoop loop)
    {
        try
        {
            await loop.MaintainAsync();
        }
        catch (IOException failure)
        {
            Log.MaintenanceFailed(environment.Logger, failure, loop.Partition);
        }
    }
}
