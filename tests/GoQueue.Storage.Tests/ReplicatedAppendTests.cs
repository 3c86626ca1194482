using GoQueue.Core;
using GoQueue.Storage.Directories;

namespace GoQueue.Storage.Tests;

/// <summary>Runs of batches as a leader sends them.</summary>
public sealed class ReplicatedAppendTests
{
    private readonly VirtualDisk disk = new();
    private readonly PartitionLogOptions small = new() { SegmentBytes = 4096, IndexIntervalBytes = 256 };

    [Fact]
    public void A_run_over_several_segments_is_read_back_batch_by_batch_also_after_a_restart()
    {
        using PartitionLog log = Open();
        List<byte[]> sent = [];
        using SharedBuffer run = Run(sent, [.. Enumerable.Range(0, 60).Select(index => ((long)index, 1 + (index / 30)))]);
        log.AppendReplicated(new BufferSlice(run, 0, run.Length), Batches.Now);
        log.Flush();
        Assert.True(log.SegmentCount > 1);
        Assert.Equal(sent, log.ReadAll());
        Assert.Equal(new LeaderEpoch(2), log.Epochs.Latest);
        Assert.Equal(new LeaderEpoch(1), log.Epochs.EpochAt(new Offset(29)));
        disk.Crash(CrashMode.Tear);
        using PartitionLog again = Open();
        Assert.Equal(sent, again.ReadAll());
    }

    [Fact]
    public void A_run_in_the_middle_of_a_buffer_is_taken_from_there_and_held_by_reference()
    {
        using PartitionLog log = Open();
        List<byte[]> sent = [];
        using SharedBuffer run = Run(sent, [(0, 0), (1, 0), (2, 0)]);
        SharedBuffer response = SharedBuffer.Rent(run.Length + 20);
        run.Span.CopyTo(response.Span[10..]);
        log.AppendReplicated(new BufferSlice(response, 10, run.Length), Batches.Now);
        response.Release();
        Assert.Equal(sent, log.ReadAll());
    }

    [Fact]
    public void E5_a_leadership_without_a_record_gives_way_to_older_epochs_that_a_leader_sends()
    {
        using PartitionLog log = Open();
        log.AppendOne(epoch: 3);
        log.Epochs.Assign(new LeaderEpoch(5), log.EndOffset);
        using SharedBuffer run = Run([], [(1, 3), (2, 4)]);
        log.AppendReplicated(new BufferSlice(run, 0, run.Length), Batches.Now);
        Assert.Equal([new EpochStart(new LeaderEpoch(3), Offset.Zero), new EpochStart(new LeaderEpoch(4), new Offset(2))], log.Epochs.Entries);
    }

    [Fact]
    public void E5_an_epoch_with_records_is_not_overwritten()
    {
        using PartitionLog log = Open();
        log.AppendOne(epoch: 5);
        using SharedBuffer run = Run([], [(1, 3)]);
        Assert.Throws<InvariantViolationException>(() => log.AppendReplicated(new BufferSlice(run, 0, run.Length), Batches.Now));
    }

    [Fact]
    public void Gaps_of_a_compacted_leader_are_kept_and_not_taken_for_damage_after_a_crash()
    {
        List<byte[]> sent = [];
        using SharedBuffer run = Run(sent, [(0, 0), (5, 0), (9, 1)]);
        PartitionLog log = Open();
        log.AppendReplicated(new BufferSlice(run, 0, run.Length), Batches.Now);
        log.Flush();
        Assert.Equal(sent, log.ReadAll());
        disk.Crash(CrashMode.Tear);
        using PartitionLog again = Open();
        Assert.Equal(new Offset(10), again.EndOffset);
        Assert.Empty(again.CorruptRanges);
        Assert.Equal(sent, again.ReadAll());
    }

    [Fact]
    public void What_an_unclean_election_takes_is_copied_first()
    {
        using PartitionLog log = Open();
        log.AppendOne();
        byte[] lost = log.AppendOne();
        log.Flush();
        string name = log.KeepCopy(new Offset(1))!;
        log.TruncateTo(new Offset(1));
        using ILogFile copy = disk.Root.Subdirectory("log").Open(name, writable: false);
        byte[] bytes = new byte[lost.Length];
        Assert.Equal(lost.Length, copy.Read(0, bytes));
        Assert.Equal(lost, bytes);
    }

    [Fact]
    public void A_leaders_snapshot_waits_beside_the_log_until_it_is_dropped()
    {
        PartitionLog.KeepIncomingState(disk.Root.Subdirectory("log"), Batches.Log, new Offset(7), [1, 2, 3]);
        using PartitionLog log = Open();
        Assert.True(log.TryLoadIncomingState(out Offset at, out byte[] state));
        Assert.Equal(new Offset(7), at);
        Assert.Equal([1, 2, 3], state);
        log.DropIncomingState();
        Assert.False(log.TryLoadIncomingState(out _, out _));
    }

    private PartitionLog Open()
    {
        ILogDirectory directory = disk.Root.Subdirectory("log");
        disk.Root.Sync();
        return PartitionLog.Open(directory, Batches.Log, small, Batches.Now);
    }

    private static SharedBuffer Run(List<byte[]> sent, params (long Offset, int Epoch)[] batches)
    {
        List<byte> all = [];
        foreach ((long offset, int epoch) in batches)
        {
            using SharedBuffer batch = Batches.Make(offset, epoch: epoch, valueBytes: 100);
            sent.Add(batch.Span.ToArray());
            all.AddRange(batch.Span);
        }

        return SharedBuffer.CopyOf([.. all]);
    }
}
