using System.Buffers.Binary;
using GoQueue.Broker.Requests;
using GoQueue.Broker.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Broker.Tests;

public sealed class PublishingTests
{
    private static readonly ProducerId Producer = new(7);

    [Fact]
    public async Task A_published_batch_is_read_back_at_the_offset_of_its_receipt()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders");
        PublishReceipt first = await broker.PublishAsync(partition, Batches.Of("a", "b"));
        PublishReceipt second = await broker.PublishAsync(partition, Batches.Of("c"));
        Assert.Equal(new Offset(0), first.BaseOffset);
        Assert.Equal(new Offset(2), second.BaseOffset);
        Assert.Equal(Batches.Time, second.Timestamp);
        Assert.Equal(1, second.Replicas);
        Assert.True(second.Flushed);
        Assert.Equal(["0=a", "1=b", "2=c"], await broker.ReadAllAsync(partition));
    }

    [Fact]
    public async Task Everything_that_waits_becomes_one_group_with_one_flush()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders");
        await broker.PublishAsync(partition, Batches.Of("first")); // notes the leader epoch, once
        broker.Turns.Hold();
        List<Task<PublishReceipt>> answers = [.. Enumerable.Range(0, 10).Select(i => broker.PublishAsync(partition, Batches.Of($"m{i}")))];
        long flushesBefore = broker.Disk.Flushes;
        broker.Turns.Release();
        PublishReceipt[] receipts = await Task.WhenAll(answers);
        Assert.Equal(Enumerable.Range(1, 10).Select(i => new Offset(i)), receipts.Select(receipt => receipt.BaseOffset));
        Assert.Equal(1, broker.Disk.Flushes - flushesBefore);
    }

    [Fact]
    public async Task I1_an_exact_repeat_answers_the_original_offset_and_appends_nothing()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders");
        PublishReceipt first = await broker.PublishAsync(partition, Batches.From(Producer, 0, 0, "a", "b"));
        await broker.PublishAsync(partition, Batches.From(Producer, 0, 2, "c"));
        PublishReceipt repeat = await broker.PublishAsync(partition, Batches.From(Producer, 0, 0, "a", "b"));
        Assert.True(repeat.IsOk);
        Assert.Equal(first.BaseOffset, repeat.BaseOffset);
        Assert.Equal(["0=a", "1=b", "2=c"], await broker.ReadAllAsync(partition));
    }

    [Fact]
    public async Task I1_a_repeat_in_the_same_group_answers_the_same_offset()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders");
        broker.Turns.Hold();
        Task<PublishReceipt> first = broker.PublishAsync(partition, Batches.From(Producer, 0, 0, "a"));
        Task<PublishReceipt> repeat = broker.PublishAsync(partition, Batches.From(Producer, 0, 0, "a"));
        broker.Turns.Release();
        Assert.Equal((await first).BaseOffset, (await repeat).BaseOffset);
        Assert.Equal(["0=a"], await broker.ReadAllAsync(partition));
    }

    [Fact]
    public async Task I1_a_gap_is_refused_and_the_missing_batch_still_fits_afterwards()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders");
        await broker.PublishAsync(partition, Batches.From(Producer, 0, 0, "a"));
        Assert.Equal(ErrorCode.OutOfOrderSequence, (await broker.PublishAsync(partition, Batches.From(Producer, 0, 2, "c"))).Error.Code);
        Assert.Equal(new Offset(1), (await broker.PublishAsync(partition, Batches.From(Producer, 0, 1, "b"))).BaseOffset);
    }

    [Fact]
    public async Task I5_repeats_are_recognised_after_a_clean_restart()
    {
        await using TestBroker before = TestBroker.Open();
        TopicPartition partition = await before.CreateAsync("orders");
        await before.PublishAsync(partition, Batches.From(Producer, 0, 0, "a"));
        await before.PublishAsync(partition, Batches.From(Producer, 0, 1, "b"));
        await before.DisposeAsync();
        await using TestBroker after = TestBroker.Open(before.Disk);
        Assert.Equal(new Offset(1), (await after.PublishAsync(partition, Batches.From(Producer, 0, 1, "b"))).BaseOffset);
        Assert.Equal(new Offset(2), (await after.PublishAsync(partition, Batches.From(Producer, 0, 2, "c"))).BaseOffset);
        Assert.Equal(["0=a", "1=b", "2=c"], await after.ReadAllAsync(partition));
    }

    [Fact]
    public async Task Overload_is_refused_before_any_work_and_what_waits_is_served()
    {
        await using TestBroker broker = TestBroker.Open(configure: options => options with { MaxPendingBatchesPerPartition = 2 });
        TopicPartition partition = await broker.CreateAsync("orders");
        broker.Turns.Hold();
        Task<PublishReceipt> first = broker.PublishAsync(partition, Batches.Of("a"));
        Task<PublishReceipt> second = broker.PublishAsync(partition, Batches.Of("b"));
        PublishReceipt third = await broker.PublishAsync(partition, Batches.Of("c"));
        Assert.Equal(ErrorCode.Overloaded, third.Error.Code);
        Assert.True(ErrorCodes.IsRetriable(third.Error.Code));
        broker.Turns.Release();
        Assert.True((await first).IsOk && (await second).IsOk);
        Assert.True((await broker.PublishAsync(partition, Batches.Of("c"))).IsOk);
        Assert.Equal(["0=a", "1=b", "2=c"], await broker.ReadAllAsync(partition));
    }

    [Fact]
    public async Task Acks_none_is_answered_before_the_turn()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders");
        broker.Turns.Hold();
        PublishReceipt receipt = await broker.PublishAsync(partition, Batches.Of("a"), Acks.None);
        Assert.True(receipt.IsOk);
        Assert.True(receipt.BaseOffset.IsNone);
        broker.Turns.Release();
        Assert.Equal(["0=a"], await broker.ReadAllAsync(partition));
    }

    [Fact]
    public async Task A_batch_over_the_topic_limit_and_a_damaged_batch_are_refused()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders", new() { MaxMessageBytes = 1024 });
        PublishReceipt large = await broker.PublishAsync(partition, Batches.Of(new string('x', 2000)));
        Assert.Equal(ErrorCode.MessageTooLarge, large.Error.Code);
        SharedBuffer damaged = Batches.Of("a");
        damaged.Span[^1] ^= 1;
        Assert.Equal(ErrorCode.CorruptBatch, (await broker.PublishAsync(partition, damaged)).Error.Code);
        Assert.Empty(await broker.ReadAllAsync(partition));
    }

    [Fact]
    public async Task Records_that_no_reader_could_decode_are_refused_although_the_crc_is_right()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders");
        SharedBuffer batch = Batches.Of("a");
        batch.Span[RecordBatchLayout.HeaderSize] = 0x7E; // the length of the first record
        BinaryPrimitives.WriteUInt32BigEndian(batch.Span[RecordBatchLayout.Crc..], Crc32C.Compute(RecordBatchHeader.CrcCovered(batch.Span)));
        Assert.Equal(ErrorCode.CorruptBatch, (await broker.PublishAsync(partition, batch)).Error.Code);
        Assert.Empty(await broker.ReadAllAsync(partition));
    }

    [Fact]
    public async Task Unknown_topics_and_partitions_are_told_apart()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders");
        PublishReceipt noPartition = await broker.PublishAsync(partition with { Partition = new PartitionIndex(9) }, Batches.Of("a"));
        PublishReceipt noTopic = await broker.PublishAsync(partition with { Topic = new TopicId(new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)) }, Batches.Of("a"));
        Assert.Equal(ErrorCode.UnknownPartition, noPartition.Error.Code);
        Assert.Equal(ErrorCode.UnknownTopic, noTopic.Error.Code);
    }

    [Fact]
    public async Task Producer_ids_are_never_given_twice_also_over_a_restart()
    {
        await using TestBroker before = TestBroker.Open();
        long first = (await before.Producers.InitProducerAsync(CancellationToken.None)).Value.Id.Value;
        long second = (await before.Producers.InitProducerAsync(CancellationToken.None)).Value.Id.Value;
        await before.DisposeAsync();
        await using TestBroker after = TestBroker.Open(before.Disk);
        long third = (await after.Producers.InitProducerAsync(CancellationToken.None)).Value.Id.Value;
        Assert.Equal(3, new HashSet<long> { first, second, third }.Count);
    }
}
