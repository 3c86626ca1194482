using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using static GoQueue.Consensus.Tests.Contract.MetadataCommands;

namespace GoQueue.Consensus.Tests.Alone;

public sealed class GroupCommitTests
{
    [Fact]
    public async Task Proposals_that_wait_together_share_one_flush_and_one_image()
    {
        SteppedLog log = SteppedLog.Open();
        await log.DecideAsync(Create(1000));
        long flushes = log.Disk.Flushes;
        Task<Result<MetadataOutcome>>[] proposals = [.. Enumerable.Range(1, 100).Select(i => log.Propose(Create(i)))];
        Assert.All(proposals, proposal => Assert.False(proposal.IsCompleted));
        Assert.Equal(1, log.Loop.Waiting);

        log.Loop.RunOne();

        Assert.All(await Task.WhenAll(proposals), result => Assert.IsType<MetadataOutcome.TopicCreated>(result.Value));
        Assert.Equal(1, log.Disk.Flushes - flushes);
        Assert.Equal(0, log.Loop.Waiting);
        Assert.Equal(101, log.Image.TopicCount);
    }

    [Fact]
    public async Task A_group_is_bounded_in_bytes_and_the_rest_takes_the_next_turn()
    {
        SteppedLog log = SteppedLog.Open(options: new RaftOptions { MaxGroupBytes = 640 << 10 });
        Task<Result<MetadataOutcome>>[] proposals = [.. Enumerable.Range(1, 5).Select(i => log.Propose(Create(i, partitions: 10_000)))];

        log.Loop.RunOne();

        Assert.Equal([true, true, false, false, false], proposals.Select(p => p.IsCompleted));
        Assert.Equal(2, log.Image.TopicCount);
        log.Loop.RunAll();
        Assert.All(await Task.WhenAll(proposals), result => Assert.False(result.Value.IsRefused));
    }

    [Fact]
    public async Task A_full_queue_refuses_as_overloaded_and_takes_proposals_again_later()
    {
        SteppedLog log = SteppedLog.Open(options: new RaftOptions { MaxQueuedProposals = 3 });
        Task<Result<MetadataOutcome>>[] waiting = [.. Enumerable.Range(1, 3).Select(i => log.Propose(Create(i)))];

        Assert.Equal(ErrorCode.Overloaded, (await log.Propose(Create(4))).Error.Code);

        log.Loop.RunAll();
        Assert.All(await Task.WhenAll(waiting), result => Assert.True(result.IsOk));
        Assert.True((await log.DecideAsync(Create(4))).IsOk);
    }

    [Fact]
    public async Task A_cancelled_proposal_that_waited_is_decided_all_the_same()
    {
        SteppedLog log = SteppedLog.Open();
        using CancellationTokenSource cancel = new();
        Task<Result<MetadataOutcome>> proposal = log.Propose(Create(1), cancel.Token);

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => proposal);
        log.Loop.RunAll();

        Assert.True(log.Image.TryGetTopic("topic-1", out _));
    }

    [Fact]
    public async Task Closing_decides_what_waits_and_refuses_what_comes()
    {
        SteppedLog log = SteppedLog.Open();
        Task<Result<MetadataOutcome>> before = log.Propose(Create(1));
        Task closing = log.Log.DisposeAsync().AsTask();

        Assert.Equal(ErrorCode.ShuttingDown, (await log.Propose(Create(2))).Error.Code);
        Assert.False(closing.IsCompleted);
        log.Loop.RunAll();

        await closing;
        Assert.True((await before).IsOk);
        SteppedLog reopened = SteppedLog.Open(log.Disk);
        Assert.Equal(1, reopened.Image.TopicCount);
    }

    [Fact]
    public async Task Commands_that_were_refused_when_applied_stay_refused_in_replay()
    {
        SteppedLog log = SteppedLog.Open();
        Task<Result<MetadataOutcome>>[] proposals = [log.Propose(Create(1, "a")), log.Propose(Create(2, "A")), log.Propose(new DeleteTopicCommand(Id(1))), log.Propose(Create(3, "A"))];
        log.Loop.RunAll();
        Assert.Equal([false, true, false, false], (await Task.WhenAll(proposals)).Select(r => r.Value.IsRefused));

        SteppedLog reopened = await log.ReopenAsync();

        Assert.Equal("A", Assert.Single(reopened.Image.Topics).Name);
        Assert.Equal(log.Digest(), reopened.Digest());
        Assert.True(reopened.Image.IsDeleted(Id(1)));
    }
}
