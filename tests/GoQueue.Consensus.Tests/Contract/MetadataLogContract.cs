using System.Buffers;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;
using static GoQueue.Consensus.Tests.Contract.MetadataCommands;

namespace GoQueue.Consensus.Tests.Contract;

/// <summary>What every implementation of <see cref="IMetadataLog"/> owes its users. Each implementation derives one class with its harness.</summary>
public abstract class MetadataLogContract : IAsyncLifetime
{
    private IMetadataLogHarness harness = null!;

    private IMetadataLog Log => harness.Log;

    public async Task InitializeAsync() => harness = await CreateHarnessAsync();

    public async Task DisposeAsync() => await harness.DisposeAsync();

    protected abstract Task<IMetadataLogHarness> CreateHarnessAsync();

    [Fact]
    public void A_new_log_is_empty()
    {
        Assert.Equal(0, Log.Image.Version);
        Assert.Empty(Log.Image.Topics);
        Assert.Null(Log.Image.ClusterId);
    }

    [Fact]
    public async Task An_answered_proposal_shows_in_the_image()
    {
        MetadataOutcome.TopicCreated created = await Log.DecideAsync<MetadataOutcome.TopicCreated>(Create(1));

        Assert.True(Log.Image.TryGetTopic("topic-1", out TopicImage? topic));
        Assert.Same(created.Topic, topic);
        Assert.Equal(topic.Version, Log.Image.Version);
    }

    [Fact]
    public async Task Concurrent_proposals_are_each_applied_once_in_one_order()
    {
        const int proposers = 8;
        const int each = 40;
        List<(long First, int Count)>[] blocks = await Task.WhenAll(Enumerable.Range(0, proposers).Select(p => Task.Run(async () =>
        {
            List<(long, int)> mine = [];
            for (int i = 0; i < each; i++)
            {
                MetadataOutcome.ProducerIdsAllocated block = await Log.DecideAsync<MetadataOutcome.ProducerIdsAllocated>(new AllocateProducerIdsCommand(p + 1));
                mine.Add((block.First.Value, block.Count));
            }

            return mine;
        })));

        // Each proposer sees its own blocks rise; all blocks together leave no gap and do not overlap.
        Assert.All(blocks, mine => Assert.Equal(mine.Order(), mine));
        long next = 0;
        foreach ((long first, int count) in blocks.SelectMany(b => b).Order())
        {
            Assert.Equal(next, first);
            next += count;
        }

        Assert.Equal(new ProducerId(next), Log.Image.NextProducerId);
        await harness.ReopenAsync();
        Assert.Equal(new ProducerId(next), Log.Image.NextProducerId);
    }

    [Fact]
    public async Task Of_concurrent_creators_of_one_name_exactly_one_wins()
    {
        MetadataOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(1, 16).Select(i => Task.Run(() => Log.DecideAsync(Create(i, i % 2 == 0 ? "Orders" : "orders")))));

        MetadataOutcome.TopicCreated winner = Assert.Single(outcomes.OfType<MetadataOutcome.TopicCreated>());
        Assert.All(outcomes.Where(o => o.IsRefused), o => Assert.Equal(ErrorCode.TopicAlreadyExists, o.Error?.Code));
        Assert.Equal(winner.Topic.Id, Assert.Single(Log.Image.Topics).Id);
    }

    [Fact]
    public async Task Answered_proposals_survive_a_proper_close()
    {
        await FillAsync();
        MetadataImage before = Log.Image;

        await harness.ReopenAsync();

        AssertSame(before, Log.Image);
    }

    [Fact]
    public async Task Answered_proposals_survive_crashes()
    {
        for (int round = 0; round < 5; round++)
        {
            await Log.DecideAsync<MetadataOutcome.TopicCreated>(Create(100 + round));
            MetadataImage before = Log.Image;

            await harness.CrashAsync();

            AssertSame(before, Log.Image);
        }
    }

    [Fact]
    public async Task A_crash_under_load_loses_no_answered_proposal_and_gives_no_id_twice()
    {
        HashSet<long> given = [];
        for (int round = 0; round < 3; round++)
        {
            using CancellationTokenSource stop = new();
            Task<List<long>>[] proposers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => ProposeUntilAsync(stop.Token)))];
            long target = Log.Image.NextProducerId.Value + 50;
            while (Log.Image.NextProducerId.Value < target)
            {
                await Log.WaitForChangeAsync(Log.Image.Version, CancellationToken.None);
            }

            await harness.CrashAsync();
            await stop.CancelAsync();
            Assert.All((await Task.WhenAll(proposers)).SelectMany(ids => ids), id => Assert.True(given.Add(id), $"id {id} was given twice"));
            Assert.True(Log.Image.NextProducerId.Value > given.Max(), "an answered allocation is lost");
        }
    }

    [Fact]
    public async Task A_refused_precondition_changes_nothing_now_or_after_a_restart()
    {
        await FillAsync();
        MetadataImage before = Log.Image;

        Assert.Equal(ErrorCode.TopicAlreadyExists, (await Log.DecideAsync(Create(50, "TOPIC-1"))).Error?.Code);
        Assert.Equal(ErrorCode.PreconditionFailed, (await Log.DecideAsync(new AlterTopicCommand(Id(1), TopicSettings.Default, 999))).Error?.Code);
        Assert.Equal(ErrorCode.UnknownTopic, (await Log.DecideAsync(new DeleteTopicCommand(Id(77)))).Error?.Code);
        Assert.Equal(ErrorCode.PreconditionFailed, (await Log.DecideAsync(new FormClusterCommand("another"))).Error?.Code);

        Assert.Same(before, Log.Image);
        await harness.CrashAsync();
        AssertSame(before, Log.Image);
    }

    [Fact]
    public async Task A_malformed_command_is_refused_without_an_outcome()
    {
        Assert.Equal(ErrorCode.InvalidTopicName, await Log.RefusedAsync(Create(1, "..")));
        Assert.Equal(ErrorCode.InvalidPartitionCount, await Log.RefusedAsync(Create(1) with { Partitions = [] }));
        Assert.Equal(ErrorCode.InvalidArgument, await Log.RefusedAsync(new AllocateProducerIdsCommand(0)));
        Assert.Equal(0, Log.Image.Version);
    }

    [Fact]
    public async Task An_image_taken_earlier_never_changes()
    {
        await Log.DecideAsync(Create(1));
        MetadataImage before = Log.Image;
        IReadOnlyList<TopicImage> topics = [.. before.Topics];

        await Log.DecideAsync(Create(2));
        await Log.DecideAsync(new DeleteTopicCommand(Id(1)));

        Assert.Equal(topics, before.Topics);
        Assert.True(before.TryGetTopic("topic-1", out _));
        Assert.False(Log.Image.TryGetTopic("topic-1", out _));
    }

    [Fact]
    public async Task Waiting_for_change_answers_at_once_when_there_is_a_newer_image()
    {
        await Log.DecideAsync(Create(1));

        ValueTask<MetadataImage> waiting = Log.WaitForChangeAsync(0, CancellationToken.None);

        Assert.True(waiting.IsCompleted);
        Assert.Same(Log.Image, await waiting);
    }

    [Fact]
    public async Task Waiting_for_change_wakes_every_waiter_with_a_newer_image()
    {
        await Log.DecideAsync(Create(1));
        long seen = Log.Image.Version;
        Task<MetadataImage>[] waiting = [.. Enumerable.Range(0, 10).Select(_ => Log.WaitForChangeAsync(seen, CancellationToken.None).AsTask())];
        await Log.DecideAsync(new DeleteTopicCommand(Id(9))); // refused: no news
        Assert.All(waiting, task => Assert.False(task.IsCompleted));

        await Log.DecideAsync(Create(2));

        MetadataImage[] images = await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.All(images, image => Assert.True(image.TryGetTopic("topic-2", out _)));
    }

    [Fact]
    public async Task A_follower_of_changes_ends_at_the_newest_image()
    {
        Task<long> follower = Task.Run(async () =>
        {
            long version = 0;
            while (!Log.Image.TryGetTopic("topic-60", out _) || version < Log.Image.Version)
            {
                MetadataImage next = await Log.WaitForChangeAsync(version, CancellationToken.None);
                Assert.True(next.Version > version);
                version = next.Version;
            }

            return version;
        });
        for (int i = 1; i <= 60; i++)
        {
            await Log.DecideAsync(Create(i));
        }

        Assert.Equal(Log.Image.Version, await follower.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task Cancelling_ends_a_wait_for_change()
    {
        using CancellationTokenSource cancel = new();
        Task<MetadataImage> waiting = Log.WaitForChangeAsync(0, cancel.Token).AsTask();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Cancelling_a_proposal_stops_the_waiting_and_the_log_goes_on()
    {
        int cancelled = 0;
        for (int i = 1; i <= 50; i++)
        {
            using CancellationTokenSource cancel = new();
            Task<Result<MetadataOutcome>> proposal = Log.ProposeAsync(Create(i), cancel.Token).AsTask();
            await cancel.CancelAsync();
            try
            {
                Assert.True((await proposal).IsOk);
            }
            catch (OperationCanceledException)
            {
                cancelled++;
            }
        }

        // Decided after all of them: whatever the waiting ended with, each was decided once before.
        await Log.DecideAsync(Create(1000));
        MetadataImage image = Log.Image;
        Assert.Equal(51, image.TopicCount);
        Assert.InRange(cancelled, 0, 50);
        await harness.ReopenAsync();
        AssertSame(image, Log.Image);
    }

    [Fact]
    public async Task A_proposal_with_a_cancelled_token_is_never_decided()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Log.ProposeAsync(Create(1), new CancellationToken(canceled: true)).AsTask());
        await Log.DecideAsync(Create(2));

        Assert.False(Log.Image.TryGetTopic("topic-1", out _));
    }

    [Fact]
    public async Task A_closed_log_refuses_proposals_ends_waits_and_still_shows_its_image()
    {
        await Log.DecideAsync(Create(1));
        IMetadataLog log = Log;
        Task<MetadataImage> waiting = log.WaitForChangeAsync(log.Image.Version, CancellationToken.None).AsTask();

        await log.DisposeAsync();
        await log.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        Assert.Equal(ErrorCode.ShuttingDown, await log.RefusedAsync(Create(2)));
        Assert.True(log.Image.TryGetTopic("topic-1", out _));
    }

    [Fact]
    public async Task Proposals_made_before_closing_are_decided()
    {
        Task<Result<MetadataOutcome>>[] proposals = [.. Enumerable.Range(1, 100).Select(i => Log.ProposeAsync(Create(i), CancellationToken.None).AsTask())];

        await harness.ReopenAsync();

        Assert.All(await Task.WhenAll(proposals), result => Assert.IsType<MetadataOutcome.TopicCreated>(result.Value));
        Assert.Equal(100, Log.Image.TopicCount);
    }

    private async Task FillAsync()
    {
        await Log.DecideAsync<MetadataOutcome.ClusterFormed>(new FormClusterCommand("cluster"));
        for (int i = 1; i <= 20; i++)
        {
            await Log.DecideAsync<MetadataOutcome.TopicCreated>(Create(i, partitions: i));
        }

        await Log.DecideAsync<MetadataOutcome.TopicDeleted>(new DeleteTopicCommand(Id(7)));
        Assert.True(Log.Image.TryGetTopic(Id(3), out TopicImage? topic));
        TopicSettings settings = TopicSettings.Default with { RetentionMillis = 5000 };
        await Log.DecideAsync<MetadataOutcome.TopicAltered>(new AlterTopicCommand(Id(3), settings, topic.Version));
        await Log.DecideAsync<MetadataOutcome.ProducerIdsAllocated>(new AllocateProducerIdsCommand(1000));
    }

    private async Task<List<long>> ProposeUntilAsync(CancellationToken stop)
    {
        List<long> ids = [];
        IMetadataLog log = Log;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                Result<MetadataOutcome> result = await log.ProposeAsync(new AllocateProducerIdsCommand(1), stop);
                if (result.TryGet(out MetadataOutcome? outcome, out _))
                {
                    ids.Add(Assert.IsType<MetadataOutcome.ProducerIdsAllocated>(outcome).First.Value);
                }
                else
                {
                    break; // the crash
                }
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        return ids;
    }

    private static void AssertSame(MetadataImage expected, MetadataImage seen) => Assert.Equal(BytesOf(expected), BytesOf(seen));

    /// <summary>The canonical snapshot: equal states, equal bytes.</summary>
    private static byte[] BytesOf(MetadataImage image)
    {
        ArrayBufferWriter<byte> bytes = new();
        MetadataState.WriteImage(image, bytes);
        return bytes.WrittenSpan.ToArray();
    }
}
