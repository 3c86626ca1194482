using System.Buffers.Binary;
using GoQueue.Core;
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

    /// <summary>
    /// That program opened a partition log right in the directory: its checkpoint first, which it refused if the version was above 1 and the checksum over all but the
    /// checksum right.
    /// </summary>
    [Fact]
    public async Task The_program_before_raft_refuses_a_directory_of_this_one()
    {
        VirtualDisk disk = new();
        SteppedLog log = SteppedLog.Open(disk);
        await log.DecideAsync(Create(800));
        await log.CloseAsync();

        byte[] slot = new byte[48];
        using (ILogFile checkpoint = disk.Root.Open("checkpoint", writable: false))
        {
            Assert.Equal((slot.Length, slot.Length), (checkpoint.Length, checkpoint.Read(0, slot)));
        }

        Assert.Equal("GQ"u8, slot.AsSpan(0, 2));
        Assert.True(slot[2] > 1 && slot[3] == 1, $"version {slot[2]}, kind {slot[3]}");
        Assert.Equal(BinaryPrimitives.ReadUInt32BigEndian(slot.AsSpan(4)), Crc32C.Append(Crc32C.Compute(slot.AsSpan(0, 4)), slot.AsSpan(8)));
        Assert.Equal(log.Digest(), SteppedLog.Open(disk).Digest());
    }

    [Fact]
    public void A_directory_without_a_snapshot_has_no_cluster_id() => Assert.Null(RaftMetadataLog.FindClusterId(new VirtualDisk().Root));
}
