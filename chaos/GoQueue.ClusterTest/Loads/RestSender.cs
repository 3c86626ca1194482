using System.Text;
using System.Text.Json;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Loads;

/// <summary>
/// One producer over REST, acks all: one message after the other, each to the next node, repeated until it is acknowledged. REST has no
/// producer identity, so a repeat may store a message twice.
/// </summary>
internal sealed class RestSender(Cluster cluster, LoadPlan plan, Journal journal, int producer)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private int turn;

    public async Task RunAsync(CancellationToken stop)
    {
        Pace pace = new((double)plan.Rate / plan.Producers);
        try
        {
            while (true)
            {
                for (int due = Math.Min(await pace.DueAsync(stop), 50); due > 0 && !stop.IsCancellationRequested; due--)
                {
                    int partition = journal.NextPartition(producer, plan.Partitions);
                    await SendAsync(journal.Begin(producer, partition), partition, stop);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    private async Task SendAsync(int sequence, int partition, CancellationToken stop)
    {
        object body = new { value = Encoding.ASCII.GetString(TestMessage.Encode(producer, sequence, plan.Bytes)), partition };
        long giveUpAt = Environment.TickCount64 + (long)plan.DeliveryTimeout.TotalMilliseconds;
        while (true)
        {
            Node node = cluster.Nodes[(producer + turn++) % cluster.Nodes.Count];
            RestAnswer answer = await cluster.Rest.SendAsync(node, HttpMethod.Post, $"/v1/topics/{plan.Topic}/publish?acks=all", body, TimeSpan.FromSeconds(5), CancellationToken.None);
            if (answer.IsOk)
            {
                JsonElement durability = answer.Body.GetProperty("durability");
                journal.Acknowledge(
                    producer,
                    sequence,
                    answer.Body.GetProperty("partition").GetInt32(),
                    answer.Body.GetProperty("offset").GetInt64(),
                    durability.GetProperty("replicas").GetInt32(),
                    durability.GetProperty("flushed").GetBoolean(),
                    plan.MinInSync);
                return;
            }

            if (Environment.TickCount64 > giveUpAt || stop.IsCancellationRequested)
            {
                journal.GiveUp(producer, sequence, answer.Code, answer.ToString());
                return;
            }

            await Task.Delay(Pause, CancellationToken.None);
        }
    }
}
