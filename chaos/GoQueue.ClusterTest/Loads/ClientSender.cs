using GoQueue.Client;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Loads;

/// <summary>One producer of the client library: idempotent, acks all, at a steady rate.</summary>
internal sealed class ClientSender(Cluster cluster, LoadPlan plan, Journal journal, int producer)
{
    // What is to be settled is settled by then: closing is only for a load that is abandoned.
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    public async Task RunAsync(CancellationToken stop, CancellationToken abandon)
    {
        await using GoQueueClient client = GoQueueClient.Connect(new GoQueueClientOptions { Address = string.Join(',', cluster.Endpoints), ClientId = $"load-{producer}" });
        ProducerOptions options = new() { OnDelivery = Settle, DeliveryTimeout = plan.DeliveryTimeout, CloseTimeout = CloseTimeout };
        await using GoQueueProducer sender = client.CreateProducer(options);
        Pace pace = new((double)plan.Rate / plan.Producers);
        try
        {
            while (true)
            {
                for (int due = await pace.DueAsync(stop); due > 0; due--)
                {
                    await SendAsync(sender, abandon);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await sender.FlushAsync(abandon);
        }
    }

    private async Task SendAsync(GoQueueProducer sender, CancellationToken abandon)
    {
        int partition = journal.NextPartition(producer, plan.Partitions);
        int sequence = journal.Begin(producer, partition);
        ProducerMessage message = new(null, TestMessage.Encode(producer, sequence, plan.Bytes)) { Partition = partition };
        try
        {
            await sender.EnqueueAsync(plan.Topic, message, sequence, abandon);
        }
        catch (GoQueueException refusal)
        {
            journal.GiveUp(producer, sequence, refusal.Code.ToString(), refusal.Message);
        }
    }

    private void Settle(in BatchDelivery delivery)
    {
        for (int i = 0; i < delivery.Tags.Length; i++)
        {
            int sequence = (int)delivery.Tags[i];
            if (delivery.Error is { } error)
            {
                journal.GiveUp(producer, sequence, error.Code.ToString(), error.Message);
            }
            else
            {
                long offset = delivery.BaseOffset < 0 ? -1 : delivery.BaseOffset + i;
                journal.Acknowledge(producer, sequence, delivery.Partition, offset, delivery.Replicas, delivery.Flushed, plan.MinInSync);
            }
        }
    }
}
