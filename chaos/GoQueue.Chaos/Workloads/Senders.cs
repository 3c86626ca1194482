using System.Text;
using System.Text.Json;
using GoQueue.Client;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;
using GoQueue.History.Bodies;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.Chaos.Workloads;

/// <summary>
/// One producer of the client library, idempotent, acks all, which sends one message after the other to the partitions in turn; or several of its processes at once, whose
/// messages then travel in batches and overtake nothing: the pipelined producer.
/// </summary>
internal sealed class ProducerSender(Func<IReadOnlyList<string>> endpoints, WorkloadPlan plan, IHistoryRecorder recorder, string name, int lanes, double perSecond)
{
    // Shorter than a long fault, so that unknown outcomes do occur.
    private static readonly TimeSpan DeliveryTimeout = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(4);

    private readonly Lock order = new();
    private int turn;

    public async Task RunAsync(CancellationToken stop)
    {
        await using GoQueueClient client = GoQueueClient.Connect(new GoQueueClientOptions
        {
            Address = string.Join(',', endpoints()),
            ClientId = $"chaos-{name}",
            RequestTimeout = RequestTimeout,
            ConnectTimeout = TimeSpan.FromSeconds(2),
        });
        await using GoQueueProducer producer = client.CreateProducer(new ProducerOptions { DeliveryTimeout = DeliveryTimeout, MaxBlock = DeliveryTimeout, CloseTimeout = DeliveryTimeout });
        await Task.WhenAll(Enumerable.Range(0, lanes).Select(_ => SendAsync(producer, stop)));
    }

    private async Task SendAsync(GoQueueProducer producer, CancellationToken stop)
    {
        ClientProcess process = new(recorder);
        Pace pace = new(perSecond / lanes);
        try
        {
            while (true)
            {
                await pace.DueAsync(stop);
                await SendOneAsync(process, producer);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop between two messages.
        }
    }

    private async Task SendOneAsync(ClientProcess process, GoQueueProducer producer)
    {
        ValueTask<DeliveryReport> sending;
        SendValue value;
        MessageId message = process.NextMessage();
        lock (order)
        {
            // Under the lock, so that the order in the history is the order in which the producer took them.
            value = new SendValue { Topic = plan.Topic, Partition = turn++ % plan.Partitions, Records = [new HistoryRecord(null, message)], Producer = name, IsIdempotent = true };
            process.Invoke(Operation.Send, value);
            sending = producer.SendAsync(plan.Topic, new ProducerMessage(null, MessageBody.Create(message, plan.Bytes)) { Partition = value.Partition });
        }

        try
        {
            DeliveryReport report = await sending;
            process.Ok(Operation.Send, value with { Partition = report.Partition, Records = [new HistoryRecord(report.Offset < 0 ? null : report.Offset, message)] });
        }
        catch (Exception failure) when (failure is GoQueueException or ObjectDisposedException or OperationCanceledException)
        {
            process.Failed(Road.Producer, Operation.Send, value, failure);
        }
    }
}

/// <summary>Messages over REST, each by one attempt at a node drawn; without a producer identity, so nothing is ever repeated.</summary>
internal sealed class RestSender(Cluster cluster, WorkloadPlan plan, IHistoryRecorder recorder, double perSecond, Random random)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    public async Task RunAsync(CancellationToken stop)
    {
        ClientProcess process = new(recorder);
        Pace pace = new(perSecond);
        try
        {
            while (true)
            {
                await pace.DueAsync(stop);
                await SendOneAsync(process);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop between two messages.
        }
    }

    private async Task SendOneAsync(ClientProcess process)
    {
        Node node = cluster.Nodes[random.Next(cluster.Nodes.Count)];
        MessageId message = process.NextMessage();
        SendValue value = new() { Topic = plan.Topic, Partition = random.Next(plan.Partitions), Records = [new HistoryRecord(null, message)] };
        object body = new { value = Encoding.ASCII.GetString(MessageBody.Create(message, plan.Bytes)), partition = value.Partition };
        process.Invoke(Operation.Send, value);
        RestAnswer answer = await cluster.Rest.SendAsync(node, HttpMethod.Post, $"/v1/topics/{plan.Topic}/publish", body, Patience, CancellationToken.None);
        if (answer.IsOk && answer.Body.TryGetProperty("offset", out JsonElement offset))
        {
            process.Ok(Operation.Send, value with { Partition = answer.Body.GetProperty("partition").GetInt32(), Records = [new HistoryRecord(offset.GetInt64(), message)] }, node.Id);
        }
        else
        {
            process.Refused(Road.RestPublish, Operation.Send, value, answer);
        }
    }
}
