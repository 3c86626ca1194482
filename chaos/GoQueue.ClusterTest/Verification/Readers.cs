using System.Text;
using System.Text.Json;
using GoQueue.Client;
using GoQueue.ClusterTest.Loads;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Verification;

/// <summary>Roads by which whole topics are read back.</summary>
internal static class Readers
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Every partition from its start to its present end, with the client's consumer.</summary>
    public static async Task<List<Stored>> ByClientAsync(Cluster cluster, string topic, CancellationToken cancellationToken)
    {
        List<Stored> stored = [];
        await using GoQueueClient client = GoQueueClient.Connect(string.Join(',', cluster.Endpoints));
        await using GoQueueConsumer consumer = client.CreateConsumer(new ConsumerOptions { Topic = topic, StopAtEnd = true });
        await foreach (MessageBatch batch in consumer.ReadBatchesAsync(cancellationToken))
        {
            foreach (MessageView message in batch)
            {
                stored.Add(new Stored(batch.Partition, message.Offset, TestMessage.Decode(message.Value)));
            }
        }

        return stored;
    }

    /// <summary>The same over REST from one node, page by page.</summary>
    public static async Task<List<Stored>> ByRestAsync(Cluster cluster, Node node, string topic, int partitions, CancellationToken cancellationToken)
    {
        List<Stored> stored = [];
        for (int partition = 0; partition < partitions; partition++)
        {
            long offset = 0;
            while (true)
            {
                RestAnswer page = await PageAsync(cluster, node, $"/v1/topics/{topic}/partitions/{partition}/messages?offset={offset}&limit=5000&maxBytes=4194304", cancellationToken);
                if (!page.IsOk)
                {
                    throw new HarnessException($"reading {topic}/{partition} at {offset} from {node.Id}: {page}");
                }

                stored.AddRange(page.Body.GetProperty("messages").EnumerateArray().Select(message => new Stored(
                    message.GetProperty("partition").GetInt32(),
                    message.GetProperty("offset").GetInt64(),
                    message.TryGetProperty("value", out JsonElement value) && value.ValueKind == JsonValueKind.String ? TestMessage.Decode(Encoding.UTF8.GetBytes(value.GetString()!)) : null)));
                long next = page.Body.GetProperty("nextOffset").GetInt64();
                if (next >= page.Body.GetProperty("highWatermark").GetInt64())
                {
                    break;
                }

                offset = next > offset ? next : throw new HarnessException($"reading {topic}/{partition} from {node.Id} does not get on at {offset}");
            }
        }

        return stored;
    }

    /// <summary>What came, once it is no refusal that passes by itself.</summary>
    private static async Task<RestAnswer> PageAsync(Cluster cluster, Node node, string path, CancellationToken cancellationToken)
    {
        RestAnswer? page = null;
        await Wait.UntilAsync(
            $"{node.Id} answers {path}",
            Patience,
            async () =>
            {
                page = await cluster.Rest.GetAsync(node, path, cancellationToken);
                return page.Code is not ("NOT_LEADER" or "UNREACHABLE" or "METADATA_UNAVAILABLE" or "OVERLOADED" or "OFFSET_NOT_AVAILABLE" or "NO_ANSWER");
            },
            cancellationToken);
        return page!;
    }
}
