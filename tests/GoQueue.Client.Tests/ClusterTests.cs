using GoQueue.Client.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Testing;

namespace GoQueue.Client.Tests;

/// <summary>
/// Several nodes that share what is stored, as replicas do, and differ in who leads. The client finds its way, and loses and doubles nothing while
/// leaders change.
/// </summary>
public sealed class ClusterTests : IAsyncLifetime
{
    private readonly ScriptedMetadata cluster = new();
    private readonly List<ScriptedServer> servers = [];
    private readonly List<IAsyncDisposable> owned = [];

    public async Task InitializeAsync()
    {
        foreach (string node in (string[])["n1", "n2", "n3"])
        {
            servers.Add(await ScriptedServer.StartAsync(0, node, cluster));
        }
    }

    public async Task DisposeAsync()
    {
        foreach (IAsyncDisposable thing in Enumerable.Reverse(owned))
        {
            await thing.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1));
        }

        foreach (ScriptedServer server in servers)
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Every_partition_is_written_and_read_at_its_leader()
    {
        ScriptedPartition[] stored = Topic("t", "n1", "n2", "n3");
        GoQueueProducer producer = Own(Connect().CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero }));
        for (int partition = 0; partition < 3; partition++)
        {
            await producer.SendAsync("t", Text("a", partition));
        }

        Assert.Equal([1, 1, 1], servers.Select(server => server.Publishes));
        Assert.All(stored, partition => Assert.Equal(1, partition.End.Value));
        GoQueueConsumer consumer = Own(Connect().CreateConsumer(new ConsumerOptions { Topic = "t", StopAtEnd = true }));
        Assert.Equal(3, await consumer.ReadAsync().CountAsync());
        Assert.Equal([1, 1, 1], servers.Select(server => server.Subscriptions));
    }

    [Fact]
    public async Task One_address_that_answers_is_enough_and_the_others_are_learnt()
    {
        Topic("t", "n3");
        await servers[0].StopAsync();
        GoQueueClient client = Connect($"127.0.0.1:1,{servers[0].Address},{servers[1].Address}");
        Assert.Single(await client.Admin.ListTopicsAsync());
        DeliveryReport report = await Own(client.CreateProducer()).SendAsync("t", Text("a", 0));
        Assert.Equal(0, report.Offset);
        Assert.Equal(1, servers[2].Publishes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refusal_by_a_node_that_leads_no_more_is_followed_named_leader_or_not(bool named)
    {
        ScriptedPartition stored = Topic("t", "n1")[0];
        servers.ForEach(server => server.NamesLeaders = named);
        GoQueueProducer producer = Own(Connect().CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero }));
        for (int i = 0; i < 60; i++)
        {
            if (i % 20 == 10)
            {
                cluster.Elect("t", 0, i % 40 == 10 ? "n2" : "n3");
            }

            Assert.Equal(i, (await producer.SendAsync("t", Text($"{i}", 0))).Offset);
        }

        Assert.Equal(60, stored.End.Value);
        Assert.True(servers[1].Publishes > 0 && servers[2].Publishes > 0);
    }

    /// <summary>
    /// Goal: idempotent retries stay exactly-once across a change of leader. Method: many messages in flight, leaders that store and then die without
    /// an answer, or hang; the next one has what was stored, and what is sent again must be recognised.
    /// </summary>
    [Theory]
    [InlineData(nameof(PublishStep.StoreAndCut))]
    [InlineData(nameof(PublishStep.Cut))]
    [InlineData(nameof(PublishStep.Ignore))]
    public async Task I1_what_was_in_flight_at_a_change_of_leader_is_stored_once_and_in_order(string last)
    {
        const int Count = 3000;
        ScriptedPartition stored = Topic("t", "n1")[0];
        int taken = 0;
        foreach ((ScriptedServer server, string next) in servers.Zip((string[])["n2", "n3", "n3"]))
        {
            server.OnPublish = (_, _) =>
            {
                int number = Interlocked.Increment(ref taken);
                if (server.Node == next || number % 10 != 9)
                {
                    return PublishPlan.Store;
                }

                // The last thing this leader does.
                _ = Task.Run(() => cluster.Elect("t", 0, next));
                return new PublishPlan(Enum.Parse<PublishStep>(last));
            };
        }

        GoQueueProducer producer = Own(Connect().CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero, BatchMessages = 20 }));
        Task<DeliveryReport>[] sent = [.. Enumerable.Range(0, Count).Select(i => producer.SendAsync("t", Text($"{i}", 0)).AsTask())];
        DeliveryReport[] reports = await Task.WhenAll(sent).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(Count, stored.End.Value);
        Assert.Equal(Enumerable.Range(0, Count).Select(i => (long)i), reports.Select(report => report.Offset));
        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"{i}"), await ReadAsync(Count));
        Assert.True(servers[2].Publishes > 0);
    }

    [Fact]
    public async Task A_leader_that_dies_between_batches_is_left_for_the_next_one()
    {
        ScriptedPartition stored = Topic("t", "n1")[0];
        GoQueueProducer producer = Own(Connect().CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero }));
        await producer.SendAsync("t", Text("before", 0));
        await servers[0].StopAsync();
        Task<DeliveryReport> waiting = producer.SendAsync("t", Text("after", 0)).AsTask();
        cluster.Elect("t", 0, "n2");
        Assert.Equal(1, (await waiting.WaitAsync(TimeSpan.FromSeconds(30))).Offset);
        Assert.Equal(2, stored.End.Value);
    }

    [Fact]
    public async Task What_waits_for_a_dead_leader_goes_to_the_next_one_without_waiting_for_the_pause_to_end()
    {
        Topic("t", "n1");
        await servers[0].StopAsync();
        GoQueueClient client = Own(GoQueueClient.Connect(new GoQueueClientOptions { Address = servers[1].Address, RetryBackoff = TimeSpan.FromHours(1), RetryBackoffMax = TimeSpan.FromHours(1) }));
        GoQueueProducer producer = Own(client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero }));
        Task<DeliveryReport> waiting = producer.SendAsync("t", Text("a", 0)).AsTask();
        await Eventually.TrueAsync(() => servers.Sum(server => server.Calls.Count(call => call == "GetMetadata")) >= 3, "topic, news, and after the refused connection who leads");
        cluster.Elect("t", 0, "n3");
        Assert.Equal(0, (await waiting.WaitAsync(TimeSpan.FromSeconds(30))).Offset);
    }

    [Fact]
    public async Task A_consumer_keeps_its_position_when_the_leader_changes_even_if_the_old_one_says_nothing()
    {
        const int Count = 300;
        ScriptedPartition stored = Topic("t", "n1")[0];
        GoQueueProducer producer = Own(Connect().CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero }));
        GoQueueConsumer consumer = Own(Connect().CreateConsumer(new ConsumerOptions { Topic = "t" }));
        Task<List<string>> reading = Task.Run(async () => await consumer.ReadAsync().Select(message => message.ValueText!).Take(Count).ToListAsync());
        for (int i = 0; i < Count; i++)
        {
            if (i is 100 or 200)
            {
                await Eventually.TrueAsync(() => consumer.PositionOf(0) == stored.End.Value, "everything so far was read");
                cluster.Elect("t", 0, i == 100 ? "n2" : "n3"); // the subscription at the old one stays open and is silent
            }

            await producer.SendAsync("t", Text($"{i}", 0));
        }

        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"{i}"), await reading.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.All(servers, server => Assert.True(server.Subscriptions > 0));
    }

    [Fact]
    public async Task A_consumer_whose_leader_dies_goes_on_at_the_next_one()
    {
        Topic("t", "n1");
        GoQueueProducer producer = Own(Connect().CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero }));
        GoQueueConsumer consumer = Own(Connect($"{servers[1].Address}").CreateConsumer(new ConsumerOptions { Topic = "t" }));
        Task<List<string>> reading = Task.Run(async () => await consumer.ReadAsync().Select(message => message.ValueText!).Take(20).ToListAsync());
        for (int i = 0; i < 20; i++)
        {
            if (i == 10)
            {
                await servers[0].StopAsync();
                cluster.Elect("t", 0, "n3");
            }

            await producer.SendAsync("t", Text($"{i}", 0));
        }

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), await reading.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Partitions_that_are_added_are_written_and_read_without_a_restart()
    {
        Topic("t", "n1");
        GoQueueProducer producer = Own(Connect().CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero }));
        GoQueueConsumer consumer = Own(Connect().CreateConsumer(new ConsumerOptions { Topic = "t", Start = StartPosition.Latest }));
        await producer.SendAsync("t", Text("first", 0));
        Task<ConsumedMessage> reading = Task.Run(async () => await consumer.ReadAsync().FirstAsync(message => message.Partition == 1));
        await Eventually.TrueAsync(() => consumer.Progress.Count > 0, "it reads");
        Topic("t", "n1", "n2");
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    return (await producer.SendAsync("t", Text("added", 1))).Partition == 1;
                }
                catch (GoQueueException unknown) when (unknown.Code == ErrorCode.UnknownPartition)
                {
                    return false; // not heard of yet
                }
            },
            "the producer knows the new partition");
        Assert.Equal(("added", 0L), ((await reading.WaitAsync(TimeSpan.FromSeconds(30))).ValueText, (await reading).Offset));
    }

    [Fact]
    public async Task What_a_node_says_that_lags_behind_is_not_believed()
    {
        Topic("t", "n1");
        GoQueueClient client = Connect();
        GoQueueProducer producer = Own(client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero }));
        await producer.SendAsync("t", Text("a", 0));
        servers[1].NamesLeaders = false;
        cluster.Elect("t", 0, "n2");
        await producer.SendAsync("t", Text("b", 0));

        // An old hint: epoch 1 was n1's.
        int before = servers[0].Publishes;
        Assert.False(producer.Context.Catalog.Heard("t", 0, new Transport.LeaderHint("n1", servers[0].Address, 1)));
        await producer.SendAsync("t", Text("c", 0));
        Assert.Equal(before, servers[0].Publishes);
    }

    private GoQueueClient Connect(string? address = null) => Own(GoQueueClient.Connect(new GoQueueClientOptions
    {
        Address = address ?? servers[0].Address,
        RetryBackoff = TimeSpan.FromMilliseconds(5),
        RetryBackoffMax = TimeSpan.FromMilliseconds(50),
    }));

    private ScriptedPartition[] Topic(string name, params string[] leaders)
    {
        ScriptedPartition[]? before = cluster.Topics.TryGetValue(name, out var known) ? known.Partitions : null;
        string? id = before is null ? null : known.Topic.Id;
        ScriptedPartition[] stored = servers[0].AddTopic(name, leaders.Length);
        before?.CopyTo(stored, 0);
        for (int i = 0; i < leaders.Length; i++)
        {
            cluster.Topics[name].Topic.Partitions[i].Leader = leaders[i];
        }

        cluster.Topics[name].Topic.Id = id ?? cluster.Topics[name].Topic.Id;
        cluster.Raise();
        return stored;
    }

    private async Task<List<string>> ReadAsync(int count)
    {
        GoQueueConsumer consumer = Own(Connect().CreateConsumer(new ConsumerOptions { Topic = "t" }));
        return await consumer.ReadAsync().Select(message => message.ValueText!).Take(count).ToListAsync();
    }

    private T Own<T>(T thing)
        where T : IAsyncDisposable
    {
        owned.Add(thing);
        return thing;
    }

    private static ProducerMessage Text(string value, int partition) => ProducerMessage.OfText(null, value) with { Partition = partition };
}
