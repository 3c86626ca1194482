using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Storage.Directories;
using static GoQueue.Consensus.Tests.Contract.MetadataCommands;

namespace GoQueue.Consensus.Tests.Alone;

public sealed class DiskTroubleTests
{
    [Fact]
    public async Task A_failed_flush_leaves_the_group_unknown_and_later_proposals_refused_until_a_restart()
    {
        SteppedLog log = SteppedLog.Open(options: new RaftOptions { MaxGroupBytes = 512 << 10 });
        await log.DecideAsync(Create(1));
        MetadataImage before = log.Image;
        Task<Result<MetadataOutcome>> written = log.Propose(Create(2, partitions: 10_000));
        Task<Result<MetadataOutcome>> queued = log.Propose(Create(3, partitions: 10_000));
        log.Disk.FailFlush = log.Disk.Flushes + 1;

        log.Loop.RunAll();

        Assert.Equal(ErrorCode.OutcomeUnknown, (await written).Error.Code);
        Assert.Equal(ErrorCode.StorageFailure, (await queued).Error.Code);
        Assert.Equal(ErrorCode.StorageFailure, (await log.DecideAsync(Create(4))).Error.Code);
        Assert.Same(before, log.Image);
        Assert.Null(log.Log.Status.Leader); // its broker sends no heartbeats then, and is fenced

        SteppedLog restarted = await log.ReopenAsync();
        Assert.True(restarted.Image.TryGetTopic("topic-1", out _));
        Assert.False(restarted.Image.TryGetTopic("topic-3", out _));
        Assert.True((await restarted.DecideAsync(Create(5))).IsOk);
    }

    [Fact]
    public async Task A_failed_write_is_as_final_as_a_failed_flush()
    {
        SteppedLog log = SteppedLog.Open();
        await log.DecideAsync(Create(1));
        log.Disk.FailWrite = log.Disk.Writes + 1;

        Assert.Equal(ErrorCode.OutcomeUnknown, (await log.DecideAsync(Create(2))).Error.Code);
        Assert.Equal(ErrorCode.StorageFailure, (await log.DecideAsync(Create(3))).Error.Code);
        Assert.True((await (await log.ReopenAsync()).DecideAsync(Create(4))).IsOk);
    }

    /// <summary>Something else than the node cuts the log: nothing more is said to be held, and the next start finds the damage and refuses itself.</summary>
    [Fact]
    public async Task A_log_that_is_cut_short_under_its_member_ends_its_part_in_the_quorum()
    {
        SteppedLog log = SteppedLog.Open();
        await log.DecideAsync(Create(1));
        await log.DecideAsync(Create(2));
        using (ILogFile hand = log.Disk.Root.Subdirectory("log-00000000000000000000").Open($"{0:D20}.log", writable: true))
        {
            hand.SetLength(4096 + 50);
        }

        Assert.Equal(ErrorCode.OutcomeUnknown, (await log.DecideAsync(Create(3))).Error.Code);
        Assert.Null(log.Log.Status.Leader);
        await Assert.ThrowsAsync<MetadataLogUnusableException>(log.ReopenAsync);
    }

    [Fact]
    public async Task A_full_disk_refuses_changes_nothing_and_works_again_with_room()
    {
        SteppedLog log = SteppedLog.Open();
        await log.DecideAsync(Create(1));
        log.Disk.Capacity = 1;
        int number = 2;
        Result<MetadataOutcome> result = await log.DecideAsync(Create(number, partitions: 10_000));
        while (result.IsOk)
        {
            Assert.InRange(number, 2, 50); // room that was reserved before is used up by then
            result = await log.DecideAsync(Create(++number, partitions: 10_000));
        }

        Assert.Equal(ErrorCode.DiskFull, result.Error.Code);
        Assert.False(log.Image.TryGetTopic(Id(number), out _));
        Assert.Equal(ErrorCode.DiskFull, (await log.DecideAsync(Create(number, partitions: 10_000))).Error.Code);

        log.Disk.Capacity = long.MaxValue;
        Assert.IsType<MetadataOutcome.TopicCreated>((await log.DecideAsync(Create(number, partitions: 10_000))).Value);
        SteppedLog reopened = log.Crash(CrashMode.DropUnflushed);
        Assert.Equal(log.Digest(), reopened.Digest());
    }

    [Fact]
    public async Task No_room_for_a_snapshot_does_not_stop_the_log()
    {
        SteppedLog log = SteppedLog.Open(options: new RaftOptions { SnapshotEveryEntries = 5 });
        await log.DecideAsync(Create(1));
        log.Disk.Capacity = 1;
        for (int i = 2; i <= 30; i++)
        {
            Assert.True((await log.DecideAsync(Create(i))).IsOk);
        }

        Assert.DoesNotContain(log.Disk.Root.List(), entry => entry.Name.StartsWith("snapshot-", StringComparison.Ordinal));
        log.Disk.Capacity = long.MaxValue;
        for (int i = 31; i <= 40; i++)
        {
            Assert.True((await log.DecideAsync(Create(i))).IsOk);
        }

        Assert.Contains(log.Disk.Root.List(), entry => entry.Name.StartsWith("snapshot-", StringComparison.Ordinal));
        Assert.Equal(log.Digest(), log.Crash(CrashMode.DropUnflushed).Digest());
    }

    [Fact]
    public async Task A_flush_that_fails_in_a_snapshot_keeps_the_answers_and_stops_the_log()
    {
        SteppedLog log = SteppedLog.Open(options: new RaftOptions { SnapshotEveryEntries = 3 });
        await log.DecideAsync(Create(1));
        log.Disk.FailFlush = log.Disk.Flushes + 2; // the first is the commit's, the second the snapshot's

        Assert.True((await log.DecideAsync(Create(2))).IsOk);
        Assert.Equal(ErrorCode.StorageFailure, (await log.DecideAsync(Create(3))).Error.Code);

        SteppedLog reopened = await log.ReopenAsync();
        Assert.Equal(2, reopened.Image.TopicCount);
    }

    [Fact]
    public async Task A_read_that_came_while_the_log_failed_is_answered()
    {
        SteppedLog log = SteppedLog.Open(options: new RaftOptions { SnapshotEveryEntries = 3 });
        await log.DecideAsync(Create(1));
        log.Disk.FailFlush = log.Disk.Flushes + 2;
        Task<Result<MetadataOutcome>> decided = log.Propose(Create(2));
        log.Loop.RunOne(); // decides, and asks for a snapshot
        log.Loop.RunOne(); // the snapshot fails, and says so to the loop
        Task<Result<long>> read = log.Log.ReadIndexAsync(CancellationToken.None).AsTask();

        log.Loop.RunAll();

        Assert.True((await decided).IsOk);
        Assert.Equal(ErrorCode.StorageFailure, (await read.WaitAsync(TimeSpan.FromMinutes(1))).Error.Code);
    }

    public static TheoryData<CrashMode, int> Crashes => new()
    {
        { CrashMode.KeepAll, 1 }, { CrashMode.DropUnflushed, 1 }, { CrashMode.Tear, 1 }, { CrashMode.Tear, 2 }, { CrashMode.Tear, 3 },
    };

    /// <summary>
    /// Goal: at whatever operation the machine dies, what was answered is there and what is there is a prefix of what was proposed. Method: the
    /// same workload, with snapshots and retention, cut at every operation in turn.
    /// </summary>
    [Theory]
    [MemberData(nameof(Crashes))]
    public async Task Cut_at_every_operation_the_log_keeps_every_answered_command_and_a_prefix_of_all(CrashMode mode, int seed)
    {
        RaftOptions options = SteppedLog.SmallSegments(snapshotEvery: 3);
        IReadOnlyList<MetadataCommand> commands = Workload();
        IReadOnlyList<uint> digests = await DigestsAsync(commands, options);
        bool isCut = true;
        for (long cut = 1; isCut; cut++)
        {
            VirtualDisk disk = new(seed) { CrashAtOperation = cut };
            int answered = await RunAsync(disk, options, commands);
            isCut = answered < commands.Count;
            disk.Crash(mode);

            SteppedLog restarted = SteppedLog.Open(disk, options);

            int survived = digests.ToList().IndexOf(restarted.Digest());
            Assert.True(survived >= answered, $"cut at operation {cut}: {answered} were answered, {survived} survived");
            Result<MetadataOutcome> next = await restarted.DecideAsync(Create(999));
            Assert.True(next.IsOk && !next.Value.IsRefused, $"cut at operation {cut}: the log does not go on");
        }
    }

    private static IReadOnlyList<MetadataCommand> Workload()
    {
        List<MetadataCommand> commands = [];
        for (int i = 1; i <= 6; i++)
        {
            commands.Add(Create(i, partitions: i % 2 == 0 ? 10_000 : 1));
            commands.Add(new AllocateProducerIdsCommand(i));
            if (i % 3 == 0)
            {
                commands.Add(new DeleteTopicCommand(Id(i - 1)));
            }
        }

        return commands;
    }

    /// <summary>The digest after none, one, two, ... of the commands.</summary>
    private static async Task<IReadOnlyList<uint>> DigestsAsync(IReadOnlyList<MetadataCommand> commands, RaftOptions options)
    {
        SteppedLog log = SteppedLog.Open(options: options);
        List<uint> digests = [log.Digest()];
        foreach (MetadataCommand command in commands)
        {
            Assert.False((await log.DecideAsync(command)).Value.IsRefused);
            digests.Add(log.Digest());
        }

        return digests;
    }

    private static async Task<int> RunAsync(VirtualDisk disk, RaftOptions options, IReadOnlyList<MetadataCommand> commands)
    {
        int answered = 0;
        try
        {
            SteppedLog log = SteppedLog.Open(disk, options);
            foreach (MetadataCommand command in commands)
            {
                Result<MetadataOutcome> result = await log.DecideAsync(command);
                if (!result.IsOk)
                {
                    Assert.Contains(result.Error.Code, (ErrorCode[])[ErrorCode.OutcomeUnknown, ErrorCode.StorageFailure]);
                    break;
                }

                answered++;
            }
        }
        catch (VirtualCrashException)
        {
            // While opening.
        }

        return answered;
    }
}
