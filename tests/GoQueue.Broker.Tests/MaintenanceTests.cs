using GoQueue.Broker.Requests;
using GoQueue.Broker.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Metadata.Topics;
using GoQueue.Storage.Directories;
using GoQueue.Testing;

namespace GoQueue.Broker.Tests;

public sealed class MaintenanceTests
{
    [Fact]
    public async Task Retention_by_size_moves_the_start_in_the_background()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders", new() { SegmentBytes = 1 << 20, RetentionBytes = 1 << 20, RetentionMillis = -1 });
        for (int i = 0; i < 40; i++)
        {
            await broker.PublishAsync(partition, Batches.Of(new string('x', 100_000)));
        }

        broker.Time.Advance(TimeSpan.FromMinutes(2));
        await Eventually.TrueAsync(async () => (await broker.OffsetsAsync(partition)).LogStart > Offset.Zero, "retention moved the start");
        PartitionOffsets offsets = await broker.OffsetsAsync(partition);
        Assert.Equal(new Offset(40), offsets.HighWatermark);
        Assert.Equal((int)(offsets.HighWatermark - offsets.LogStart), (await broker.ReadAllAsync(partition, offsets.LogStart.Value)).Count);
    }

    [Fact]
    public async Task Retention_by_time_uses_the_time_of_the_records()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders", new() { RetentionMillis = 1000 });
        await broker.PublishAsync(partition, Batches.Of("a")); // records of 2023, the clock says 2026
        broker.Time.Advance(TimeSpan.FromMinutes(2));
        await Eventually.TrueAsync(async () => (await broker.OffsetsAsync(partition)).LogStart == new Offset(1), "everything expired");
        Assert.Equal(new Offset(1), (await broker.PublishAsync(partition, Batches.Of("b"))).BaseOffset);
    }

    /// <summary>
    /// Goal (seed lone-16): a repeat is recognised although retention has taken the batch and the power went right after. Method: no roll ever wrote a snapshot, so what is left
    /// of the log says nothing of the producer. The end that is known to be committed outlives it too.
    /// </summary>
    [Fact]
    public async Task I5_retention_takes_no_record_whose_producer_a_restart_would_forget()
    {
        VirtualDisk disk = new();
        TestBroker before = TestBroker.Open(disk);
        TopicPartition partition = await before.CreateAsync("orders", new() { RetentionMillis = 1000 });
        Assert.True((await before.PublishAsync(partition, Batches.From(new ProducerId(7), 0, 0, "a"))).IsOk);
        before.Time.Advance(TimeSpan.FromMinutes(2));
        await Eventually.TrueAsync(async () => (await before.OffsetsAsync(partition)).LogStart == new Offset(1), "everything expired");
        disk.Crash(CrashMode.DropUnflushed);
        await using TestBroker after = TestBroker.Open(disk);
        PublishReceipt repeat = await after.PublishAsync(partition, Batches.From(new ProducerId(7), 0, 0, "a"));
        Assert.Equal((ErrorCode.None, new Offset(0)), (repeat.Error.Code, repeat.BaseOffset));
        Assert.Equal(new Offset(1), (await after.OffsetsAsync(partition)).HighWatermark);
    }

    [Fact]
    public async Task I3_idle_producers_are_forgotten_and_may_go_on_with_any_sequence()
    {
        await using TestBroker broker = TestBroker.Open(configure: options => options with { ProducerIdle = TimeSpan.FromMinutes(1) });
        TopicPartition partition = await broker.CreateAsync("orders", new() { RetentionMillis = -1 });
        await broker.PublishAsync(partition, Batches.From(new ProducerId(7), 0, 0, "a"));
        Assert.Equal(ErrorCode.OutOfOrderSequence, (await broker.PublishAsync(partition, Batches.From(new ProducerId(7), 0, 5, "b"))).Error.Code);
        broker.Time.Advance(TimeSpan.FromMinutes(5));
        await Eventually.TrueAsync(async () => (await broker.PublishAsync(partition, Batches.From(new ProducerId(7), 0, 5, "b"))).IsOk, "the round of maintenance forgot the producer");
    }

    [Fact]
    public async Task X2_a_compacted_topic_keeps_the_last_value_of_every_key_at_its_offset()
    {
        await using TestBroker broker = TestBroker.Open(configure: options => options with { TailCacheBytesPerPartition = 0 });
        TopicPartition partition = await broker.CreateAsync("orders", new() { SegmentBytes = 1 << 20, CleanupPolicy = CleanupPolicy.Compact });
        for (int i = 0; i < 30; i++)
        {
            await broker.PublishAsync(partition, Batches.Of($"{i}{new string('x', 100_000)}")); // all under one key
        }

        await Eventually.TrueAsync(
            async () =>
            {
                broker.Time.Advance(TimeSpan.FromMinutes(1));
                return (await broker.ReadAllAsync(partition)).Count < 30;
            },
            "superseded records are gone");
        List<string> records = await broker.ReadAllAsync(partition);
        Assert.InRange(records.Count, 1, 15); // the active segment stays as it is
        Assert.StartsWith("29=29x", records[^1], StringComparison.Ordinal);
        Assert.All(records, record => Assert.StartsWith(record.Split('=')[0], record.Split('=')[1], StringComparison.Ordinal));
        Assert.Equal(new Offset(30), (await broker.PublishAsync(partition, Batches.Of("next"))).BaseOffset);
    }

    /// <summary>Goal: the rounds come to the other partitions. Method: the log fails while a compacted file waits for its swap, which no turn of that partition does any more.</summary>
    [Fact]
    public async Task A_log_that_fails_while_it_is_compacted_does_not_hold_up_the_rounds()
    {
        await using TestBroker broker = TestBroker.Open(configure: options => options with { CompactionBytesPerSecond = 1024 }); // rests for a quarter of an hour before the swap
        TopicPartition compacted = await broker.CreateAsync("orders", new() { SegmentBytes = 1 << 20, CleanupPolicy = CleanupPolicy.Compact });
        TopicPartition other = await broker.CreateAsync("payments", new() { RetentionMillis = 1000 });
        for (int i = 0; i < 30; i++)
        {
            await broker.PublishAsync(compacted, Batches.Of($"{i}{new string('x', 100_000)}"));
        }

        await Eventually.TrueAsync(
            () =>
            {
                broker.Time.Advance(TimeSpan.FromMinutes(1));
                return Task.FromResult(IsBeingCompacted(broker.Disk.Root.Subdirectory("partitions")));
            },
            "a compacted file is being written");
        broker.Disk.FailFlush = broker.Disk.Flushes + 1;
        Assert.Equal(ErrorCode.OutcomeUnknown, (await broker.PublishAsync(compacted, Batches.Of("a"))).Error.Code);
        await broker.PublishAsync(other, Batches.Of("a"));
        await Eventually.TrueAsync(
            async () =>
            {
                broker.Time.Advance(TimeSpan.FromMinutes(20));
                return (await broker.OffsetsAsync(other)).LogStart == new Offset(1);
            },
            "the record of the other topic expired");
    }

    private static bool IsBeingCompacted(ILogDirectory partitions) =>
        partitions.List().Any(partition => partitions.Subdirectory(partition.Name).List().Any(file => file.Name.EndsWith(".cleaned", StringComparison.Ordinal)));
}
