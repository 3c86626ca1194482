using System.Collections.Concurrent;
using GoQueue.Client.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Testing;

namespace GoQueue.Client.Tests.Producing;

public sealed class RetryTests
{
    private static readonly ProducerOptions SmallBatches = new() { BatchMessages = 5, Linger = TimeSpan.FromMilliseconds(1) };

    [Theory]
    [InlineData(PublishStep.StoreAndCut)]
    [InlineData(PublishStep.Cut)]
    internal async Task I1_a_broken_connection_neither_loses_nor_repeats_nor_reorders(PublishStep step)
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        fixture.Server.OnPublish = (number, _) => number is 3 or 7 or 8 or 20 ? new PublishPlan(step) : PublishPlan.Store;
        GoQueueProducer producer = fixture.Producer(SmallBatches);

        IReadOnlyList<DeliveryReport> reports = await producer.SendBatchAsync("t", BatchingTests.Messages(0, 200));

        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"v{i}"), stored[0].Values());
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (long)i), reports.Select(report => report.Offset));
        Assert.True(producer.Statistics.Resends > 0);
    }

    [Theory]
    [InlineData(ErrorCode.Overloaded)]
    [InlineData(ErrorCode.NotLeader)]
    [InlineData(ErrorCode.DiskFull)]
    [InlineData(ErrorCode.ShuttingDown)]
    public async Task I4_a_refused_batch_goes_again_before_those_behind_it(ErrorCode code)
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        fixture.Server.OnPublish = (number, _) => number is 0 or 2 or 9 or 10 or 11 ? PublishPlan.Refuse(code) : PublishPlan.Store;
        GoQueueProducer producer = fixture.Producer(SmallBatches);

        IReadOnlyList<DeliveryReport> reports = await producer.SendBatchAsync("t", BatchingTests.Messages(0, 200));

        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"v{i}"), stored[0].Values());
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (long)i), reports.Select(report => report.Offset));
    }

    [Theory]
    [InlineData(ErrorCode.Timeout)]
    [InlineData(ErrorCode.OutcomeUnknown)]
    public async Task I1_a_batch_that_was_stored_although_refused_is_recognised(ErrorCode code)
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        fixture.Server.OnPublish = (number, _) => number % 6 == 2 ? new PublishPlan(PublishStep.StoreAndRefuse, code) : PublishPlan.Store;
        GoQueueProducer producer = fixture.Producer(SmallBatches);

        IReadOnlyList<DeliveryReport> reports = await producer.SendBatchAsync("t", BatchingTests.Messages(0, 200));

        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"v{i}"), stored[0].Values());
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (long)i), reports.Select(report => report.Offset));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Random_faults_keep_every_message_once_and_in_order_per_partition(int seed)
    {
        Random random = new(seed);
        PublishPlan[] faults =
        [
            new(PublishStep.Cut), new(PublishStep.StoreAndCut), PublishPlan.Refuse(ErrorCode.Overloaded), PublishPlan.Refuse(ErrorCode.NotLeader),
            new(PublishStep.StoreAndRefuse, ErrorCode.OutcomeUnknown),
        ];
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t", partitions: 3);
        fixture.Server.OnPublish = (_, _) =>
        {
            lock (random)
            {
                return random.Next(8) == 0 ? faults[random.Next(faults.Length)] : PublishPlan.Store;
            }
        };
        GoQueueProducer producer = fixture.Producer(SmallBatches with { Linger = TimeSpan.Zero, Connections = 2 });

        IReadOnlyList<DeliveryReport> reports = await producer.SendBatchAsync(
            "t", [.. Enumerable.Range(0, 3000).Select(i => ProducerMessage.OfText($"k{i % 50}", $"{i % 50}:{i}"))]);

        List<string>[] values = [.. stored.Select(partition => partition.Values())];
        List<string> all = [.. values.SelectMany(value => value)];
        Assert.Equal(3000, all.Count);
        foreach (IGrouping<string, string> ofKey in all.GroupBy(value => value.Split(':')[0]))
        {
            int[] order = [.. ofKey.Select(value => int.Parse(value.Split(':')[1]))];
            Assert.Equal(order.Order(), order);
        }

        for (int i = 0; i < reports.Count; i++)
        {
            Assert.Equal($"{i % 50}:{i}", values[reports[i].Partition][(int)reports[i].Offset]);
        }

        await producer.DisposeAsync();
        Assert.Equal((0, 0, 0L), (producer.Context.Counters.HeldBuffers, producer.Context.Builders.Rented, producer.Context.Memory.Used));
    }

    [Fact]
    public async Task A_batch_refused_for_good_fails_alone_and_those_behind_it_are_stored_under_a_new_epoch()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        fixture.Server.OnPublish = (number, _) => number == 2 ? PublishPlan.Refuse(ErrorCode.CorruptBatch) : PublishPlan.Store;
        GoQueueProducer producer = fixture.Producer(SmallBatches);

        Task<DeliveryReport>[] sent = [.. BatchingTests.Messages(0, 60).Select(message => producer.SendAsync("t", message).AsTask())];
        await producer.FlushAsync();

        string[] failed = [.. sent.Select((task, i) => (task, i)).Where(pair => pair.task.IsFaulted).Select(pair => $"v{pair.i}")];
        Assert.Equal(5, failed.Length);
        Assert.Equal(Enumerable.Range(0, 60).Select(i => $"v{i}").Except(failed), stored[0].Values());
        Assert.Equal([0, 1], stored[0].Headers().Select(header => (int)header.Epoch).Distinct());
        Assert.All(sent.Where(task => task.IsFaulted), task => Assert.Equal(ErrorCode.CorruptBatch, ((GoQueueException)task.Exception!.InnerException!).Code));
    }

    [Fact]
    public async Task I1_lost_acknowledged_messages_are_reported_and_the_producer_goes_on()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        GoQueueProducer producer = fixture.Producer(SmallBatches);
        await producer.SendBatchAsync("t", BatchingTests.Messages(0, 5));
        await producer.SendBatchAsync("t", BatchingTests.Messages(5, 5));
        stored[0].LoseNewest(1);

        GoQueueException lost = await Assert.ThrowsAsync<GoQueueException>(async () => await producer.SendAsync("t", ProducerMessage.OfText("k", "fails")));
        await producer.SendAsync("t", ProducerMessage.OfText("k", "works"));

        Assert.Equal(ErrorCode.OutOfOrderSequence, lost.Code);
        Assert.Contains("the broker has lost acknowledged messages", lost.Message, StringComparison.Ordinal);
        Assert.Equal(["v0", "v1", "v2", "v3", "v4", "works"], stored[0].Values());
    }

    [Fact]
    public async Task I3_a_broker_that_forgot_the_producer_takes_what_comes_next()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        GoQueueProducer producer = fixture.Producer(SmallBatches);
        await producer.SendBatchAsync("t", BatchingTests.Messages(0, 5));
        stored[0].Lose(startAt: 100);

        IReadOnlyList<DeliveryReport> reports = await producer.SendBatchAsync("t", BatchingTests.Messages(5, 50));

        Assert.Equal(Enumerable.Range(100, 50).Select(i => (long)i), reports.Select(report => report.Offset));
    }

    [Theory]
    [InlineData(ErrorCode.InvalidProducerEpoch)]
    [InlineData(ErrorCode.UnknownProducer)]
    public async Task I2_a_rejected_identity_is_replaced(ErrorCode code)
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        fixture.Server.OnPublish = (number, _) => number == 1 ? PublishPlan.Refuse(code) : PublishPlan.Store;
        GoQueueProducer producer = fixture.Producer(SmallBatches);
        await producer.SendAsync("t", ProducerMessage.OfText("k", "first"));

        GoQueueException refusal = await Assert.ThrowsAsync<GoQueueException>(async () => await producer.SendAsync("t", ProducerMessage.OfText("k", "fails")));
        await producer.SendBatchAsync("t", BatchingTests.Messages(0, 20));

        Assert.Equal(code, refusal.Code);
        Assert.Equal(21, stored[0].Values().Count);
        Assert.Equal(2, fixture.Server.Calls.Count(call => call == "InitProducer"));
    }

    [Fact]
    public async Task Without_idempotence_a_retry_may_repeat_but_nothing_is_lost()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        fixture.Server.OnPublish = (number, _) => number == 3 ? new PublishPlan(PublishStep.StoreAndCut) : PublishPlan.Store;
        GoQueueProducer producer = fixture.Producer(SmallBatches with { Idempotence = false, MaxInFlightPerPartition = 1 });

        await producer.SendBatchAsync("t", BatchingTests.Messages(0, 50));

        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"v{i}"), stored[0].Values().Distinct());
        Assert.Equal(55, stored[0].Values().Count);
        Assert.DoesNotContain("InitProducer", fixture.Server.Calls);
    }

    [Fact]
    public async Task Without_acknowledgements_nothing_is_sent_twice()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        fixture.Server.OnPublish = (number, _) => number == 1 ? new PublishPlan(PublishStep.StoreAndCut) : PublishPlan.Store;
        GoQueueProducer producer = fixture.Producer(SmallBatches with { Acks = ProducerAcks.None, MaxInFlightPerPartition = 1 });
        await producer.SendAsync("t", ProducerMessage.OfText("k", "first"));

        GoQueueException unknown = await Assert.ThrowsAsync<GoQueueException>(async () => await producer.SendAsync("t", ProducerMessage.OfText("k", "second")));
        await producer.SendAsync("t", ProducerMessage.OfText("k", "third"));

        Assert.Equal(ErrorCode.OutcomeUnknown, unknown.Code);
        Assert.Equal(["first", "second", "third"], stored[0].Values());
    }

    [Fact]
    public async Task A_restarted_server_gets_what_was_waiting()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        fixture.Server.AddTopic("t");
        GoQueueProducer producer = fixture.Producer(SmallBatches);
        await producer.SendAsync("t", ProducerMessage.OfText("k", "before"));
        int port = int.Parse(fixture.Server.Address.Split(':')[1]);
        await fixture.Server.StopAsync();

        ConcurrentQueue<Task<DeliveryReport>> sent = new(BatchingTests.Messages(0, 20).Select(message => producer.SendAsync("t", message).AsTask()));
        await using ScriptedServer second = await ScriptedServer.StartAsync(port);
        ScriptedPartition[] stored = second.AddTopic("t");
        await Task.WhenAll(sent).WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"v{i}"), stored[0].Values());
    }

    [Fact]
    public async Task A_producer_whose_messages_all_timed_out_still_sends_when_the_server_is_back()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        fixture.Server.AddTopic("t");
        GoQueueProducer producer = fixture.Producer(new ProducerOptions { Linger = TimeSpan.Zero, DeliveryTimeout = TimeSpan.FromMilliseconds(300) });
        await producer.SendAsync("t", ProducerMessage.OfText("k", "before"));
        int port = int.Parse(fixture.Server.Address.Split(':')[1]);
        await fixture.Server.StopAsync();
        GoQueueException late = await Assert.ThrowsAsync<GoQueueException>(async () => await producer.SendAsync("t", ProducerMessage.OfText("k", "late")));
        Assert.Equal(ErrorCode.Timeout, late.Code);

        await using ScriptedServer second = await ScriptedServer.StartAsync(port);
        second.AddTopic("t");
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await producer.SendAsync("t", ProducerMessage.OfText("k", "after")).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
                    return true;
                }
                catch (GoQueueException again) when (again.Code == ErrorCode.Timeout)
                {
                    return false; // a slow machine; what must not be is that nothing happens at all
                }
            },
            "the producer sends again");
    }

    [Fact]
    public async Task At_most_five_batches_of_a_partition_are_in_flight_and_one_until_the_first_answer()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        fixture.Server.AddTopic("t");
        fixture.Server.OnPublish = (number, _) => number > 0 ? new PublishPlan(PublishStep.Ignore) : PublishPlan.Store;
        TaskCompletionSource first = new();
        fixture.Server.BeforePublish = () => first.Task;
        GoQueueProducer producer = fixture.Producer(SmallBatches with { CloseTimeout = TimeSpan.FromMilliseconds(1) });

        Task<DeliveryReport>[] sent = [.. BatchingTests.Messages(0, 100).Select(message => producer.SendAsync("t", message).AsTask())];
        await Eventually.TrueAsync(() => producer.Statistics.BytesSent > 0, "the first batch is sent");
        first.SetResult();
        await Eventually.TrueAsync(() => fixture.Server.Publishes >= 6, "five more follow its answer");
        long bytesSent = producer.Statistics.BytesSent;
        await fixture.Client.Admin.DescribeTopicAsync("t"); // a round trip later
        Assert.Equal(bytesSent, producer.Statistics.BytesSent);
        Assert.Equal(6, fixture.Server.Publishes);

        await producer.DisposeAsync();
        await Assert.ThrowsAsync<GoQueueException>(() => Task.WhenAll(sent));
    }
}
