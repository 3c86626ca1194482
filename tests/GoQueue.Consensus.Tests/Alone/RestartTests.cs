using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Storage;
using GoQueue.Storage.Directories;
using static GoQueue.Consensus.Tests.Contract.MetadataCommands;

namespace GoQueue.Consensus.Tests.Alone;

public sealed class RestartTests
{
    private static readonly RaftOptions Options = SteppedLog.SmallSegments(snapshotEvery: 10);

    [Fact]
    public async Task Snapshots_let_old_segments_go_and_a_start_begins_with_the_newest()
    {
        SteppedLog log = await FilledAsync(commands: 60);

        Assert.True(FirstOffset(log.Disk) > 0, "no segment was removed");
        Assert.InRange(Entries(log.Disk).List().Count(entry => entry.Name.EndsWith(".log", StringComparison.Ordinal)), 1, 25);
        SteppedLog reopened = await log.ReopenAsync();
        Assert.Equal(log.Digest(), reopened.Digest());
    }

    [Fact]
    public async Task A_damaged_newest_snapshot_is_passed_over_for_the_one_before()
    {
        SteppedLog log = await FilledAsync(commands: 60);
        await log.CloseAsync();
        Flip(log.Disk.Root, Snapshots(log.Disk)[^1], position: 100);

        SteppedLog reopened = SteppedLog.Open(log.Disk, Options);

        Assert.Equal(log.Digest(), reopened.Digest());
    }

    [Fact]
    public async Task Without_any_snapshot_a_log_that_lost_its_beginning_is_refused()
    {
        SteppedLog log = await FilledAsync(commands: 60);
        await log.CloseAsync();
        foreach (string snapshot in Snapshots(log.Disk))
        {
            log.Disk.Root.Delete(snapshot);
        }

        AssertUnusable(log.Disk, "no sound snapshot holds what was before");
    }

    [Fact]
    public async Task Damage_in_the_log_is_refused_and_never_skipped()
    {
        SteppedLog log = SteppedLog.Open(options: Options);
        for (int i = 1; i <= 5; i++)
        {
            await log.DecideAsync(Create(i));
        }

        await log.CloseAsync();
        string segment = Entries(log.Disk).List().First(entry => entry.Name.EndsWith(".log", StringComparison.Ordinal)).Name;
        Flip(Entries(log.Disk), segment, position: 4096 + 150);

        AssertUnusable(log.Disk, "damaged");
    }

    /// <summary>The log of another node, or a partition's, in the place of this one's: sound bytes, but not what this member promised.</summary>
    [Fact]
    public async Task A_segment_of_another_log_is_refused_and_never_taken_for_an_empty_one()
    {
        SteppedLog log = SteppedLog.Open(options: Options);
        for (int i = 1; i <= 5; i++)
        {
            await log.DecideAsync(Create(i));
        }

        await log.CloseAsync();
        string segment = Entries(log.Disk).List().First(entry => entry.Name.EndsWith(".log", StringComparison.Ordinal)).Name;
        VirtualDisk other = new();
        PartitionLog.Open(other.Root, LogIdentity.OfMetadata(new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)), new PartitionLogOptions(), new UnixMillis(1000)).Close();
        byte[] header = new byte[4096];
        using (ILogFile from = other.Root.Open(segment, writable: false))
        using (ILogFile to = Entries(log.Disk).Open(segment, writable: true))
        {
            Assert.Equal(header.Length, from.Read(0, header));
            to.Write(0, header);
            to.Flush();
        }

        AssertUnusable(log.Disk, "damaged");
    }

    [Fact]
    public async Task A_log_closed_without_a_command_opens_again()
    {
        SteppedLog log = await SteppedLog.Open(options: Options).ReopenAsync();

        Assert.Equal(0, log.Image.Version);
        Assert.True((await log.DecideAsync(Create(1))).IsOk);
    }

    private static async Task<SteppedLog> FilledAsync(int commands)
    {
        SteppedLog log = SteppedLog.Open(options: Options);
        for (int i = 1; i <= commands / 2; i++)
        {
            // Large commands, so that segments are short; deleted again, so that snapshots are small.
            Assert.True((await log.DecideAsync(Create(i, partitions: 10_000))).IsOk);
            Assert.True((await log.DecideAsync(new DeleteTopicCommand(Id(i)))).IsOk);
        }

        return log;
    }

    private static List<string> Snapshots(VirtualDisk disk) =>
        [.. disk.Root.List().Select(entry => entry.Name).Where(name => name.StartsWith("snapshot-", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static long FirstOffset(VirtualDisk disk) =>
        Entries(disk).List().Where(entry => entry.Name.EndsWith(".log", StringComparison.Ordinal)).Min(entry => long.Parse(entry.Name[..20]));

    private static ILogDirectory Entries(VirtualDisk disk) => disk.Root.Subdirectory("log-00000000000000000000");

    private static void Flip(ILogDirectory directory, string name, long position)
    {
        using ILogFile file = directory.Open(name, writable: true);
        byte[] one = new byte[1];
        Assert.Equal(1, file.Read(position, one));
        one[0] ^= 0x10;
        file.Write(position, one);
        file.Flush();
    }

    private static void AssertUnusable(VirtualDisk disk, string why)
    {
        MetadataLogUnusableException refusal = Assert.Throws<MetadataLogUnusableException>(() => SteppedLog.Open(disk, Options));
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }
}
