using GoQueue.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Storage;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>The scrub: reads apart from the turns, as readers do; what it finds is acted upon as what they find.</summary>
internal sealed partial class PartitionLoop
{
    /// <summary>Bytes read between two pauses.</summary>
    private const int ScrubStepBytes = 1 << 20;

    /// <summary>
    /// Verifies the segments that are due now, one after the other, no faster than told. Ends early when the log is closed. Each once, however long it takes: what it verified counts as
    /// of its beginning.
    /// </summary>
    /// <exception cref="IOException">The disk failed under a read.</exception>
    public async Task ScrubAsync(long bytesPerSecond, TimeSpan interval, CancellationToken cancellationToken)
    {
        UnixMillis began = UnixMillis.From(time);
        while (!failed && !closed && partitionLog.NextToScrub(began, interval) is { } first)
        {
            ScrubPosition? at = first;
            while (at is { } position)
            {
                ScrubStep step = await readers.RunAsync(() => partitionLog.Scrub(position, ScrubStepBytes, began));
                metrics.Scrubbed(step.Bytes, step.IsDamaged);
                if (step.IsDamaged)
                {
                    Log.ScrubFoundDamage(log, Partition, position.Segment, partitionLog.DamagedAt);
                    return; // the replica is replaced, or is the last one and stays as it is
                }

                if (step is { Rest: null, Bytes: 0 })
                {
                    return; // the log changed under it, or is closed: another round
                }

                at = step.Rest;
                await Task.Delay(TimeSpan.FromSeconds((double)Math.Max(step.Bytes, 1) / bytesPerSecond), time, cancellationToken);
            }
        }
    }
}
