using GoQueue.Client;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.Chaos.Workloads;

/// <summary>Asks for the ends of partitions all the time, by the client library and over REST: an end that was asked for after an acknowledgement lies behind it.</summary>
internal sealed class EndOffsets(Cluster cluster, WorkloadPlan plan, IHistoryRecorder recorder, double perSecond, Random random)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    public async Task RunAsync(CancellationToken stop)
    {
        await using GoQueueClient client = GoQueueClient.Connect(new GoQueueClientOptions { Address = string.Join(',', cluster.Endpoints), ClientId = "chaos-ends", RequestTimeout = Patience, ConnectTimeout = TimeSpan.FromSeconds(2) });
        ClientProcess process = new(recorder);
        Pace pace = new(perSecond);
        try
        {
            while (true)
            {
                await pace.DueAsync(stop);
                EndOffsetValue asked = new() { Topic = plan.Topic, Partition = random.Next(plan.Partitions) };
                await (random.Next(2) == 0 ? AskAsync(process, client, asked) : AskAsync(process, cluster.Nodes[random.Next(cluster.Nodes.Count)], asked));
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop between two questions.
        }
    }

    private static async Task AskAsync(ClientProcess process, GoQueueClient client, EndOffsetValue asked)
    {
        process.Invoke(Operation.EndOffset, asked);
        try
        {
            PartitionOffsets offsets = await client.Admin.GetOffsetsAsync(asked.Topic, asked.Partition);
            process.Ok(Operation.EndOffset, asked with { Start = offsets.LogStart, End = offsets.HighWatermark });
        }
        catch (GoQueueException refusal)
        {
            process.Failed(Road.Read, Operation.EndOffset, asked, refusal);
        }
    }

    private async Task AskAsync(ClientProcess process, Node node, EndOffsetValue asked)
    {
        process.Invoke(Operation.EndOffset, asked);
        RestAnswer answer = await cluster.Rest.SendAsync(node, HttpMethod.Get, $"/v1/topics/{asked.Topic}/partitions/{asked.Partition}/offsets", null, Patience, CancellationToken.None);
        if (answer.IsOk)
        {
            process.Ok(Operation.EndOffset, asked with { Start = answer.Body.GetProperty("logStartOffset").GetInt64(), End = answer.Body.GetProperty("highWatermark").GetInt64() }, node.Id);
        }
        else
        {
            process.Refused(Road.Read, Operation.EndOffset, asked, answer);
        }
    }
}
