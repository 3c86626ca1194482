using GoQueue.Storage.Directories;

namespace GoQueue.Storage.Tests;

public sealed class VirtualDiskTests
{
    [Fact]
    public void A_power_cut_drops_what_was_not_flushed_and_names_that_were_not_synced()
    {
        VirtualDisk disk = new();
        using (ILogFile file = disk.Root.Create("synced"))
        {
            file.Write(0, [1, 2]);
            file.Flush();
            file.Write(1, [9, 9]);
        }

        disk.Root.Sync();
        disk.Root.Create("forgotten").Dispose();
        disk.Root.Rename("synced", "renamed");
        disk.Crash(CrashMode.DropUnflushed);
        Assert.Equal([new LogDirectoryEntry("synced", 2, false)], disk.Root.List());
        byte[] bytes = new byte[2];
        disk.Root.Open("synced", writable: false).Read(0, bytes);
        Assert.Equal([1, 2], bytes);
    }

    [Fact]
    public void A_dead_process_leaves_everything_it_wrote()
    {
        VirtualDisk disk = new();
        ILogFile file = disk.Root.Create("x");
        file.Write(0, [1, 2]);
        disk.Crash(CrashMode.KeepAll);
        Assert.Equal(2, disk.Root.List()[0].Length);
        Assert.Throws<VirtualCrashException>(() => file.Length);
    }

    [Fact]
    public void Torn_writes_keep_any_sectors_and_never_touch_flushed_ones()
    {
        HashSet<string> outcomes = [];
        for (int seed = 0; seed < 200; seed++)
        {
            VirtualDisk disk = new(seed);
            ILogFile file = disk.Root.Create("x");
            disk.Root.Sync();
            byte[] flushed = new byte[512];
            Array.Fill(flushed, (byte)7);
            file.Write(0, flushed);
            file.Flush();
            byte[] torn = new byte[3 * 512];
            Array.Fill(torn, (byte)8);
            file.Write(512, torn);
            disk.Crash(CrashMode.Tear);
            byte[] left = new byte[4 * 512];
            int length = disk.Root.Open("x", writable: false).Read(0, left);
            Assert.True(left.AsSpan(0, 512).SequenceEqual(flushed));
            outcomes.Add($"{length}:{left[600]}{left[1100]}{left[1600]}");
        }

        Assert.Contains("2048:808", outcomes);
        Assert.Contains("2048:888", outcomes);
        Assert.Contains("512:000", outcomes);
    }

    [Fact]
    public void Faults_come_when_they_were_ordered()
    {
        VirtualDisk disk = new() { FailFlush = 1, FailWrite = 2, FailRead = 1, Capacity = 100 };
        ILogFile file = disk.Root.Create("x");
        file.Write(0, [1]);
        Assert.Throws<FlushFailedException>(file.Flush);
        Assert.Throws<IOException>(() => file.Write(0, [1]));
        Assert.Throws<IOException>(() => file.Read(0, new byte[1]));
        Assert.Throws<DiskFullException>(() => file.Write(0, new byte[101]));
        Assert.Throws<DiskFullException>(() => file.Reserve(101));
        file.Write(0, new byte[100]);
        disk.CrashAtOperation = disk.Operations + 1;
        Assert.Throws<VirtualCrashException>(() => file.Write(0, [2]));
        Assert.Throws<VirtualCrashException>(() => file.Length);
    }
}
