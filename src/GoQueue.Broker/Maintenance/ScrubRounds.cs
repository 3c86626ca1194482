using GoQueue.Broker.PartitionLoops;

namespace GoQueue.Broker.Maintenance;

/// <summary>
/// Goes round the partitions in the background and reads what nobody reads, so that damage is found while other replicas are sound. Apart from
/// <see cref="MaintenanceRounds"/>, because a round takes as long as its rate makes it, and retention does not wait for that.
/// </summary>
internal sealed class ScrubRounds(BrokerOptions options, BrokerEnvironment environment, PartitionTable partitions)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (options.ScrubBytesPerSecond == 0)
        {
            return;
        }

        using PeriodicTimer timer = new(options.MaintenanceInterval, environment.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                foreach (PartitionLoop loop in partitions.InOrder())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    await ScrubAsync(loop, cancellationToken);
                }

                environment.Metrics.ScrubRoundEnded();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // the end is asked for
        }
    }

    private async Task ScrubAsync(PartitionLoop loop, CancellationToken cancellationToken)
    {
        try
        {
            await loop.ScrubAsync(options.ScrubBytesPerSecond, options.ScrubInterval, cancellationToken);
        }
        catch (IOException failure)
        {
            Log.MaintenanceFailed(environment.Logger, failure, loop.Partition);
        }
    }
}
