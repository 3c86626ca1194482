using GoQueue.Client.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Testing;

namespace GoQueue.Client.Tests.Consuming;

/// <summary>Three nodes in three racks, all in sync; n1 leads. A consumer that names its rack reads there, and nothing is lost or doubled when that ends.</summary>
public sealed class RackTests : IAsyncLifetime
{
    private const int Count = 60;

    private readonly ScriptedMetadata cluster = new();
    private readonly List<ScriptedServer> servers = [];
    private GoQueueClient client = null!;
    private GoQueueProducer producer = null!;

    public async Task InitializeAsync()
    {
        foreach (string node in (string[])["n1", "n2", "n3"])
        {
            servers.Add(await ScriptedServer.StartAsync(0, node, cluster));
            cluster.Racks[node] = $"rack-{node}";
        }

        servers[0].AddTopic("t");
        cluster.InSync("t", 0, "n1", "n2", "n3");
        client = GoQueueClient.Connect(new GoQueueClientOptions { Address = servers[0].Address, RetryBackoff = TimeSpan.FromMilliseconds(5), RetryBackoffMax = TimeSpan.FromMilliseconds(50) });
        producer = client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero });
    }

    public async Task DisposeAsync()
    {
        await producer.DisposeAsync();
        await client.DisposeAsync();
        foreach (ScriptedServer server in servers)
        {
            await server.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("rack-n2", 1)]
    [InlineData("rack-n1", 0)] // the leader's own
    [InlineData("rack-n9", 0)] // nobody's
    [InlineData(null, 0)]
    public async Task It_reads_from_the_replica_in_its_rack_else_from_the_leader(string? rack, int expected)
    {
        await producer.SendAsync("t", ProducerMessage.OfText(null, "a"));
        await using GoQueueConsumer consumer = Consumer(rack);
        Assert.Equal("a", (await consumer.ReadAsync().FirstAsync()).ValueText);
        Assert.Equal(Enumerable.Range(0, 3).Select(server => server == expected ? 1 : 0), servers.Select(server => server.Subscriptions));
        Assert.Equal(expected != 0, servers[expected].SubscribeRequests.Single().FromFollower);
    }

    [Theory]
    [InlineData(ErrorCode.OffsetNotAvailable)] // it lags behind
    [InlineData(ErrorCode.NotLeader)] // it is not in sync any more
    [InlineData(ErrorCode.OffsetOutOfRange)] // its log begins later: the leader has the last word
    [InlineData(ErrorCode.CorruptLog)]
    [InlineData(ErrorCode.UnknownLeaderEpoch)]
    public async Task It_falls_back_to_the_leader_when_the_replica_refuses(ErrorCode refusal)
    {
        servers[1].OnCall = method => method == "Subscribe" ? refusal : ErrorCode.None;
        await using GoQueueConsumer consumer = Consumer("rack-n2");
        Assert.Equal(Expected, await ReadAsync(consumer, _ => Task.CompletedTask));
        Assert.True(servers[0].Subscriptions > 0);
    }

    [Fact]
    public async Task It_goes_to_the_leader_when_the_replica_leaves_the_in_sync_set_and_back_when_it_joins()
    {
        await using GoQueueConsumer consumer = Consumer("rack-n2");
        Assert.Equal(Expected, await ReadAsync(consumer, async sent =>
        {
            if (sent == 20)
            {
                await SubscribesAsync(1, 1);
                cluster.InSync("t", 0, "n1", "n3");
                await SubscribesAsync(0, 1);
            }
            else if (sent == 40)
            {
                cluster.InSync("t", 0, "n1", "n2", "n3");
                await SubscribesAsync(1, 2);
            }
        }));
    }

    [Fact]
    public async Task It_goes_on_at_the_leader_when_the_replica_dies()
    {
        await using GoQueueConsumer consumer = Consumer("rack-n2");
        Assert.Equal(Expected, await ReadAsync(consumer, async sent =>
        {
            if (sent == Count / 2)
            {
                await SubscribesAsync(1, 1);
                await servers[1].StopAsync();
            }
        }));
        Assert.True(servers[0].Subscriptions > 0);
    }

    private static IEnumerable<string> Expected => Enumerable.Range(0, Count).Select(i => $"{i}");

    private GoQueueConsumer Consumer(string? rack) => client.CreateConsumer(new ConsumerOptions { Topic = "t", Rack = rack });

    private Task SubscribesAsync(int server, int times) => Eventually.TrueAsync(() => servers[server].Subscriptions >= times, $"subscription {times} at n{server + 1}");

    /// <summary>Sends and reads at once; what the test does to the cluster comes in between.</summary>
    private async Task<List<string>> ReadAsync(GoQueueConsumer consumer, Func<int, Task> before)
    {
        Task<List<string>> reading = Task.Run(async () => await consumer.ReadAsync().Select(message => message.ValueText!).Take(Count).ToListAsync());
        for (int i = 0; i < Count; i++)
        {
            await before(i);
            await producer.SendAsync("t", ProducerMessage.OfText(null, $"{i}"));
        }

        return await reading.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
