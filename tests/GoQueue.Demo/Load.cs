using GoQueue.Client;
using GoQueue.Demo.Verdicts;

namespace GoQueue.Demo;

/// <summary>Sends a list of messages through the client and writes down what the client was told about each.</summary>
/// <remarks>The message's place in the list travels as its tag, so an answer finds its message whatever order answers come in.</remarks>
internal sealed class Load
{
    private readonly IReadOnlyList<SentMessage> messages;
    private readonly GoQueueProducer producer;
    private readonly Lock gate = new();
    private readonly List<string> failures = [];
    private readonly SemaphoreSlim moreAllowed = new(0);
    private (int At, Action Then)? milestone;
    private volatile int allowed;
    private int acknowledged;
    private int handedOver;
    private bool areAllFlushed = true;

    public Load(GoQueueClient client, IReadOnlyList<SentMessage> messages)
    {
        this.messages = messages;
        producer = client.CreateProducer(new ProducerOptions { OnDelivery = Settle });
    }

    public int Acknowledged => Volatile.Read(ref acknowledged);

    /// <summary>Handed to the client and not yet answered.</summary>
    public int InFlight => Volatile.Read(ref handedOver) - Acknowledged;

    /// <summary>Whether every answer said that the message is on the device.</summary>
    public bool AreAllFlushed
    {
        get
        {
            lock (gate)
            {
                return areAllFlushed;
            }
        }
    }

    /// <summary>Messages that were not acknowledged, by what the client said.</summary>
    public IReadOnlyList<string> Failures
    {
        get
        {
            lock (gate)
            {
                return [.. failures];
            }
        }
    }

    /// <summary>Lets the messages before <paramref name="count"/> go; sending waits there.</summary>
    public void Allow(int count)
    {
        allowed = count;
        moreAllowed.Release();
    }

    /// <summary>
    /// Calls <paramref name="then"/> once, when so many messages are acknowledged: on the client's receive loop, so that nothing more is answered
    /// in between.
    /// </summary>
    public void At(int count, Action then)
    {
        lock (gate)
        {
            milestone = (count, then);
            PassMilestone();
        }
    }

    /// <summary>Sends everything in order, as far as it is allowed, and ends when every message is settled.</summary>
    public async Task RunAsync(string topic, CancellationToken cancellationToken)
    {
        await using (producer)
        {
            foreach (SentMessage message in messages)
            {
                while (message.Index >= allowed)
                {
                    await moreAllowed.WaitAsync(cancellationToken);
                }

                await producer.EnqueueAsync(topic, new ProducerMessage(message.Key, message.Value), message.Index, cancellationToken);
                Interlocked.Increment(ref handedOver);
            }

            await producer.FlushAsync(cancellationToken);
        }
    }

    private void Settle(in BatchDelivery delivery)
    {
        lock (gate)
        {
            if (delivery.Error is { } error)
            {
                failures.Add($"{delivery.Count} messages from {delivery.Tags[0]} on: {error.Message}");
                return;
            }

            for (int i = 0; i < delivery.Tags.Length; i++)
            {
                messages[(int)delivery.Tags[i]].Acknowledged = (delivery.Partition, delivery.BaseOffset + i);
            }

            areAllFlushed &= delivery.Flushed;
            acknowledged += delivery.Count;
            PassMilestone();
        }
    }

    private void PassMilestone()
    {
        if (milestone is var (at, then) && acknowledged >= at)
        {
            milestone = null;
            then();
        }
    }
}
