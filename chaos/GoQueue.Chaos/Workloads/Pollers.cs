using System.Text;
using System.Text.Json;
using GoQueue.Client;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;
using GoQueue.History.Bodies;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.Chaos.Workloads;

/// <summary>A consumer of the client library that reads some partitions from given offsets on, from leaders or from the replica in a rack.</summary>
internal sealed class ConsumerPoller(Func<IReadOnlyList<string>> endpoints, WorkloadPlan plan, IHistoryRecorder recorder, IReadOnlyDictionary<int, long> from, string? rack)
{
    private static readonly TimeSpan PollPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<int, long> positions = new(from);

    public async Task RunAsync(CancellationToken stop)
    {
        ClientProcess process = new(recorder);
        while (!stop.IsCancellationRequested)
        {
            await using GoQueueClient client = GoQueueClient.Connect(new GoQueueClientOptions { Address = string.Join(',', endpoints()), ClientId = "chaos-poller", ConnectTimeout = TimeSpan.FromSeconds(2) });
            await using GoQueueConsumer consumer = client.CreateConsumer(new ConsumerOptions { Topic = plan.Topic, Partitions = [.. from.Keys], StartOffsets = new Dictionary<int, long>(positions), Rack = rack });
            AssignValue assigned = new() { Partitions = [.. positions.Select(at => new PartitionPosition { Topic = plan.Topic, Partition = at.Key, Offset = at.Value })] };
            process.Invoke(Operation.Assign, assigned);
            process.Ok(Operation.Assign, assigned);
            await PollAsync(process, consumer, stop);
            await Task.Delay(PauseAfterFailure, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Polls until told to stop, or until a poll fails.</summary>
    private async Task PollAsync(ClientProcess process, GoQueueConsumer consumer, CancellationToken stop)
    {
        await using IAsyncEnumerator<MessageBatch> batches = consumer.ReadBatchesAsync(stop).GetAsyncEnumerator(CancellationToken.None);
        Task<bool>? next = null;
        while (!stop.IsCancellationRequested)
        {
            PollValue asked = new() { Partitions = [.. positions.Select(at => Polled(at.Key, [], null))], IsFollower = rack is not null };
            process.Invoke(Operation.Poll, asked);
            try
            {
                // The library reads ahead, so what a poll gives may have come a little earlier.
                next ??= batches.MoveNextAsync().AsTask();
                await Task.WhenAny(next, Task.Delay(PollPatience, CancellationToken.None));
                if (!next.IsCompleted)
                {
                    process.Ok(Operation.Poll, asked with { Partitions = [] });
                    continue;
                }

                bool hasMore = await next;
                next = null;
                if (!hasMore)
                {
                    process.Ok(Operation.Poll, asked with { Partitions = [] });
                    return;
                }

                process.Ok(Operation.Poll, asked with { Partitions = [Take(batches.Current)] });
            }
            catch (Exception failure) when (failure is GoQueueException or OperationCanceledException or ObjectDisposedException)
            {
                process.Failed(Road.Read, Operation.Poll, asked with { Partitions = [] }, failure);
                return;
            }

            await Task.Delay(Between, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (next is not null)
        {
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // it ends with the token
        }
    }

    private PolledPartition Take(MessageBatch batch)
    {
        List<HistoryRecord> records = [];
        foreach (MessageView message in batch)
        {
            records.Add(MessageBody.Read(message.Offset, message.Value));
        }

        PolledPartition polled = Polled(batch.Partition, records, batch);
        positions[batch.Partition] = batch.NextOffset;
        return polled;
    }

    private PolledPartition Polled(int partition, IReadOnlyList<HistoryRecord> records, MessageBatch? batch) => new()
    {
        Topic = plan.Topic,
        Partition = partition,
        From = positions[partition],
        Records = records,
        Next = batch?.NextOffset,
        Start = batch is { LogStartOffset: >= 0 } ? batch.LogStartOffset : null,
        HighWatermark = batch?.HighWatermark,
    };
}

/// <summary>Reads the partitions in turn over REST, page by page, each from a node drawn.</summary>
internal sealed class RestPoller(Cluster cluster, WorkloadPlan plan, IHistoryRecorder recorder, Random random)
{
    private const int PageMessages = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(200);

    public async Task RunAsync(CancellationToken stop)
    {
        ClientProcess process = new(recorder);
        long[] positions = new long[plan.Partitions];
        AssignValue assigned = new() { Partitions = [.. positions.Select((offset, partition) => new PartitionPosition { Topic = plan.Topic, Partition = partition, Offset = offset })] };
        process.Invoke(Operation.Assign, assigned);
        process.Ok(Operation.Assign, assigned);
        for (int turn = 0; !stop.IsCancellationRequested; turn++)
        {
            int partition = turn % plan.Partitions;
            positions[partition] = await PollAsync(process, cluster.Nodes[random.Next(cluster.Nodes.Count)], partition, positions[partition]);
            await Task.Delay(Between, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Answers where to go on.</summary>
    private async Task<long> PollAsync(ClientProcess process, Node node, int partition, long offset)
    {
        PolledPartition polled = new() { Topic = plan.Topic, Partition = partition, From = offset, Records = [] };
        process.Invoke(Operation.Poll, new PollValue { Partitions = [polled] });
        RestAnswer answer = await cluster.Rest.SendAsync(node, HttpMethod.Get, $"/v1/topics/{plan.Topic}/partitions/{partition}/messages?offset={offset}&limit={PageMessages}", null, Patience, CancellationToken.None);
        if (!answer.IsOk)
        {
            process.Refused(Road.Read, Operation.Poll, new PollValue { Partitions = [polled] }, answer);
            return offset;
        }

        polled = RestPage.Read(answer.Body, polled);
        process.Ok(Operation.Poll, new PollValue { Partitions = [polled] }, node.Id);
        return polled.Next!.Value;
    }
}

/// <summary>A page of messages as REST gives it.</summary>
internal static class RestPage
{
    public static PolledPartition Read(JsonElement page, PolledPartition asked) => asked with
    {
        Records = [.. page.GetProperty("messages").EnumerateArray().Select(ReadMessage)],
        Next = page.GetProperty("nextOffset").GetInt64(),
        HighWatermark = page.GetProperty("highWatermark").GetInt64(),
        Start = page.TryGetProperty("logStartOffset", out JsonElement start) && start.GetInt64() >= 0 ? start.GetInt64() : null,
    };

    private static HistoryRecord ReadMessage(JsonElement message)
    {
        byte[] body = message.TryGetProperty("value", out JsonElement value) && value.ValueKind == JsonValueKind.String ? Encoding.UTF8.GetBytes(value.GetString()!)
            : message.TryGetProperty("valueBase64", out JsonElement bytes) && bytes.ValueKind == JsonValueKind.String ? bytes.GetBytesFromBase64()
            : [];
        return MessageBody.Read(message.GetProperty("offset").GetInt64(), body);
    }
}
