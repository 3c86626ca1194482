using GoQueue.Core;
using GoQueue.Storage;
using GoQueue.Storage.Directories;
using static GoQueue.Consensus.Tests.Contract.MetadataCommands;

namespace GoQueue.Consensus.Tests.Alone;

/// <summary>The program before Raft kept a partition log of plain commands right in the metadata directory. Neither program takes the other's directory for its own.</summary>
public sealed class OldProgramTests
{
    [Fact]
    public void Metadata_of_the_program_before_raft_is_refused_by_name_and_left_as_it_is()
    {
        VirtualDisk disk = new();
        const string Segment = "00000000000000000000.log";
        using (ILogFile old = disk.Root.Create(Segment))
        {
            old.Write(0, "commands"u8);
            old.Flush();
        }

        disk.Root.Sync();
        MetadataLogUnusableException refusal = Assert.Throws<MetadataLogUnusableException>(() => SteppedLog.Open(disk));
        Assert.Contains("Move the data directory away", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<MetadataLogUnusableException>(() => RaftMetadataLog.FindClusterId(disk.Root));
        Assert.Equal([Segment], disk.Root.List().Select(entry => entry.Name));
    }

    /// <summary>That program opened a partition log right in the directory.</summary>
    [Fact]
    public async Task The_program_before_raft_refuses_a_directory_of_this_one()
    {
        VirtualDisk disk = new();
        SteppedLog log = SteppedLog.Open(disk);
        await log.DecideAsync(Create(800));
        await log.CloseAsync();

        Assert.Throws<NewerFormatException>(() => PartitionLog.Open(disk.Root, LogIdentity.OfMetadata(Guid.Empty), new PartitionLogOptions(), new UnixMillis(1000)));
        Assert.Equal(log.Digest(), SteppedLog.Open(disk).Digest());
    }

    [Fact]
    public void A_directory_without_a_snapshot_has_no_cluster_id() => Assert.Null(RaftMetadataLog.FindClusterId(new VirtualDisk().Root));
}
