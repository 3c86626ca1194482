using System.Text;
using GoQueue.Client.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Testing;

namespace GoQueue.Client.Tests.Consuming;

public sealed class ConsumerTests
{
    private static readonly CompressionCodec[] Codecs = [CompressionCodec.None, CompressionCodec.Gzip, CompressionCodec.Snappy];

    [Fact]
    public async Task It_reads_every_message_of_every_partition_in_order_and_stops_at_the_end()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t", partitions: 3);
        for (int i = 0; i < 300; i++)
        {
            stored[i % 3].Append(Batch(5, $"{i % 3}:{i / 3}", Codecs[i % Codecs.Length]), 1 << 20);
        }

        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions { Topic = "t", StopAtEnd = true, MaxResponseBytes = 1024 });
        List<ConsumedMessage> messages = await AllAsync(consumer.ReadAsync());

        Assert.Equal(1500, messages.Count);
        foreach (IGrouping<int, ConsumedMessage> partition in messages.GroupBy(message => message.Partition))
        {
            Assert.Equal(Enumerable.Range(0, 500).Select(i => (long)i), partition.Select(message => message.Offset));
            Assert.Equal(stored[partition.Key].Values(), partition.Select(message => message.ValueText));
        }

        Assert.All(consumer.Progress, progress => Assert.Equal((500L, 500L), (progress.Position, progress.HighWatermark)));
        Assert.Equal(0, consumer.Context.Budget.Used);
    }

    [Fact]
    public async Task It_follows_new_messages()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        stored[0].Append(Batch(3, "old"), 1 << 20);
        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions { Topic = "t", Start = StartPosition.Latest });
        await using IAsyncEnumerator<ConsumedMessage> messages = consumer.ReadAsync().GetAsyncEnumerator();

        ValueTask<bool> next = messages.MoveNextAsync();
        await Eventually.TrueAsync(() => fixture.Server.Subscriptions == 1, "it has subscribed");
        stored[0].Append(Batch(1, "new"), 1 << 20);

        Assert.True(await next);
        Assert.Equal((3L, "new:0"), (messages.Current.Offset, messages.Current.ValueText));
    }

    [Fact]
    public async Task Key_value_headers_priority_and_time_come_back_as_they_were_sent()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        fixture.Server.AddTopic("t");
        GoQueueProducer producer = fixture.Producer();
        DateTimeOffset time = new(2020, 2, 3, 4, 5, 6, 789, TimeSpan.Zero);
        await producer.SendAsync("t", ProducerMessage.OfText("key", "värde") with
        {
            Headers = new[] { RecordHeader.OfText("a", "1"), new RecordHeader("a", default, ValueIsNull: true), new RecordHeader("empty", default) },
            Priority = PriorityLane.High,
            Timestamp = time,
        });
        await producer.SendAsync("t", ProducerMessage.OfText(null, null));
        await producer.SendAsync("t", ProducerMessage.OfText("", ""));

        List<ConsumedMessage> messages = await AllAsync(fixture.Consumer(new ConsumerOptions { Topic = "t", StopAtEnd = true }).ReadAsync());

        Assert.Equal(("key", "värde", PriorityLane.High, time), (messages[0].KeyText, messages[0].ValueText, messages[0].Priority, messages[0].Timestamp));
        Assert.Equal(["a", "a", "empty"], messages[0].Headers.Select(header => header.Key));
        Assert.Equal([false, true, false], messages[0].Headers.Select(header => header.ValueIsNull));
        Assert.Equal((null, null), (messages[1].Key, messages[1].Value));
        Assert.Equal(([], []), (messages[2].Key!, messages[2].Value!));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(14)]
    [InlineData(20)]
    public async Task It_starts_at_an_offset_even_in_the_middle_of_a_batch(long offset)
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        for (int i = 0; i < 4; i++)
        {
            stored[0].Append(Batch(5, "v"), 1 << 20);
        }

        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions { Topic = "t", Start = StartPosition.AtOffset(offset), StopAtEnd = true });

        Assert.Equal(Enumerable.Range((int)offset, 20 - (int)offset).Select(i => (long)i), (await AllAsync(consumer.ReadAsync())).Select(message => message.Offset));
    }

    [Fact]
    public async Task It_starts_at_a_time()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        for (int i = 0; i < 10; i++)
        {
            stored[0].Append(Batch(1, $"v{i}", at: 1000 + (i * 10)), 1 << 20);
        }

        GoQueueConsumer middle = fixture.Consumer(new ConsumerOptions { Topic = "t", Start = StartPosition.AtTime(DateTimeOffset.FromUnixTimeMilliseconds(1045)), StopAtEnd = true });
        GoQueueConsumer beyond = fixture.Consumer(new ConsumerOptions { Topic = "t", Start = StartPosition.AtTime(DateTimeOffset.FromUnixTimeMilliseconds(9999)), StopAtEnd = true });

        Assert.Equal([5, 6, 7, 8, 9], (await AllAsync(middle.ReadAsync())).Select(message => message.Offset));
        Assert.Empty(await AllAsync(beyond.ReadAsync()));
    }

    [Fact]
    public async Task Broker_records_expired_messages_and_compaction_gaps_are_passed_over()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        long now = fixture.Time.GetUtcNow().ToUnixTimeMilliseconds();
        stored[0].AppendRaw(Batch(1, "a", at: now));
        stored[0].AppendRaw(ControlBatch());
        stored[0].AppendRaw(Batch(1, "expired", at: now - 1000, ttl: 1000));
        stored[0].AppendRaw(Batch(1, "alive", at: now - 1000, ttl: 1001));
        stored[0].AppendRaw(ControlBatch());

        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions { Topic = "t", StopAtEnd = true });
        List<ConsumedMessage> messages = await AllAsync(consumer.ReadAsync());

        Assert.Equal([(0L, "a:0"), (3L, "alive:0")], messages.Select(message => (message.Offset, message.ValueText!)));
        Assert.Equal(5, consumer.PositionOf(0));
    }

    [Fact]
    public async Task A_broken_connection_neither_repeats_nor_skips()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t", partitions: 2);
        for (int i = 0; i < 200; i++)
        {
            stored[i % 2].Append(Batch(10, $"v{i}"), 1 << 20);
        }

        fixture.Server.CutSubscription = (subscription, response) => subscription < 20 && response == subscription % 3;
        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions { Topic = "t", StopAtEnd = true, MaxResponseBytes = 1024 });
        List<ConsumedMessage> messages = await AllAsync(consumer.ReadAsync());

        Assert.True(fixture.Server.Subscriptions > 10);
        foreach (IGrouping<int, ConsumedMessage> partition in messages.GroupBy(message => message.Partition))
        {
            Assert.Equal(Enumerable.Range(0, 1000).Select(i => (long)i), partition.Select(message => message.Offset));
            Assert.Equal(stored[partition.Key].Values(), partition.Select(message => message.ValueText));
        }
    }

    [Fact]
    public async Task A_latest_reader_whose_connection_breaks_before_the_first_message_misses_nothing()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        stored[0].Append(Batch(5, "old"), 1 << 20);
        bool refuse = true;
        fixture.Server.OnCall = method => method == "Subscribe" && Volatile.Read(ref refuse) ? ErrorCode.ShuttingDown : ErrorCode.None;
        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions { Topic = "t", Start = StartPosition.Latest });
        await using IAsyncEnumerator<ConsumedMessage> messages = consumer.ReadAsync().GetAsyncEnumerator();
        Task<bool> next = messages.MoveNextAsync().AsTask();
        await Eventually.TrueAsync(() => fixture.Server.Subscriptions > 0, "it was refused");

        stored[0].Append(Batch(1, "meanwhile"), 1 << 20);
        Volatile.Write(ref refuse, false);
        await Eventually.TrueAsync(
            () =>
            {
                fixture.Time.Advance(TimeSpan.FromMilliseconds(5));
                return next.IsCompleted;
            },
            "it reads");

        Assert.Equal("meanwhile:0", messages.Current.ValueText);
    }

    [Fact]
    public async Task Reading_ahead_is_bounded_and_goes_on_when_the_reader_does()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t", partitions: 4);
        for (int i = 0; i < 800; i++)
        {
            stored[i % 4].Append(Batch(1, new string('x', 10_000)), 1 << 20);
        }

        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions { Topic = "t", StopAtEnd = true, PrefetchBytes = 64 << 10, MaxResponseBytes = 20_000 });
        int count = 0;
        await foreach (MessageBatch batch in consumer.ReadBatchesAsync())
        {
            Assert.InRange(consumer.Context.Budget.Used, 1, 64 << 10);
            foreach (MessageView message in batch)
            {
                Assert.Equal(10_002, message.Value.Length);
                count++;
            }
        }

        Assert.Equal(800, count);
        Assert.Equal(0, consumer.Context.Budget.Used);
    }

    [Fact]
    public async Task A_seek_moves_on_from_the_next_message()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        for (int i = 0; i < 10; i++)
        {
            stored[0].Append(Batch(10, "v"), 1 << 20);
        }

        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions { Topic = "t", StopAtEnd = true });
        List<long> seen = [];
        await foreach (ConsumedMessage message in consumer.ReadAsync())
        {
            seen.Add(message.Offset);
            if (seen.Count == 5)
            {
                consumer.Seek(0, 97);
            }
        }

        Assert.Equal([0, 1, 2, 3, 4, 97, 98, 99], seen);
        consumer.Seek(0, 98);
        Assert.Equal([98, 99], (await AllAsync(consumer.ReadAsync())).Select(message => message.Offset));
    }

    [Fact]
    public async Task A_reader_that_stops_in_the_middle_goes_on_there()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        stored[0].Append(Batch(100, "v"), 1 << 20);
        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions { Topic = "t", StopAtEnd = true });
        List<long> seen = [];
        while (seen.Count < 100)
        {
            await foreach (ConsumedMessage message in consumer.ReadAsync())
            {
                seen.Add(message.Offset);
                if (seen.Count % 30 == 0)
                {
                    break;
                }
            }
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(i => (long)i), seen);
    }

    [Fact]
    public async Task Beyond_the_log_it_fails_and_says_so_unless_told_otherwise()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        for (int i = 0; i < 10; i++)
        {
            stored[0].Append(Batch(10, "v"), 1 << 20);
        }

        stored[0].DeleteBefore(50);
        GoQueueConsumer strict = fixture.Consumer(new ConsumerOptions { Topic = "t", Start = StartPosition.AtOffset(10), StopAtEnd = true });
        GoQueueException refusal = await Assert.ThrowsAsync<GoQueueException>(() => AllAsync(strict.ReadAsync()));
        Assert.Equal(ErrorCode.OffsetOutOfRange, refusal.Code);
        strict.Seek(0, 95);
        Assert.Equal(5, (await AllAsync(strict.ReadAsync())).Count);

        List<OffsetReset> resets = [];
        ConsumerOptions lenient = new() { Topic = "t", Start = StartPosition.AtOffset(10), StopAtEnd = true, OnReset = resets.Add };
        Assert.Equal(50, (await AllAsync(fixture.Consumer(lenient with { OnOutOfRange = OffsetResetPolicy.Earliest }).ReadAsync())).Count);
        Assert.Empty(await AllAsync(fixture.Consumer(lenient with { OnOutOfRange = OffsetResetPolicy.Latest }).ReadAsync()));
        Assert.Equal([new OffsetReset("t", 0, 10, 50), new OffsetReset("t", 0, 10, 100)], resets);
    }

    [Fact]
    public async Task A_damaged_batch_is_an_error_not_a_gap()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        stored[0].Append(Batch(3, "good"), 1 << 20);
        byte[] damaged = Batch(3, "bad");
        damaged[^1] ^= 1;
        stored[0].AppendRaw(damaged);
        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions { Topic = "t", StopAtEnd = true, MaxResponseBytes = 1024 });

        GoQueueException error = await Assert.ThrowsAsync<GoQueueException>(() => AllAsync(consumer.ReadAsync()));

        Assert.Equal(ErrorCode.CorruptBatch, error.Code);
        Assert.Contains("offset 3 of partition 0 of topic 't'", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, consumer.Context.Budget.Used);
    }

    [Fact]
    public async Task A_compressed_batch_beyond_the_limit_is_refused()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        stored[0].Append(Batch(1, new string('a', 200_000), CompressionCodec.Gzip), 1 << 20);
        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions { Topic = "t", StopAtEnd = true, MaxDecompressedBytes = 64 << 10 });

        GoQueueException error = await Assert.ThrowsAsync<GoQueueException>(() => AllAsync(consumer.ReadAsync()));

        Assert.Equal(ErrorCode.DecompressionTooLarge, error.Code);
    }

    [Fact]
    public async Task An_unknown_topic_or_partition_fails()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        fixture.Server.AddTopic("t");

        GoQueueException topic = await Assert.ThrowsAsync<GoQueueException>(() => AllAsync(fixture.Consumer(new ConsumerOptions { Topic = "none" }).ReadAsync()));
        GoQueueException partition = await Assert.ThrowsAsync<GoQueueException>(
            () => AllAsync(fixture.Consumer(new ConsumerOptions { Topic = "t", Partitions = [5] }).ReadAsync()));

        Assert.Equal((ErrorCode.UnknownTopic, ErrorCode.UnknownPartition), (topic.Code, partition.Code));
    }

    [Fact]
    public async Task Cancelling_and_disposing_end_an_enumeration_and_leak_nothing()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t", partitions: 2);
        for (int i = 0; i < 100; i++)
        {
            stored[i % 2].Append(Batch(10, "v"), 1 << 20);
        }

        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions { Topic = "t", MaxResponseBytes = 1024 });
        using CancellationTokenSource cancel = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (MessageBatch batch in consumer.ReadBatchesAsync(cancel.Token))
            {
                await cancel.CancelAsync();
                await Eventually.TrueAsync(() => consumer.Context.Budget.Used > batch.Bytes * 3, "it has read ahead");
                cancel.Token.ThrowIfCancellationRequested();
            }
        });

        Assert.True(consumer.Context.Budget.Used > 0);
        IAsyncEnumerator<MessageBatch> second = consumer.ReadBatchesAsync().GetAsyncEnumerator();
        Assert.True(await second.MoveNextAsync());
        Assert.Throws<InvalidOperationException>(() => { consumer.ReadAsync().GetAsyncEnumerator().MoveNextAsync().AsTask().GetAwaiter().GetResult(); });
        await consumer.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
        {
            while (await second.MoveNextAsync())
            {
            }
        });
        Assert.Equal(0, consumer.Context.Budget.Used);
    }

    private static async Task<List<ConsumedMessage>> AllAsync(IAsyncEnumerable<ConsumedMessage> messages)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        List<ConsumedMessage> all = [];
        await foreach (ConsumedMessage message in messages.WithCancellation(patience.Token))
        {
            all.Add(message);
        }

        return all;
    }

    private static byte[] Batch(int records, string value, CompressionCodec codec = CompressionCodec.None, long at = 1, long? ttl = null)
    {
        using RecordBatchBuilder builder = new();
        builder.Reset(codec: codec);
        RecordHeader[] headers = ttl is null ? [] : [RecordHeader.OfText(RecordTtl.HeaderName, ttl.Value.ToString())];
        for (int i = 0; i < records; i++)
        {
            Assert.True(builder.TryAppend(new UnixMillis(at), [], true, Encoding.UTF8.GetBytes($"{value}:{i}"), false, headers, 1 << 20));
        }

        using SharedBuffer built = builder.Build();
        return built.Span.ToArray();
    }

    private static byte[] ControlBatch()
    {
        using RecordBatchBuilder builder = new();
        builder.Reset(isControl: true);
        Assert.True(builder.TryAppend(new UnixMillis(1), [0, 0, 0, 1], [], 1 << 20));
        using SharedBuffer built = builder.Build();
        return built.Span.ToArray();
    }
}
