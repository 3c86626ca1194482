using System.Diagnostics;
using GoQueue.Cli.Hosting;
using GoQueue.Client;

namespace GoQueue.Cli.Bench;

/// <summary>
/// One sender of a load on a thread of its own. Per message it stamps a reused value and calls the client's enqueue path, which copies it into
/// a batch: nothing is allocated and nothing awaited, so the generator costs far less than what it measures.
/// </summary>
internal sealed class LoadSender
{
    /// <summary>Tag of messages that are not measured.</summary>
    public const long Unmeasured = -1;

    // How long to leave the core to others when the client has no room; its buffer lasts for much longer.
    private const long NoRoomPauseNanos = 100_000;

    // After this long without room the waiting path is asked, which tells why.
    private const int NoRoomPatience = 20_000;

    private readonly LoadPlan plan;
    private readonly int number;
    private readonly GoQueueProducer producer;
    private readonly CancellationToken cancel;
    private readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] value;
    private readonly long[] sequences;
    private readonly AckRecorder recorder;
    private readonly long measureFrom;
    private long sent;
    private bool accepted;

    /// <param name="plan">The whole load; this sender does its share.</param>
    /// <param name="number">Number of the sender, from 0.</param>
    /// <param name="producer">Where messages go.</param>
    /// <param name="recorder">Where its answers go; the load ends early when a message was refused for good.</param>
    /// <param name="measureFrom">Stopwatch ticks from which on messages are measured.</param>
    /// <param name="cancel">Ends the load early.</param>
    public LoadSender(LoadPlan plan, int number, GoQueueProducer producer, AckRecorder recorder, long measureFrom, CancellationToken cancel)
    {
        this.plan = plan;
        this.number = number;
        this.producer = producer;
        this.recorder = recorder;
        this.measureFrom = measureFrom;
        this.cancel = cancel;
        value = StampedPayload.NewValue(plan.Size, number + 1);
        sequences = new long[plan.Partitions];
    }

    /// <summary>Measured messages handed to the client so far.</summary>
    public long Sent => Volatile.Read(ref sent);

    private long StartTicks => measureFrom - (long)(plan.WarmUp.TotalSeconds * Stopwatch.Frequency);

    /// <summary>Starts the thread; the task ends when everything is handed to the client.</summary>
    public Task Start()
    {
        Thread thread = new(Run) { IsBackground = true, Name = $"load {number}" };
        thread.Start();
        return finished.Task;
    }

    private void Run()
    {
        try
        {
            if (plan.Rate is { } rate)
            {
                SendOpenLoop(rate / plan.Producers);
            }
            else
            {
                SendSaturated();
            }

            finished.SetResult();
        }
        catch (Exception e)
        {
            finished.SetException(e);
        }
    }

    // Message n is due at its instant whatever happened before; a late one is charged for its lateness.
    private void SendOpenLoop(double perSecond)
    {
        // Senders take turns instead of all sending in the same instant.
        OpenLoopPacer pacer = new(StartTicks + (long)(Stopwatch.Frequency / perSecond * number / plan.Producers), perSecond);
        for (long n = 0; ; n++)
        {
            long due = pacer.DueAt(n);
            if (IsOver(due))
            {
                return;
            }

            OpenLoopPacer.WaitUntil(due);
            Send((int)(n % plan.Partitions), due);
        }
    }

    private void SendSaturated()
    {
        OpenLoopPacer.WaitUntil(StartTicks);
        for (long n = 0; ; n++)
        {
            long now = Stopwatch.GetTimestamp();
            if (IsOver(now))
            {
                return;
            }

            Send((int)(n % plan.Partitions), now);
        }
    }

    private bool IsOver(long due)
    {
        if (cancel.IsCancellationRequested || recorder.Tally.Failed > 0)
        {
            return true;
        }

        if (plan.Messages is { } total)
        {
            long share = (total / plan.Producers) + (number < total % plan.Producers ? 1 : 0);
            return sent >= share;
        }

        return due >= measureFrom + (long)(plan.Duration!.Value.TotalSeconds * Stopwatch.Frequency);
    }

    private void Send(int partition, long due)
    {
        bool measured = due >= measureFrom;
        ProducerMessage message = Next(partition, due);
        int refusals = 0;
        while (!producer.TryEnqueue(plan.Topic, message, measured ? due : Unmeasured))
        {
            if (cancel.IsCancellationRequested || recorder.Tally.Failed > 0)
            {
                return;
            }

            // The first message waits for what the client must learn about the topic; the enqueue path only says that it cannot go on.
            if (accepted && ++refusals < NoRoomPatience)
            {
                NativeMethods.Pause(NoRoomPauseNanos);
                continue;
            }

            WaitForRoom(message, measured ? due : Unmeasured);
            break;
        }

        accepted = true;
        sent += measured ? 1 : 0;
    }

    // This thread is nobody else's, so it may look again and again.
    private void WaitForRoom(in ProducerMessage message, long tag)
    {
        Task waiting = producer.EnqueueAsync(plan.Topic, message, tag, cancel).AsTask();
        while (!waiting.IsCompleted)
        {
            NativeMethods.Pause(NoRoomPauseNanos);
        }

        if (waiting.Exception is { } failure)
        {
            throw failure.GetBaseException();
        }
    }

    private ProducerMessage Next(int partition, long due)
    {
        new StampedPayload(number, sequences[partition]++, due).WriteTo(value);
        return new ProducerMessage { Value = value, Partition = partition };
    }
}
