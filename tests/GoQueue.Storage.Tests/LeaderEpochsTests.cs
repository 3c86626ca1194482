using GoQueue.Core;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;

namespace GoQueue.Storage.Tests;

public sealed class LeaderEpochsTests
{
    private readonly VirtualDisk disk = new();

    private LeaderEpochs Epochs => LeaderEpochs.Load(new LogFolder(disk.Root, Batches.Log), out _);

    [Theory]
    [InlineData(0, 0, 5)] // older than everything kept: the start of the first kept epoch
    [InlineData(1, 1, 5)]
    [InlineData(2, 2, 10)]
    [InlineData(3, 2, 10)] // unknown in between: the largest known below it
    [InlineData(4, 4, 20)]
    [InlineData(7, 7, 33)] // the latest ends at the end of the log
    [InlineData(8, -1, -1)] // newer than everything known
    [InlineData(-1, -1, -1)]
    public void E3_the_end_of_an_epoch_is_the_start_of_the_next_known_one(int asked, int answered, long end)
    {
        LeaderEpochs epochs = Epochs;
        foreach ((int epoch, long start) in new[] { (2, 5L), (4, 10L), (7, 20L) })
        {
            epochs.Assign(new LeaderEpoch(epoch), new Offset(start));
        }

        Assert.Equal(new EpochStart(new LeaderEpoch(answered), new Offset(end)), epochs.EndOffsetFor(new LeaderEpoch(asked), new Offset(33)));
    }

    [Fact]
    public void E3_nothing_known_answers_nothing() =>
        Assert.Equal(new EpochStart(LeaderEpoch.None, Offset.None), Epochs.EndOffsetFor(new LeaderEpoch(0), new Offset(9)));

    [Fact]
    public void E5_an_entry_that_contradicts_the_tail_replaces_it()
    {
        LeaderEpochs epochs = Epochs;
        epochs.Assign(new(1), new(0));
        epochs.Assign(new(3), new(10));
        epochs.Assign(new(3), new(15)); // known already
        Assert.Equal([new(new(1), new(0)), new EpochStart(new(3), new(10))], epochs.Entries);
        epochs.Assign(new(5), new(10)); // epoch 3 had no record
        Assert.Equal([new(new(1), new(0)), new EpochStart(new(5), new(10))], epochs.Entries);
        epochs.Assign(new(2), new(7));
        Assert.Equal([new(new(1), new(0)), new EpochStart(new(2), new(7))], epochs.Entries);
        epochs.Assign(new(9), new(0));
        Assert.Equal([new EpochStart(new(9), new(0))], epochs.Entries);
    }

    [Fact]
    public void E1_assigned_epochs_survive_a_power_cut()
    {
        Epochs.Assign(new(4), new(2));
        disk.Crash(CrashMode.DropUnflushed);
        Assert.Equal([new EpochStart(new(4), new(2))], Epochs.Entries);
    }

    [Fact]
    public void E5_a_new_leader_may_take_over_before_any_append()
    {
        using (PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, new PartitionLogOptions(), Batches.Now))
        {
            log.AppendOne(epoch: 1);
            log.Epochs.Assign(new(2), log.EndOffset);
            log.Close();
        }

        using PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, new PartitionLogOptions(), Batches.Now);
        Assert.Equal(new EpochStart(new(2), new(1)), again.Epochs.EndOffsetFor(new(2), again.EndOffset));
        Assert.Equal(new EpochStart(new(1), new(1)), again.Epochs.EndOffsetFor(new(1), again.EndOffset));
    }

    [Fact]
    public void Epoch_at_an_offset_is_that_of_the_entry_before_it()
    {
        LeaderEpochs epochs = Epochs;
        epochs.Assign(new(1), new(3));
        epochs.Assign(new(2), new(6));
        Assert.Equal([-1, 1, 1, 2], new long[] { 2, 3, 5, 6 }.Select(offset => epochs.EpochAt(new Offset(offset)).Value));
    }
}
