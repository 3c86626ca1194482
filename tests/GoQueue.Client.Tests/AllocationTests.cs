using GoQueue.Client.Tests.Fixtures;

namespace GoQueue.Client.Tests;

/// <summary>The hot paths allocate per batch, never per message. Allocations are counted per thread and exactly, so time plays no part.</summary>
public sealed class AllocationTests
{
    [Fact]
    public async Task Enqueueing_allocates_nothing_per_message()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        fixture.Server.AddTopic("t");
        GoQueueProducer producer = fixture.Producer(new ProducerOptions
        {
            BatchMessages = 100_000,
            BatchBytes = 1 << 20,
            Linger = TimeSpan.FromMinutes(1),
            OnDelivery = (in BatchDelivery _) => { },
        });
        ProducerMessage message = new(new byte[16], new byte[100]);
        for (int round = 0; round < 3; round++)
        {
            await producer.EnqueueAsync("t", message);
            EnqueueMany(producer, message, 3000); // the arrays grow to their size here
            await producer.FlushAsync();
        }

        await producer.EnqueueAsync("t", message); // opens the batch, which is what may allocate
        EnqueueMany(producer, message, 127); // and takes its first array of tags
        long allocated = EnqueueMany(producer, message, 2000);

        Assert.InRange(allocated, 0, 40_000); // larger arrays for the tags, should the pool have none; a single object per message would be 48,000
        Assert.Equal(0, EnqueueMany(producer, message, 40)); // 2168 tags fit the array that 2049 needed
    }

    [Fact]
    public async Task Walking_a_batch_allocates_nothing()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        fixture.Server.AddTopic("t");
        GoQueueProducer producer = fixture.Producer();
        await producer.SendBatchAsync("t", [.. Enumerable.Range(0, 1000).Select(i => ProducerMessage.OfText($"k{i}", $"v{i}"))]);
        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions { Topic = "t", StopAtEnd = true });

        int seen = 0;
        await foreach (MessageBatch batch in consumer.ReadBatchesAsync())
        {
            Walk(batch); // what the first call costs, such as code, is not counted
            (int count, long allocated) = Walk(batch);
            seen += count;
            Assert.Equal(0, allocated);
        }

        Assert.Equal(1000, seen);
    }

    private static long EnqueueMany(GoQueueProducer producer, in ProducerMessage message, int count)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < count; i++)
        {
            if (!producer.TryEnqueue("t", message, i))
            {
                throw new InvalidOperationException("there is room for all of this");
            }
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static (int Count, long Allocated) Walk(MessageBatch batch)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        int count = 0;
        int bytes = 0;
        foreach (MessageView message in batch)
        {
            count++;
            bytes += message.Key.Length + message.Value.Length;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(bytes > count);
        return (count, allocated);
    }
}
