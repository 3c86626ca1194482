using GoQueue.Broker.Requests;
using GoQueue.Broker.Tests.Fixtures;
using GoQueue.Core;

namespace GoQueue.Broker.Tests;

public sealed class ReadingTests
{
    [Fact]
    public async Task A_reader_at_the_end_is_woken_by_the_next_commit()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders");
        Task<FetchResult> reading = broker.Partitions
            .FetchAsync(new FetchRequest(partition, Offset.Zero, 1 << 20, TimeSpan.FromHours(1)), CancellationToken.None).AsTask();
        Assert.False(reading.IsCompleted);
        await broker.PublishAsync(partition, Batches.Of("a"));
        using FetchResult result = await reading;
        Assert.Equal(["0=a"], Batches.Read(result.Slices));
    }

    [Fact]
    public async Task A_reader_at_the_end_gets_nothing_when_its_time_is_over()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders");
        Task<FetchResult> reading = broker.Partitions
            .FetchAsync(new FetchRequest(partition, Offset.Zero, 1 << 20, TimeSpan.FromSeconds(5)), CancellationToken.None).AsTask();
        broker.Time.Advance(TimeSpan.FromSeconds(6));
        using FetchResult result = await reading;
        Assert.True(result.IsOk);
        Assert.Empty(result.Slices);
        Assert.Equal(Offset.Zero, result.NextOffset);
    }

    [Fact]
    public async Task R1_what_is_not_committed_is_not_read()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders");
        broker.Turns.Hold();
        Task<PublishReceipt> answer = broker.PublishAsync(partition, Batches.Of("a"));
        Assert.Empty(await broker.ReadAllAsync(partition));
        broker.Turns.Release();
        await answer;
        Assert.Equal(["0=a"], await broker.ReadAllAsync(partition));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public async Task Offsets_outside_the_log_are_refused_with_the_valid_range(long offset)
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders");
        await broker.PublishAsync(partition, Batches.Of("a"));
        using FetchResult result = await broker.Partitions.FetchAsync(
            new FetchRequest(partition, new Offset(offset), 1 << 20, TimeSpan.FromHours(1)), CancellationToken.None);
        Assert.Equal(ErrorCode.OffsetOutOfRange, result.Error.Code);
        Assert.Contains("[0, 1]", result.Error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task X1_the_offset_for_a_time_is_the_first_at_or_after_it()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders");
        await broker.PublishAsync(partition, Batches.Of("a"));
        Result<Offset> at = await broker.Partitions.OffsetForTimeAsync(partition, Batches.Time, CancellationToken.None);
        Result<Offset> after = await broker.Partitions.OffsetForTimeAsync(partition, new UnixMillis(Batches.Time.Value + 1), CancellationToken.None);
        Assert.Equal(Offset.Zero, at.Value);
        Assert.True(after.Value.IsNone);
    }

    [Fact]
    public async Task Cancelling_a_waiting_reader_leaves_no_waiter()
    {
        await using TestBroker broker = TestBroker.Open();
        TopicPartition partition = await broker.CreateAsync("orders");
        using CancellationTokenSource cancel = new();
        Task<FetchResult> reading = broker.Partitions
            .FetchAsync(new FetchRequest(partition, Offset.Zero, 1 << 20, TimeSpan.FromHours(1)), cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.True((await broker.PublishAsync(partition, Batches.Of("a"))).IsOk);
    }
}
