using GoQueue.Client.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Testing;

namespace GoQueue.Client.Tests.Producing;

public sealed class LimitTests
{
    private static readonly ProducerOptions SmallBuffer = new() { BufferBytes = 64 << 10, Linger = TimeSpan.Zero };

    [Fact]
    public async Task A_full_buffer_makes_senders_wait_in_order_until_there_is_room()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        TaskCompletionSource gate = new();
        fixture.Server.BeforePublish = () => gate.Task;
        GoQueueProducer producer = fixture.Producer(SmallBuffer);
        string filler = new('x', 1000);

        Task<IReadOnlyList<DeliveryReport>> sent =
            producer.SendBatchAsync("t", [.. Enumerable.Range(0, 500).Select(i => ProducerMessage.OfText("k", $"{i}:{filler}"))]);
        await Eventually.TrueAsync(() => producer.Statistics.BytesSent > 0, "the first batch is sent");

        Assert.InRange(producer.Statistics.BufferedBytes, 1, 64 << 10);
        Assert.True(producer.Statistics.WaitingSends > 400);
        Assert.False(producer.TryEnqueue("t", ProducerMessage.OfText("k", "overtaking")));
        gate.SetResult();
        await sent;
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"{i}:{filler}"), stored[0].Values());
        Assert.Equal((0L, 0), (producer.Statistics.BufferedBytes, producer.Statistics.WaitingSends));
    }

    [Fact]
    public async Task Waiting_for_room_ends_with_an_error_that_says_so()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        fixture.Server.AddTopic("t");
        TaskCompletionSource gate = new();
        fixture.Server.BeforePublish = () => gate.Task;
        GoQueueProducer producer = fixture.Producer(SmallBuffer with { MaxBlock = TimeSpan.FromSeconds(5) });
        Task<DeliveryReport>[] accepted = [.. Enumerable.Range(0, 60).Select(_ => producer.SendAsync("t", new ProducerMessage(null, new byte[1000])).AsTask())];
        await Eventually.TrueAsync(() => producer.Statistics.BytesSent > 0, "the first batch is sent");

        Task<DeliveryReport> waits = producer.SendAsync("t", new ProducerMessage(null, new byte[20_000])).AsTask();
        await Eventually.TrueAsync(() => producer.Statistics.WaitingSends == 1, "the send waits");
        fixture.Time.Advance(TimeSpan.FromSeconds(6));
        GoQueueException late = await Assert.ThrowsAsync<GoQueueException>(() => waits);

        Assert.Equal(ErrorCode.Timeout, late.Code);
        Assert.Contains("the buffer of 65536 bytes stayed full within 5 s; the message was not sent", late.Message, StringComparison.Ordinal);
        gate.SetResult();
        await Task.WhenAll(accepted);
    }

    [Fact]
    public async Task A_token_takes_back_a_message_that_waits_and_not_one_that_was_accepted()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        TaskCompletionSource gate = new();
        fixture.Server.BeforePublish = () => gate.Task;
        GoQueueProducer producer = fixture.Producer(SmallBuffer);
        using CancellationTokenSource cancel = new();
        Task<DeliveryReport> accepted = producer.SendAsync("t", new ProducerMessage(null, new byte[60_000]), cancel.Token).AsTask();
        await Eventually.TrueAsync(() => producer.Statistics.BytesSent > 0, "it is sent");
        Task<DeliveryReport> waits = producer.SendAsync("t", new ProducerMessage(null, new byte[20_000]), cancel.Token).AsTask();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        gate.SetResult();
        Assert.Equal(0, (await accepted).Offset);
        await producer.FlushAsync();
        Assert.Single(stored[0].Values());
    }

    [Fact]
    public async Task The_number_of_waiting_sends_is_bounded()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        fixture.Server.AddTopic("t");
        TaskCompletionSource gate = new();
        fixture.Server.BeforePublish = () => gate.Task;
        GoQueueProducer producer = fixture.Producer(SmallBuffer with { MaxWaitingSends = 3 });
        List<Task<DeliveryReport>> accepted = [producer.SendAsync("t", new ProducerMessage(null, new byte[60_000])).AsTask()];
        await Eventually.TrueAsync(() => producer.Statistics.BytesSent > 0, "it is sent");
        for (int i = 0; i < 3; i++)
        {
            accepted.Add(producer.SendAsync("t", new ProducerMessage(null, new byte[20_000])).AsTask());
        }

        GoQueueException refused = await Assert.ThrowsAsync<GoQueueException>(async () => await producer.SendAsync("t", new ProducerMessage(null, new byte[20_000])));

        Assert.Equal(ErrorCode.Overloaded, refused.Code);
        gate.SetResult();
        await Task.WhenAll(accepted);
    }

    [Fact]
    public async Task A_message_without_an_answer_in_time_fails_and_says_that_the_outcome_is_unknown()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        fixture.Server.OnPublish = (number, _) => number == 0 ? new PublishPlan(PublishStep.Ignore) : PublishPlan.Store;
        GoQueueProducer producer = fixture.Producer(new ProducerOptions { Linger = TimeSpan.Zero, DeliveryTimeout = TimeSpan.FromSeconds(20) });
        Task<DeliveryReport> first = producer.SendAsync("t", ProducerMessage.OfText("k", "first")).AsTask();
        await Eventually.TrueAsync(() => fixture.Server.Publishes == 1, "it is sent");

        GoQueueException late = await FailsWithTime(fixture, first);

        Assert.Equal(ErrorCode.Timeout, late.Code);
        Assert.Contains("whether they are stored is not known", late.Message, StringComparison.Ordinal);
        Assert.Equal(["first"], stored[0].Values()); // it was
        Assert.Equal(1, (await producer.SendAsync("t", ProducerMessage.OfText("k", "second"))).Offset); // under a new epoch
        Assert.Equal([0, 1], stored[0].Headers().Select(header => (int)header.Epoch));
    }

    [Fact]
    public async Task A_message_that_never_left_fails_in_time_and_says_that_it_is_not_stored()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        fixture.Server.AddTopic("t");
        GoQueueProducer producer = fixture.Producer(new ProducerOptions { Linger = TimeSpan.Zero, DeliveryTimeout = TimeSpan.FromMinutes(2) });
        fixture.Server.OnCall = method => method == "InitProducer" ? ErrorCode.MetadataUnavailable : ErrorCode.None;

        Task<DeliveryReport> sent = producer.SendAsync("t", ProducerMessage.OfText("k", "v")).AsTask();
        await Eventually.TrueAsync(
            () =>
            {
                fixture.Time.Advance(TimeSpan.FromMilliseconds(10)); // little beside the delivery time-out, enough for the pause between tries
                return fixture.Server.Calls.Count(call => call == "InitProducer") >= 2;
            },
            "it asks again, so it has read the first refusal");
        GoQueueException late = await FailsWithTime(fixture, sent);

        Assert.Equal(ErrorCode.Timeout, late.Code);
        Assert.Contains("they are certainly not stored", late.Message, StringComparison.Ordinal);
        Assert.Contains("METADATA_UNAVAILABLE", late.Message, StringComparison.Ordinal);
        Assert.Equal(0, producer.Statistics.BufferedBytes);
    }

    [Fact]
    public async Task A_server_that_stays_silent_is_left_after_the_request_timeout_and_tried_again()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        fixture.Server.OnPublish = (number, _) => number == 0 ? new PublishPlan(PublishStep.Ignore) : PublishPlan.Store;
        GoQueueProducer producer = fixture.Producer(new ProducerOptions { Linger = TimeSpan.Zero });
        Task<DeliveryReport> sent = producer.SendAsync("t", ProducerMessage.OfText("k", "v")).AsTask();
        await Eventually.TrueAsync(() => fixture.Server.Publishes == 1, "it is sent");

        await Eventually.TrueAsync(
            () =>
            {
                fixture.Time.Advance(TimeSpan.FromSeconds(1));
                return sent.IsCompleted;
            },
            "the batch is sent over a new call");

        Assert.Equal(0, (await sent).Offset);
        Assert.Equal(["v"], stored[0].Values()); // the repeat was recognised
        Assert.Equal(2, fixture.Server.Publishes);
    }

    [Fact]
    public async Task Disposing_sends_what_is_there()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        ScriptedPartition[] stored = fixture.Server.AddTopic("t", partitions: 3);
        GoQueueProducer producer = fixture.Producer(new ProducerOptions { Linger = TimeSpan.FromMinutes(1) });
        Task<DeliveryReport>[] sent = [.. Enumerable.Range(0, 1000).Select(i => producer.SendAsync("t", ProducerMessage.OfText($"k{i}", "v")).AsTask())];

        await producer.DisposeAsync();

        await Task.WhenAll(sent);
        Assert.Equal(1000, stored.Sum(partition => partition.Values().Count));
        await Eventually.TrueAsync(() => fixture.Server.OpenStreams == 0, "the stream is closed");
        Assert.Equal((0, 1), (fixture.Server.OpenStreams, fixture.Server.OrderlyEnds));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await producer.SendAsync("t", ProducerMessage.OfText("k", "late")));
    }

    [Fact]
    public async Task Disposing_in_mid_flight_fails_what_is_left_and_leaks_nothing()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        fixture.Server.AddTopic("t", partitions: 3);
        fixture.Server.OnPublish = (number, _) => number > 2 ? new PublishPlan(PublishStep.Ignore) : PublishPlan.Store;
        GoQueueProducer producer = fixture.Producer(new ProducerOptions
        {
            BatchMessages = 10,
            Linger = TimeSpan.Zero,
            BufferBytes = 64 << 10,
            OnDelivery = (in BatchDelivery _) => { },
        });
        Task<DeliveryReport>[] sent = [.. Enumerable.Range(0, 1000).Select(i => producer.SendAsync("t", new ProducerMessage(null, new byte[1000])).AsTask())];
        await Eventually.TrueAsync(() => fixture.Server.Publishes > 3 && producer.Statistics.WaitingSends > 0, "batches are in flight and senders wait");

        Task disposal = producer.DisposeAsync().AsTask();
        await Eventually.TrueAsync(
            () =>
            {
                fixture.Time.Advance(TimeSpan.FromSeconds(31)); // the close time-out
                return disposal.IsCompleted;
            },
            "disposing ends");

        await disposal;
        await Task.WhenAll(sent).ContinueWith(_ => { }).WaitAsync(TimeSpan.FromMinutes(1)); // every sender is told
        Assert.Contains(sent, task => task.IsCompletedSuccessfully);
        Assert.Contains(sent, task => task.IsFaulted);
        Assert.Equal((0, 0, 0L), (producer.Context.Counters.HeldBuffers, producer.Context.Builders.Rented, producer.Context.Memory.Used));
        await Eventually.TrueAsync(() => fixture.Server.OpenStreams == 0, "its stream is closed");
    }

    [Fact]
    public void All_mistakes_in_options_are_named_at_once()
    {
        GoQueueClient client = GoQueueClient.Connect("localhost:1");

        ArgumentException mistakes = Assert.Throws<ArgumentException>(
            () => client.CreateProducer(new ProducerOptions { BatchBytes = 1, BatchMessages = 0, Acks = ProducerAcks.None, Idempotence = true, MaxInFlightPerPartition = 6 }));

        Assert.All(["BatchBytes", "BatchMessages", "Idempotence", "MaxInFlightPerPartition"], name => Assert.Contains(name, mistakes.Message, StringComparison.Ordinal));
        Assert.Throws<ArgumentException>(() => GoQueueClient.Connect("ftp://x"));
        Assert.Throws<ArgumentException>(() => GoQueueClient.Connect("http://x:9000/path"));
        Assert.Throws<ArgumentException>(() => client.CreateConsumer(new ConsumerOptions { Topic = "t", Partitions = [] }));
    }

    private static async Task<GoQueueException> FailsWithTime(ClientFixture fixture, Task sent)
    {
        await Eventually.TrueAsync(
            () =>
            {
                fixture.Time.Advance(TimeSpan.FromSeconds(1));
                return sent.IsCompleted;
            },
            "the message fails in time");
        return await Assert.ThrowsAsync<GoQueueException>(() => sent);
    }
}
