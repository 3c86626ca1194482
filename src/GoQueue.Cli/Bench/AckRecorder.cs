using System.Diagnostics;
using GoQueue.Cli.Produce;
using GoQueue.Client;

namespace GoQueue.Cli.Bench;

/// <summary>What the acknowledgements of one producer say: how many measured messages, how late, the last one when. Fed by its receive loop.</summary>
internal sealed class AckRecorder
{
    private static readonly double NanosPerTick = 1e9 / Stopwatch.Frequency;

    private readonly Lock gate = new();

    /// <summary>Latencies of measured messages, from the instant they were due.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>Every message, measured or not, with the failures.</summary>
    public DeliveryTally Tally { get; } = new();

    /// <summary>Stopwatch ticks of the last measured acknowledgement.</summary>
    public long LastTicks { get; private set; }

    /// <summary>How many replicas held the last batch, and whether it was on their disks.</summary>
    public (int Replicas, bool Flushed) Durability { get; private set; }

    public long Batches { get; private set; }

    public void OnDelivery(in BatchDelivery delivery)
    {
        Tally.OnDelivery(delivery);
        if (delivery.Error is not null)
        {
            return;
        }

        long now = Stopwatch.GetTimestamp();
        lock (gate)
        {
            bool any = false;
            foreach (long due in delivery.Tags)
            {
                if (due != LoadSender.Unmeasured)
                {
                    Latency.Record((long)((now - due) * NanosPerTick));
                    any = true;
                }
            }

            LastTicks = any ? now : LastTicks;
            Batches += any ? 1 : 0;
            Durability = (delivery.Replicas, delivery.Flushed);
        }
    }
}
