using System.Diagnostics;
using GoQueue.Cli.Hosting;
using GoQueue.Client;

namespace GoQueue.Cli.Bench;

/// <summary>One reader of a measurement: counts, checks order, and takes end-to-end latencies.</summary>
internal sealed class BenchReader : IAsyncDisposable
{
    private static readonly double NanosPerTick = 1e9 / Stopwatch.Frequency;

    private readonly GoQueueClient client;
    private readonly GoQueueConsumer consumer;
    private readonly OrderCheck[] checks;
    private long messages;
    private long measureFrom;

    /// <param name="session">The run.</param>
    /// <param name="options">What to read.</param>
    /// <param name="partitions">Partitions of the whole topic.</param>
    public BenchReader(Session session, ConsumerOptions options, int partitions)
    {
        client = Connection.Open(session);
        consumer = client.CreateConsumer(options);
        checks = [.. Enumerable.Range(0, partitions).Select(_ => new OrderCheck())];
    }

    /// <summary>Latencies from the instant a message was due until it was read.</summary>
    public LatencyHistogram Latency { get; } = new();

    public IEnumerable<OrderCheck> Checks => checks;

    public long Messages => Interlocked.Read(ref messages);

    public long Bytes { get; private set; }

    /// <summary>Stopwatch ticks of the first and of the last message.</summary>
    public long FirstTicks { get; private set; }

    public long LastTicks { get; private set; }

    /// <summary>Latencies are taken of messages due from here on (Stopwatch ticks).</summary>
    public long MeasureFrom
    {
        get => Interlocked.Read(ref measureFrom);
        set => Interlocked.Exchange(ref measureFrom, value);
    }

    /// <summary>Reads until the end, when the options say so, or until cancelled, which is no failure.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            await foreach (MessageBatch batch in consumer.ReadBatchesAsync(cancel))
            {
                See(batch);
            }
        }
        catch (OperationCanceledException)
        {
            // Whoever cancels has seen what there is to see.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await consumer.DisposeAsync();
        await client.DisposeAsync();
    }

    private void See(MessageBatch batch)
    {
        long now = Stopwatch.GetTimestamp();
        FirstTicks = FirstTicks == 0 ? now : FirstTicks;
        long from = MeasureFrom;
        OrderCheck check = checks[batch.Partition];
        long count = 0;
        foreach (MessageView message in batch)
        {
            check.See(message.Offset, message.Value);
            Bytes += message.Value.Length;
            count++;
            if (from > 0 && StampedPayload.TryRead(message.Value, out StampedPayload stamp) && stamp.DueTicks >= from)
            {
                Latency.Record((long)((now - stamp.DueTicks) * NanosPerTick));
            }
        }

        LastTicks = now;
        Interlocked.Add(ref messages, count);
    }
}
