using System.Collections.Concurrent;
using GoQueue.Client.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Testing;

namespace GoQueue.Client.Tests.Producing;

public sealed class BatchingTests
{
    [Fact]
    public async Task A_batch_is_sent_when_it_has_its_hundred_messages_however_long_it_lingers()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        GoQueueProducer producer = fixture.Producer(new ProducerOptions { BatchMessages = 100, Linger = TimeSpan.FromMilliseconds(50) });

        Task<IReadOnlyList<DeliveryReport>> sent = producer.SendBatchAsync("t", Messages(0, 250));
        await Eventually.TrueAsync(() => stored[0].End.Value == 200, "two full batches are stored");

        Assert.False(sent.IsCompleted);
        Assert.Equal([100, 100], stored[0].Headers().Select(header => header.Records));
        await Eventually.TrueAsync(
            () =>
            {
                fixture.Time.Advance(TimeSpan.FromMilliseconds(10)); // again if the loop had not set its timer yet
                return sent.IsCompleted;
            },
            "the rest follows when its time is over");
        Assert.Equal(Enumerable.Range(0, 250).Select(i => (long)i), (await sent).Select(report => report.Offset));
        Assert.Equal([100, 100, 50], stored[0].Headers().Select(header => header.Records));
    }

    [Fact]
    public async Task A_batch_is_sent_when_it_has_its_bytes_and_never_exceeds_them()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        GoQueueProducer producer = fixture.Producer(new ProducerOptions { BatchBytes = 4096, BatchMessages = 1000, Linger = TimeSpan.FromMinutes(1) });

        Task<IReadOnlyList<DeliveryReport>> sent = producer.SendBatchAsync("t", [.. Enumerable.Range(0, 40).Select(_ => new ProducerMessage(null, new byte[1000]))]);
        await Eventually.TrueAsync(() => stored[0].End.Value >= 36, "full batches are stored");
        await producer.FlushAsync();
        await sent;

        List<(int Records, PriorityLane Lane, int Bytes, short Epoch, CompressionCodec Codec)> headers = stored[0].Headers();
        Assert.All(headers, header => Assert.InRange(header.Bytes, 1, 4096));
        Assert.All(headers.SkipLast(1), header => Assert.Equal(3 + (4096 - 61 - 3030) / 1010, header.Records));
    }

    [Fact]
    public async Task A_larger_message_than_a_batch_travels_alone_and_in_its_place()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        ScriptedPartition[] stored = fixture.Server.AddTopic("t", maxMessageBytes: 100_000);
        GoQueueProducer producer = fixture.Producer(new ProducerOptions { BatchBytes = 4096, Linger = TimeSpan.FromMinutes(1) });

        Task<IReadOnlyList<DeliveryReport>> sent = producer.SendBatchAsync(
            "t", [ProducerMessage.OfText(null, "before"), new ProducerMessage(null, new byte[50_000]), ProducerMessage.OfText(null, "after")]);
        await Eventually.TrueAsync(() => stored[0].End.Value >= 2, "the large one is sent at once");
        await producer.FlushAsync();

        Assert.Equal([0, 1, 2], (await sent).Select(report => report.Offset));
        Assert.Equal([1, 1, 1], stored[0].Headers().Select(header => header.Records));
    }

    [Fact]
    public async Task A_message_that_the_topic_cannot_take_fails_at_once_and_says_the_limit()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        fixture.Server.AddTopic("t", maxMessageBytes: 10_000);
        GoQueueProducer producer = fixture.Producer();

        GoQueueException refusal = await Assert.ThrowsAsync<GoQueueException>(async () => await producer.SendAsync("t", new ProducerMessage(null, new byte[10_001])));

        Assert.Equal(ErrorCode.MessageTooLarge, refusal.Code);
        Assert.Contains("10000", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, producer.Statistics.BufferedBytes);
    }

    [Fact]
    public async Task Linger_zero_sends_at_once_and_batches_what_comes_while_the_connection_is_busy()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        GoQueueProducer producer = fixture.Producer(new ProducerOptions { Linger = TimeSpan.Zero });
        await producer.SendAsync("t", ProducerMessage.OfText(null, "warm")); // the clock stands still: nothing here waits for it
        TaskCompletionSource gate = new();
        fixture.Server.BeforePublish = () => gate.Task;

        Task<IReadOnlyList<DeliveryReport>> sent = producer.SendBatchAsync("t", Messages(0, 500));
        gate.SetResult();
        await sent;

        Assert.Equal(501, stored[0].End.Value);
        Assert.InRange(stored[0].BatchCount, 2, 60);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"v{i}").Prepend("warm"), stored[0].Values());
    }

    [Fact]
    public async Task Lanes_have_batches_of_their_own()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        GoQueueProducer producer = fixture.Producer();

        await producer.SendBatchAsync("t", [.. Enumerable.Range(0, 50).Select(i => ProducerMessage.OfText("k", $"v{i}") with { Priority = (PriorityLane)(i % 5) })]);

        Assert.Equal(50, stored[0].Headers().Sum(header => header.Records));
        Assert.Equal(5, stored[0].Headers().Select(header => header.Lane).Distinct().Count());
    }

    [Theory]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Snappy)]
    public async Task Compressed_batches_arrive_whole(CompressionCodec codec)
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        GoQueueProducer producer = fixture.Producer(new ProducerOptions { Compression = codec });

        await producer.SendBatchAsync("t", Messages(0, 100));

        Assert.Equal(codec, stored[0].Headers()[0].Codec);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"v{i}"), stored[0].Values());
    }

    [Fact]
    public async Task Enqueued_messages_come_back_with_their_tags_in_the_order_of_their_batch()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        ScriptedPartition[] stored = fixture.Server.AddTopic("t", partitions: 2);
        ConcurrentDictionary<long, (int Partition, long Offset)> delivered = new();
        GoQueueProducer producer = fixture.Producer(new ProducerOptions
        {
            OnDelivery = (in BatchDelivery batch) =>
            {
                for (int i = 0; i < batch.Count; i++)
                {
                    Assert.Null(batch.Error);
                    delivered[batch.Tags[i]] = (batch.Partition, batch.BaseOffset + i);
                }
            },
        });
        for (int i = 0; i < 1000; i++)
        {
            ProducerMessage message = ProducerMessage.OfText($"k{i}", $"v{i}");
            if (!producer.TryEnqueue("t", message, i))
            {
                await producer.EnqueueAsync("t", message, i);
            }
        }

        await producer.FlushAsync();

        Assert.Equal(1000, delivered.Count);
        List<string>[] values = [.. stored.Select(partition => partition.Values())];
        foreach ((long tag, (int partition, long offset)) in delivered)
        {
            Assert.Equal($"v{tag}", values[partition][(int)offset]);
        }
    }

    [Fact]
    public async Task A_callback_that_throws_does_not_stop_the_producer()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        fixture.Server.AddTopic("t");
        GoQueueProducer producer = fixture.Producer(new ProducerOptions { OnDelivery = (in BatchDelivery _) => throw new InvalidOperationException("mine") });

        Assert.Equal(0, (await producer.SendAsync("t", ProducerMessage.OfText(null, "a"))).Offset);
        Assert.Equal(1, (await producer.SendAsync("t", ProducerMessage.OfText(null, "b"))).Offset);
    }

    [Fact]
    public async Task Without_acknowledgements_the_offset_is_not_known()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        GoQueueProducer producer = fixture.Producer(new ProducerOptions { Acks = ProducerAcks.None });

        Assert.Equal(-1, (await producer.SendAsync("t", ProducerMessage.OfText(null, "a"))).Offset);
        Assert.Equal(["a"], stored[0].Values());
    }

    internal static ProducerMessage[] Messages(int from, int count, string? key = "k") =>
        [.. Enumerable.Range(from, count).Select(i => ProducerMessage.OfText(key, $"v{i}"))];
}
