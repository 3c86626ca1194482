using GoQueue.Client.Tests.Fixtures;
using GoQueue.Core;

namespace GoQueue.Client.Tests;

public sealed class AdminTests
{
    [Fact]
    public async Task Topics_are_created_listed_described_altered_and_deleted()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        GoQueueAdmin admin = fixture.Client.Admin;

        TopicDescription created = await admin.CreateTopicAsync("orders", 5, new TopicConfiguration
        {
            Retention = Timeout.InfiniteTimeSpan,
            SegmentAge = TimeSpan.FromHours(1),
            Cleanup = TopicCleanup.Compact,
            Flush = TopicFlush.Interval,
            FlushInterval = TimeSpan.FromMilliseconds(50),
        });
        TopicDescription altered = await admin.AlterTopicAsync("orders", new TopicConfiguration { MaxMessageBytes = 4096 }, created.Version);

        Assert.Equal(5, created.Partitions.Count);
        Assert.Equal(Timeout.InfiniteTimeSpan, altered.Configuration.Retention);
        Assert.Equal(
            (4096, TopicCleanup.Compact, TopicFlush.Interval, TimeSpan.FromMilliseconds(50), TimeSpan.FromHours(1)),
            (altered.Configuration.MaxMessageBytes!.Value, altered.Configuration.Cleanup!.Value, altered.Configuration.Flush!.Value, altered.Configuration.FlushInterval!.Value, altered.Configuration.SegmentAge!.Value));
        Assert.Equal(["orders"], (await admin.ListTopicsAsync()).Select(topic => topic.Name));
        Assert.Equal(created.Id, (await admin.DescribeTopicAsync("orders")).Id);
        Assert.Equal(new PartitionOffsets(0, 0, null), await admin.GetOffsetsAsync("orders", 4));
        GoQueueException changed = await Assert.ThrowsAsync<GoQueueException>(() => admin.AlterTopicAsync("orders", new TopicConfiguration(), expectedVersion: 99));
        Assert.Equal(ErrorCode.PreconditionFailed, changed.Code);
        await admin.DeleteTopicAsync("orders");
        GoQueueException gone = await Assert.ThrowsAsync<GoQueueException>(() => admin.DescribeTopicAsync("orders"));
        Assert.Equal(ErrorCode.UnknownTopic, gone.Code);
        Assert.False(gone.IsRetriable);
    }

    [Fact]
    public async Task A_refusal_carries_code_detail_and_what_to_do()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        fixture.Server.OnCall = _ => ErrorCode.DiskFull;

        GoQueueException refusal = await Assert.ThrowsAsync<GoQueueException>(() => fixture.Client.Admin.ListTopicsAsync());

        Assert.Equal((ErrorCode.DiskFull, true, "scripted refusal of ListTopics"), (refusal.Code, refusal.IsRetriable, refusal.Detail));
        Assert.Equal($"DISK_FULL: scripted refusal of ListTopics. {refusal.Advice}", refusal.Message);
    }

    [Fact]
    public async Task An_address_where_nobody_listens_is_unreachable_and_says_which()
    {
        await using GoQueueClient client = GoQueueClient.Connect("127.0.0.1:1");

        GoQueueException failure = await Assert.ThrowsAsync<GoQueueException>(() => client.Admin.ListTopicsAsync());

        Assert.Equal(ErrorCode.Unreachable, failure.Code);
        Assert.Contains("127.0.0.1:1", failure.Message, StringComparison.Ordinal);
        Assert.Contains("gRPC port", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_code_has_advice_of_its_own_form()
    {
        foreach (ErrorCode code in Enum.GetValues<ErrorCode>())
        {
            string advice = Errors.Advice.For(code);
            Assert.EndsWith(".", advice, StringComparison.Ordinal);
            Assert.DoesNotContain("Look the code up", advice, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_call_beyond_its_time_is_a_timeout()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync();
        TaskCompletionSource gate = new();
        fixture.Server.OnCall = _ =>
        {
            gate.Task.Wait(TimeSpan.FromSeconds(30));
            return ErrorCode.None;
        };

        Task<IReadOnlyList<TopicDescription>> call = fixture.Client.Admin.ListTopicsAsync();
        await Testing.Eventually.TrueAsync(() => !fixture.Server.Calls.IsEmpty, "the call has arrived");
        fixture.Time.Advance(TimeSpan.FromSeconds(31));
        GoQueueException late = await Assert.ThrowsAsync<GoQueueException>(() => call);
        gate.SetResult();

        Assert.Equal(ErrorCode.Timeout, late.Code);
    }
}
