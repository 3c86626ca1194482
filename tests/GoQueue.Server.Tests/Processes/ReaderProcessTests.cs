using GoQueue.Client;
using GoQueue.Core;
using GoQueue.Harness.Clusters;
using GoQueue.Testing;

namespace GoQueue.Server.Tests.Processes;

/// <summary>Three real processes in three racks, and the client library: where readers read, and what they are told when what they read is gone.</summary>
public sealed class ReaderProcessTests : IAsyncLifetime
{
    private static readonly string[] Nodes = ["n1", "n2", "n3"];

    private readonly TempFolder folder = new();
    private readonly int[] ports = LoopbackPorts.Take(9); // peers, gRPC, metrics
    private readonly Dictionary<string, ServerProcessHandle> running = [];
    private readonly HttpClient http = new();
    private GoQueueClient client = null!;

    public async Task InitializeAsync()
    {
        client = GoQueueClient.Connect(string.Join(',', ports[3..6].Select(port => $"127.0.0.1:{port}")));
        Array.ForEach(Nodes, Start);
        try
        {
            foreach (string node in Nodes)
            {
                (await running[node].ReadyAsync()).Dispose();
            }
        }
        catch
        {
            await DisposeAsync(); // else nobody does, and the processes stay
            throw;
        }
    }

    public async Task DisposeAsync()
    {
        await client.DisposeAsync();
        http.Dispose();
        foreach (ServerProcessHandle node in running.Values)
        {
            node.Dispose();
        }

        folder.Dispose();
    }

    [Fact]
    public async Task A_consumer_reads_in_its_own_rack_and_goes_on_at_the_leader_when_that_node_is_killed()
    {
        PartitionDescription partition = await CreateAsync("orders", new TopicConfiguration { ReplicationFactor = 3 });
        string near = Nodes.First(node => node != partition.Leader);
        await using GoQueueProducer producer = client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero });
        await producer.SendAsync("orders", ProducerMessage.OfText(null, "0"));
        await Eventually.TrueAsync(async () => (await DescribeAsync("orders")).InSync.Count == 3, "all replicas are in sync");
        await using GoQueueConsumer consumer = client.CreateConsumer(new ConsumerOptions { Topic = "orders", Rack = $"rack-{near}" });
        Task<List<string>> reading = Task.Run(async () => await consumer.ReadAsync().Select(message => message.ValueText!).Take(100).ToListAsync());
        for (int i = 1; i < 100; i++)
        {
            if (i == 50)
            {
                await Eventually.TrueAsync(() => consumer.PositionOf(0) == 50, "all so far was read");
                Assert.True(await FetchesAsync(near) > 0);
                Assert.Equal(0, await FetchesAsync(partition.Leader));
                await KillAsync(near);
            }

            await producer.SendAsync("orders", ProducerMessage.OfText(null, $"{i}"));
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), await reading.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.True(await FetchesAsync(partition.Leader) > 0);
    }

    [Fact]
    public async Task E7_a_consumer_is_told_what_an_unclean_election_took_back()
    {
        PartitionDescription partition = await CreateAsync("orders", new TopicConfiguration { ReplicationFactor = 2, MinInSyncReplicas = 1, UncleanLeaderElection = true });
        string first = partition.Replicas[0];
        string second = partition.Replicas[1];
        await using GoQueueProducer producer = client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero });
        await SendAsync("kept", 10);
        await Eventually.TrueAsync(async () => (await DescribeAsync("orders")).InSync.Count == 2, "both replicas are in sync");
        await KillAsync(first);
        await SendAsync("lost", 10); // only the second has them
        await using GoQueueConsumer consumer = client.CreateConsumer(new ConsumerOptions { Topic = "orders" });
        await using IAsyncEnumerator<ConsumedMessage> messages = consumer.ReadAsync().GetAsyncEnumerator();
        for (int i = 0; i < 20; i++)
        {
            Assert.True(await messages.MoveNextAsync());
            Assert.Equal(i < 10 ? $"kept {i}" : $"lost {i - 10}", messages.Current.ValueText);
        }

        // Who led last comes back without its disk: nobody has them any more, and the first leads again.
        await KillAsync(second);
        Start(first);
        (await running[first].ReadyAsync()).Dispose();
        Directory.Delete(Path.Combine(folder.Path, second), recursive: true);
        Start(second);
        (await running[second].ReadyAsync()).Dispose();
        GoQueueException failure = await Assert.ThrowsAsync<GoQueueException>(async () => await messages.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(3)));
        Assert.Equal((ErrorCode.LogTruncated, 20L, 10L), (failure.Code, failure.Truncation?.ReadTo, failure.Truncation?.DivergesAt));
        GoQueueException told = await Assert.ThrowsAsync<GoQueueException>(() => SendAsync("?", 1)); // so is the producer, once
        Assert.Equal(ErrorCode.OutOfOrderSequence, told.Code);
        await SendAsync("new", 10);
        consumer.Seek(0, 10, failure.Truncation!.Value.LastEpoch);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"new {i}"), await consumer.ReadAsync().Select(message => message.ValueText).Take(10).ToListAsync());

        async Task SendAsync(string what, int count)
        {
            for (int i = 0; i < count; i++)
            {
                await producer.SendAsync("orders", ProducerMessage.OfText(null, $"{what} {i}"));
            }
        }
    }

    private void Start(string node)
    {
        if (running.Remove(node, out ServerProcessHandle? before))
        {
            before.Dispose();
        }

        int index = Array.IndexOf(Nodes, node);
        running[node] = ServerProcessHandle.Start(
            "--data", Path.Combine(folder.Path, node), "--node-id", node, "--rack", $"rack-{node}", "--http-port", "0", "--peer-port", $"{ports[index]}", "--grpc-port", $"{ports[3 + index]}",
            "--metrics-port", $"{ports[6 + index]}", "--peers", string.Join(',', Nodes.Select((name, i) => $"{name}=127.0.0.1:{ports[i]}")));
    }

    private async Task KillAsync(string node)
    {
        running[node].Signal("KILL");
        await running[node].EndAsync();
    }

    /// <summary>Retriable refusals are repeated: the cluster has just formed.</summary>
    private async Task<PartitionDescription> CreateAsync(string topic, TopicConfiguration configuration)
    {
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await client.Admin.CreateTopicAsync(topic, 1, configuration);
                    return true;
                }
                catch (GoQueueException refused) when (refused.IsRetriable || refused.Code == ErrorCode.InvalidReplicationFactor)
                {
                    return false; // not all nodes are registered yet
                }
                catch (GoQueueException there) when (there.Code == ErrorCode.TopicAlreadyExists)
                {
                    return true;
                }
            },
            "the topic is created");
        await Eventually.TrueAsync(async () => (await DescribeAsync(topic)).Leader.Length > 0, "somebody leads");
        return await DescribeAsync(topic);
    }

    private async Task<PartitionDescription> DescribeAsync(string topic) => (await client.Admin.DescribeTopicAsync(topic)).Partitions[0];

    /// <summary>Reads of clients that this node served.</summary>
    private async Task<double> FetchesAsync(string node)
    {
        string text = await http.GetStringAsync(new Uri($"http://127.0.0.1:{ports[6 + Array.IndexOf(Nodes, node)]}/metrics"));
        string? line = text.Split('\n').FirstOrDefault(line => line.StartsWith("goqueue_storage_fetches_total ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
