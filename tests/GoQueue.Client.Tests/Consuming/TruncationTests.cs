using System.Text;
using GoQueue.Client.Consuming;
using GoQueue.Client.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Testing;

namespace GoQueue.Client.Tests.Consuming;

/// <summary>E7: a log that lost what a consumer read is told of, exactly, and nothing is skipped or delivered again as if nothing had happened.</summary>
public sealed class TruncationTests
{
    [Fact]
    public async Task E7_the_enumeration_fails_with_the_place_where_the_histories_part_until_a_seek()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition stored = Stored(fixture, (1, "a"), (1, "b"), (2, "c"), (2, "d"));
        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions { Topic = "t" });
        await using (IAsyncEnumerator<ConsumedMessage> messages = consumer.ReadAsync().GetAsyncEnumerator())
        {
            Assert.Equal(["a", "b", "c", "d"], await TakeAsync(messages, 4));
            Assert.Equal((2, 2), (messages.Current.LeaderEpoch, consumer.Progress[0].LastEpoch));
            LoseUncleanly(stored, 3, (3, "x"), (3, "y"), (3, "z"), (3, "zz"));
            GoQueueException failure = await Assert.ThrowsAsync<GoQueueException>(async () => await messages.MoveNextAsync());
            Assert.Equal(ErrorCode.LogTruncated, failure.Code);
            Assert.False(failure.IsRetriable);
            Assert.Equal(new LogTruncation("t", 0, ReadTo: 4, DivergesAt: 1, LastEpoch: 1), failure.Truncation);
            Assert.Contains("from offset 1 on", failure.Message, StringComparison.Ordinal);
        }

        GoQueueException again = await Assert.ThrowsAsync<GoQueueException>(async () => await consumer.ReadAsync().FirstAsync());
        Assert.Equal((ErrorCode.LogTruncated, 1L), (again.Code, again.Truncation!.Value.DivergesAt));
        consumer.Seek(0, 1);
        Assert.Equal(["x", "y", "z", "zz"], await consumer.ReadAsync().Select(message => message.ValueText!).Take(4).ToListAsync());
    }

    [Fact]
    public async Task E7_it_goes_on_where_the_histories_part_when_told_to_and_says_so_in_between()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition stored = Stored(fixture, (1, "a"), (1, "b"), (1, "c"));
        List<string> seen = [];
        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions
        {
            Topic = "t",
            OnTruncated = TruncationPolicy.Continue,
            OnTruncation = lost => seen.Add($"{lost.ReadTo} back to {lost.DivergesAt} of epoch {lost.LastEpoch}"),
        });
        await foreach (ConsumedMessage message in consumer.ReadAsync())
        {
            seen.Add($"{message.Offset}={message.ValueText}");
            if (message.ValueText == "c")
            {
                LoseUncleanly(stored, 2, (2, "x"), (2, "y"), (2, "z"));
            }

            if (message.ValueText == "z")
            {
                break;
            }
        }

        Assert.Equal(["0=a", "1=b", "2=c", "3 back to 1 of epoch 1", "1=x", "2=y", "3=z"], seen);
        Assert.Equal(4, consumer.PositionOf(0));
    }

    /// <summary>One round would place the parting at 4, the end of the new leader's epoch 2, and skip what stands at 2 and 3 now.</summary>
    [Fact]
    public async Task E4_a_history_that_differs_in_more_than_its_last_epoch_is_followed_back_to_where_it_parts()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition stored = Stored(fixture, (1, "a"), (1, "b"), (3, "c"), (3, "d"), (3, "e"));
        List<LogTruncation> told = [];
        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions { Topic = "t", OnTruncated = TruncationPolicy.Continue, OnTruncation = told.Add });
        await using IAsyncEnumerator<ConsumedMessage> messages = consumer.ReadAsync().GetAsyncEnumerator();
        await TakeAsync(messages, 5);
        LoseUncleanly(stored, 3, (2, "v"), (2, "w"), (4, "x"), (4, "y"));
        Assert.Equal(["v", "w", "x", "y"], await TakeAsync(messages, 4));
        Assert.Equal([new LogTruncation("t", 0, ReadTo: 5, DivergesAt: 2, LastEpoch: 1)], told);
    }

    [Fact]
    public async Task E7_a_position_kept_from_an_earlier_life_is_checked_too()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        Stored(fixture, (1, "a"), (3, "x"), (3, "y"), (3, "z"));
        ConsumerOptions kept = new() { Topic = "t", StartOffsets = new Dictionary<int, long> { [0] = 3 }, StartEpochs = new Dictionary<int, int> { [0] = 2 } };
        GoQueueException failure = await Assert.ThrowsAsync<GoQueueException>(async () => await fixture.Consumer(kept).ReadAsync().FirstAsync());
        Assert.Equal((ErrorCode.LogTruncated, 1L), (failure.Code, failure.Truncation!.Value.DivergesAt));
        Assert.Equal("z", (await fixture.Consumer(kept with { StartEpochs = new Dictionary<int, int> { [0] = 3 } }).ReadAsync().FirstAsync()).ValueText);
        Assert.Throws<ArgumentException>(() => fixture.Client.CreateConsumer(new ConsumerOptions { Topic = "t", StartEpochs = kept.StartEpochs }));
    }

    [Fact]
    public async Task E7_a_reader_that_waited_at_the_end_and_read_nothing_notices_as_well()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition stored = Stored(fixture, (1, "a"), (1, "b"));
        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions { Topic = "t", Start = StartPosition.Latest });
        Task<ConsumedMessage> first = Task.Run(async () => await consumer.ReadAsync().FirstAsync());
        await Eventually.TrueAsync(() => fixture.Server.Subscriptions == 1 && consumer.PositionOf(0) == 2, "it waits at the end");
        LoseUncleanly(stored, 1, (2, "x"), (2, "y"));
        Assert.Equal(ErrorCode.LogTruncated, (await Assert.ThrowsAsync<GoQueueException>(() => first)).Code);
    }

    [Fact]
    public async Task Reading_to_the_end_ends_at_the_end_of_the_shorter_log()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition stored = Stored(fixture, (1, "a"), (1, "b"), (1, "c"));
        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions
        {
            Topic = "t",
            StopAtEnd = true,
            OnTruncated = TruncationPolicy.Continue,
            StartOffsets = new Dictionary<int, long> { [0] = 2 },
            StartEpochs = new Dictionary<int, int> { [0] = 1 },
        });
        fixture.Server.OnCall = method =>
        {
            if (method == "Subscribe" && stored.End.Value == 3)
            {
                LoseUncleanly(stored, 2);
            }

            return ErrorCode.None;
        };
        Assert.Empty(await consumer.ReadAsync().Select(message => message.ValueText).ToListAsync());
        Assert.Equal(1, consumer.PositionOf(0));
    }

    [Fact]
    public async Task E7_every_subscription_names_the_leadership_and_the_epoch_of_what_was_handed_out()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        Stored(fixture, (1, "a"), (4, "b"), (4, "c"));
        GoQueueConsumer consumer = fixture.Consumer(new ConsumerOptions { Topic = "t" });
        Assert.Equal("b", (await consumer.ReadAsync().Skip(1).FirstAsync()).ValueText); // reading goes on at the third message, behind epoch 4
        Assert.Equal("c", (await consumer.ReadAsync().FirstAsync()).ValueText);
        SubscribeRequestsAre(fixture, (0, -1), (2, 4));
    }

    [Fact]
    public async Task A_fenced_or_early_subscription_is_repeated_after_asking_who_leads()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        Stored(fixture, (1, "a"));
        int refusals = 0;
        fixture.Server.OnCall = method => method != "Subscribe" ? ErrorCode.None : Interlocked.Increment(ref refusals) switch
        {
            1 => ErrorCode.FencedLeaderEpoch,
            2 => ErrorCode.UnknownLeaderEpoch,
            3 => ErrorCode.OffsetNotAvailable,
            _ => ErrorCode.None,
        };
        Assert.Equal("a", (await fixture.Consumer(new ConsumerOptions { Topic = "t" }).ReadAsync().FirstAsync()).ValueText);
        Assert.Equal(4, refusals);
    }

    [Fact]
    public void A_trail_remembers_where_leaderships_began_and_forgets_what_lies_behind_a_position()
    {
        EpochTrail trail = EpochTrail.Empty.With(1, 0).With(1, 5).With(3, 10).With(2, 12).With(7, 20);
        Assert.Equal((7, 3, 1, -1), (trail.LastEpoch, trail.Before(20).LastEpoch, trail.Before(10).LastEpoch, trail.Before(0).LastEpoch));
        Assert.Same(trail, trail.With(7, 30));
        Assert.Equal((25, 7), Back(trail, 7, 25)); // the same epoch, which ended earlier there
        Assert.Equal((20, 3), Back(trail, 5, 25)); // one that was never read
        Assert.Equal((15, 3), Back(trail, 3, 15));
        Assert.Equal((8, 3), Back(trail, 3, 8)); // it began before the reader did
        Assert.Equal((0, -1), Back(trail, 0, 4));
        Assert.Equal((0, -1), Back(EpochTrail.Empty, -1, 0));
        EpochTrail many = EpochTrail.Empty;
        for (int epoch = 0; epoch < 100; epoch++)
        {
            many = many.With(epoch, epoch * 10);
        }

        Assert.Equal(-1, many.Before(300).LastEpoch); // bounded: the oldest are gone
        Assert.Equal(99, many.LastEpoch);
    }

    private static (long To, int LastEpoch) Back(EpochTrail trail, int epoch, long offset)
    {
        (long to, EpochTrail left) = trail.Back(new Divergence(epoch, offset), 30);
        return (to, left.LastEpoch);
    }

    private static ScriptedPartition Stored(ClientFixture fixture, params (int Epoch, string Value)[] messages)
    {
        ScriptedPartition stored = fixture.Server.AddTopic("t")[0];
        stored.LoseUncleanly(0, [.. messages.Select(message => (message.Epoch, Batch(message.Value)))]);
        return stored;
    }

    private static void LoseUncleanly(ScriptedPartition stored, int newest, params (int Epoch, string Value)[] instead) =>
        stored.LoseUncleanly(newest, [.. instead.Select(message => (message.Epoch, Batch(message.Value)))]);

    private static byte[] Batch(string value)
    {
        using RecordBatchBuilder builder = new();
        builder.Reset();
        Assert.True(builder.TryAppend(new UnixMillis(1), [], true, Encoding.UTF8.GetBytes(value), false, default, 1 << 20));
        using SharedBuffer built = builder.Build();
        return built.Span.ToArray();
    }

    private static async Task<List<string>> TakeAsync(IAsyncEnumerator<ConsumedMessage> messages, int count)
    {
        List<string> values = [];
        while (values.Count < count)
        {
            Assert.True(await messages.MoveNextAsync());
            values.Add(messages.Current.ValueText!);
        }

        return values;
    }

    private static void SubscribeRequestsAre(ClientFixture fixture, params (long Offset, int LastEpoch)[] expected)
    {
        Contracts.V1.SubscribeRequest[] requests = [.. fixture.Server.SubscribeRequests];
        Assert.Equal(expected, requests.Select(request => (request.Offset, request.HasLastEpoch ? request.LastEpoch : -1)));
        Assert.All(requests, request => Assert.True(request.HasLeaderEpoch && request.LeaderEpoch == 1));
    }
}
