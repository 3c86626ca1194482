using System.Diagnostics.Metrics;
using GoQueue.Broker.Requests;
using GoQueue.Broker.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Metadata.Topics;
using GoQueue.Storage.Directories;
using GoQueue.Testing;

namespace GoQueue.Broker.Tests;

public sealed class FailureTests
{
    private static readonly ProducerId Producer = new(7);

    [Fact]
    public async Task A_full_disk_refuses_stays_readable_and_recovers_without_a_restart()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders", new() { SegmentBytes = 1 << 20 });
        Assert.True((await broker.PublishAsync(partition, Batches.From(Producer, 0, 0, "a"))).IsOk);
        broker.Disk.Capacity = 0;
        PublishReceipt refused = await broker.PublishAsync(partition, Batches.From(Producer, 0, 1, new string('b', 200_000)));
        Assert.Equal(ErrorCode.DiskFull, refused.Error.Code);
        Assert.Equal(["0=a"], await broker.ReadAllAsync(partition));
        broker.Disk.Capacity = long.MaxValue;

        // The refused batch left no trace in the producer's sequence either.
        PublishReceipt again = await broker.PublishAsync(partition, Batches.From(Producer, 0, 1, "b"));
        Assert.Equal(new Offset(1), again.BaseOffset);
        Assert.Equal(["0=a", "1=b"], await broker.ReadAllAsync(partition));
    }

    /// <summary>The turn that fails closes the door behind itself: what came through it meanwhile is in the next turn, which must not end the process.</summary>
    [Fact]
    public async Task Batches_that_come_in_while_the_disk_fails_are_refused()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders");
        Assert.True((await broker.PublishAsync(partition, Batches.Of("a"))).IsOk);
        int thread = Environment.CurrentManagedThreadId; // turns run on the thread that asks
        Task<PublishReceipt>? during = null;
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "goqueue.storage.appended.bytes")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) =>
        {
            if (Environment.CurrentManagedThreadId == thread)
            {
                during ??= broker.PublishAsync(partition, Batches.Of("between the write and the flush"));
            }
        });
        listener.Start();
        broker.Disk.FailFlush = broker.Disk.Flushes + 1;
        Task<PublishReceipt> failing = broker.PublishAsync(partition, Batches.Of("b"));
        Assert.Equal(ErrorCode.OutcomeUnknown, (await failing.WaitAsync(TimeSpan.FromSeconds(30))).Error.Code);
        Assert.Equal(ErrorCode.StorageFailure, (await during!.WaitAsync(TimeSpan.FromSeconds(30))).Error.Code);
    }

    [Fact]
    public async Task A_partition_that_had_no_room_to_begin_opens_by_itself_when_there_is_some()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition sound = await broker.CreateAsync("orders");
        broker.Disk.Capacity = broker.Disk.Capacity - broker.Disk.Root.AvailableBytes;
        TopicPartition starved = await broker.CreateAsync("payments");
        Assert.Equal(ErrorCode.DiskFull, (await broker.PublishAsync(starved, Batches.Of("a"))).Error.Code);
        broker.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(ErrorCode.DiskFull, (await broker.PublishAsync(starved, Batches.Of("a"))).Error.Code);
        broker.Disk.Capacity = long.MaxValue;
        await Eventually.TrueAsync(
            async () =>
            {
                broker.Time.Advance(TimeSpan.FromMinutes(1));
                return (await broker.PublishAsync(starved, Batches.Of("a"))).IsOk;
            },
            "it opens");
        Assert.True((await broker.PublishAsync(sound, Batches.Of("a"))).IsOk);
    }

    /// <summary>
    /// Goal: a group that the disk takes only in part gives no duplicates. Method: the group crosses into a second segment, for which there is no
    /// room; what was refused is repeated.
    /// </summary>
    [Fact]
    public async Task I1_a_group_written_in_part_answers_the_written_part_and_takes_the_repeats_of_the_rest_once()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders", new() { SegmentBytes = 1 << 20 });
        string[] values = [.. Enumerable.Range(0, 4).Select(i => new string((char)('a' + i), 400_000))];
        broker.Turns.Hold();
        Task<PublishReceipt>[] answers = [.. values.Select((value, i) => broker.PublishAsync(partition, Batches.From(Producer, 0, i, value)))];
        broker.Disk.Capacity = 1L << 40;
        broker.Disk.Capacity += 950_000 - broker.Disk.Root.AvailableBytes; // room for two of them
        broker.Turns.Release();
        PublishReceipt[] receipts = await Task.WhenAll(answers);
        broker.Disk.Capacity = long.MaxValue;
        Assert.Equal([ErrorCode.None, ErrorCode.None, ErrorCode.DiskFull, ErrorCode.DiskFull], receipts.Select(receipt => receipt.Error.Code));
        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal(new Offset(i), (await broker.PublishAsync(partition, Batches.From(Producer, 0, i, values[i]))).BaseOffset);
        }

        Assert.Equal(values.Select((value, i) => $"{i}={value}"), await broker.ReadAllAsync(partition));
    }

    [Fact]
    public async Task A_failed_flush_stops_the_partition_says_so_and_recovers_through_a_restart()
    {
        TestBroker before = TestBroker.Open();
        TopicPartition partition = await before.CreateAsync("orders");
        Assert.True((await before.PublishAsync(partition, Batches.Of("a"))).IsOk);
        before.Disk.FailFlush = before.Disk.Flushes + 1;
        PublishReceipt failed = await before.PublishAsync(partition, Batches.Of("b"));
        Assert.Equal(ErrorCode.OutcomeUnknown, failed.Error.Code);
        PublishReceipt later = await before.PublishAsync(partition, Batches.Of("c"));
        Assert.Equal(ErrorCode.StorageFailure, later.Error.Code);
        Assert.Contains("restart", later.Error.Detail, StringComparison.Ordinal);
        await before.DisposeAsync();

        await using TestBroker after = TestBroker.Open(before.Disk);
        List<string> records = await after.ReadAllAsync(partition);
        Assert.Equal("0=a", records[0]);
        Assert.True((await after.PublishAsync(partition, Batches.Of("d"))).IsOk);
    }

    [Fact]
    public async Task A_failed_flush_of_one_partition_leaves_the_others_serving()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition broken = await broker.CreateAsync("orders");
        TopicPartition sound = await broker.CreateAsync("payments");
        await broker.PublishAsync(broken, Batches.Of("a"));
        broker.Disk.FailFlush = broker.Disk.Flushes + 1;
        Assert.False((await broker.PublishAsync(broken, Batches.Of("b"))).IsOk);
        Assert.True((await broker.PublishAsync(sound, Batches.Of("a"))).IsOk);
    }

    /// <summary>
    /// Goal: what was acknowledged survives any power loss, once and in order, and retries of what was not acknowledged give no duplicates.
    /// Method: the power goes at every operation of a publish workload, in three manners; the producer then repeats from its last
    /// acknowledged batch on, as a client does.
    /// </summary>
    [Theory]
    [InlineData(CrashMode.KeepAll)]
    [InlineData(CrashMode.DropUnflushed)]
    [InlineData(CrashMode.Tear)]
    public async Task I5_acknowledged_batches_survive_power_loss_at_every_operation_without_duplicates(CrashMode mode)
    {
        const int Count = 12;
        for (int cut = 1; cut <= 60; cut++)
        {
            VirtualDisk disk = new(cut);
            TestBroker before = TestBroker.Open(disk);
            TopicPartition partition = await before.CreateAsync("orders");
            disk.CrashAtOperation = disk.Operations + cut;
            int acknowledged = 0;
            for (int i = 0; i < Count && acknowledged == i; i++)
            {
                PublishReceipt receipt = await before.PublishAsync(partition, Batches.From(Producer, 0, i, $"m{i}"));
                acknowledged += receipt.IsOk ? 1 : 0;
            }

            disk.Crash(mode);
            await using TestBroker after = TestBroker.Open(disk);
            List<string> kept = await after.ReadAllAsync(partition);
            Assert.Equal(Enumerable.Range(0, acknowledged).Select(i => $"{i}=m{i}"), kept.Take(acknowledged));
            for (int i = acknowledged; i < Count; i++)
            {
                Assert.Equal(new Offset(i), (await after.PublishAsync(partition, Batches.From(Producer, 0, i, $"m{i}"))).BaseOffset);
            }

            Assert.Equal(Enumerable.Range(0, Count).Select(i => $"{i}=m{i}"), await after.ReadAllAsync(partition));
        }
    }

    [Fact]
    public async Task Interval_flushing_acknowledges_first_and_flushes_when_the_interval_is_over()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders", new() { FlushMode = TopicFlushMode.Interval, FlushIntervalMillis = 1000 });
        await broker.PublishAsync(partition, Batches.Of("a"));
        long before = broker.Disk.Flushes;
        PublishReceipt receipt = await broker.PublishAsync(partition, Batches.Of("b"));
        Assert.True(receipt.IsOk);
        Assert.False(receipt.Flushed);
        Assert.Equal(before, broker.Disk.Flushes);
        broker.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(broker.Disk.Flushes > before);
    }
}
