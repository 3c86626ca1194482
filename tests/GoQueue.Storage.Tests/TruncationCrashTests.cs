using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Directories;

namespace GoQueue.Storage.Tests;

/// <summary>
/// Goal: a truncation happens whole or not at all, whatever cuts it (E8). Method: a log of several segments, epochs and snapshots is cut back over
/// a segment boundary; the disk dies at every counted operation of that, what was not durable is kept, lost or torn, and the log is opened again,
/// also with another death in the middle of the recovery.
/// </summary>
public sealed class TruncationCrashTests
{
    private const int Batch = 3;
    private const long Target = 40; // in the middle of a batch, which goes whole
    private const long NewEnd = 39;

    private static readonly PartitionLogOptions Options = new()
    {
        SegmentBytes = 6000, IndexIntervalBytes = 600, CheckpointBytes = 2500, UnflushedWindowBytes = 5000, TailCacheBytes = 0, ReserveBytes = 4096,
    };

    [Theory]
    [InlineData(CrashMode.KeepAll)]
    [InlineData(CrashMode.DropUnflushed)]
    [InlineData(CrashMode.Tear)]
    public void E8_a_truncation_cut_at_any_operation_is_whole_or_has_not_happened(CrashMode mode)
    {
        long operations = OperationsOfTruncation();
        Assert.True(operations > 10, $"a truncation takes some operations ({operations})");
        int undone = 0;
        int done = 0;
        for (long at = 1; at <= operations; at++)
        {
            (VirtualDisk disk, List<byte[]> all) = Cut(at, mode);
            bool isDone = Check(disk, all, $"cut at operation {at} of {operations}, {mode}");
            Assert.False(done > 0 && !isDone && mode == CrashMode.DropUnflushed, "what was decided at one operation is decided at the next");
            (done, undone) = isDone ? (done + 1, undone) : (done, undone + 1);
        }

        Assert.True(done > 0 && undone > 0, $"both ends were seen: {done} done, {undone} not");
    }

    [Theory]
    [InlineData(CrashMode.DropUnflushed)]
    [InlineData(CrashMode.Tear)]
    public void E8_a_second_cut_while_the_first_is_repaired_changes_nothing(CrashMode mode)
    {
        long operations = OperationsOfTruncation();
        for (long at = 1; at <= operations; at++)
        {
            bool? before = null;
            for (int inRecovery = 1; inRecovery <= 25; inRecovery++)
            {
                (VirtualDisk disk, List<byte[]> all) = Cut(at, mode);
                disk.CrashAtOperation = disk.Operations + inRecovery;
                try
                {
                    PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now).Dispose();
                    break; // the recovery is over before that
                }
                catch (VirtualCrashException)
                {
                    disk.Crash(mode);
                }

                bool isDone = Check(disk, all, $"cut at operation {at}, then at {inRecovery} of the recovery, {mode}");
                Assert.Equal(before ?? isDone, isDone);
                before = isDone;
            }
        }
    }

    /// <summary>Goal: a disk without room refuses a truncation whole, at whatever step it runs out. Method: room for one byte more in each attempt.</summary>
    [Fact]
    public void E8_a_truncation_on_a_full_disk_is_whole_or_refused_and_comes_about_when_there_is_room()
    {
        bool isDone = false;
        for (int room = 0; !isDone; room++)
        {
            (VirtualDisk disk, PartitionLog log, List<byte[]> all) = Filled();
            disk.Capacity = long.MaxValue - disk.Root.AvailableBytes + room;
            try
            {
                log.TruncateTo(new Offset(Target));
                isDone = true;
            }
            catch (DiskFullException)
            {
                Assert.False(log.IsFailed);
                Assert.Equal(all, log.ReadAll());
                Assert.Equal([0, 30, 60, 90], log.Epochs.Entries.Select(entry => entry.StartOffset.Value));
                Assert.False(disk.Root.Exists("truncate"));
                disk.Capacity = long.MaxValue;
                log.TruncateTo(new Offset(Target));
            }

            Assert.Equal(NewEnd, log.EndOffset.Value);
            log.Dispose();
            disk.Crash(CrashMode.DropUnflushed);
            Assert.True(Check(disk, all, $"{room} bytes of room"));
            Assert.InRange(room, 0, 1000);
        }
    }

    private static long OperationsOfTruncation()
    {
        (VirtualDisk disk, PartitionLog log, _) = Filled();
        long before = disk.Operations;
        log.TruncateTo(new Offset(Target));
        return disk.Operations - before;
    }

    private static (VirtualDisk Disk, List<byte[]> All) Cut(long at, CrashMode mode)
    {
        (VirtualDisk disk, PartitionLog log, List<byte[]> all) = Filled();
        disk.CrashAtOperation = disk.Operations + at;
        Assert.Throws<VirtualCrashException>(() => log.TruncateTo(new Offset(Target)));
        disk.Crash(mode);
        return (disk, all);
    }

    private static (VirtualDisk Disk, PartitionLog Log, List<byte[]> All) Filled()
    {
        VirtualDisk disk = new(7);
        PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        List<byte[]> all = [];
        for (int i = 0; i < 40; i++)
        {
            all.Add(log.AppendOne(Batch, epoch: i / 10, valueBytes: 200)); // an epoch begins at 0, 30, 60 and 90
            log.Flush();
            if (i % 8 == 7)
            {
                log.WriteState([(byte)i]);
            }
        }

        return (disk, log, all);
    }

    /// <summary>True when the truncation has happened.</summary>
    private static bool Check(VirtualDisk disk, List<byte[]> all, string where)
    {
        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.Empty(log.Recovery.CorruptRanges);
        bool isDone = log.EndOffset.Value != all.Count * Batch;
        Assert.True(!isDone || log.EndOffset.Value == NewEnd, $"{where}: the log ends at {log.EndOffset}, neither where it did nor at {NewEnd}");
        Assert.Equal(all.Take((int)log.EndOffset.Value / Batch), log.ReadAll());
        Assert.Equal(isDone ? [0, 30] : (long[])[0, 30, 60, 90], log.Epochs.Entries.Select(entry => entry.StartOffset.Value));
        Assert.False(disk.Root.Exists("truncate"), $"{where}: the intent is still there");
        if (log.TryLoadState(out Offset stateAt, out byte[] state))
        {
            Assert.True(stateAt <= log.EndOffset, $"{where}: a snapshot at {stateAt} speaks of what is gone");
            Assert.Equal(stateAt.Value, (state[0] + 1) * Batch);
        }

        // The next history takes the place of the old one, and stays.
        byte[] next = log.AppendOne(1, epoch: 9);
        log.Flush();
        log.Close();
        using PartitionLog again = PartitionLog.Open(disk.Root, Batches.Log, Options, Batches.Now);
        Assert.Equal(next, again.ReadAll()[^1]);
        return isDone;
    }
}
