using System.Buffers;
using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Storage;
using GoQueue.Storage.Directories;
using GoQueue.Testing;
using static GoQueue.Consensus.Tests.Contract.MetadataCommands;

namespace GoQueue.Consensus.Tests.Alone;

/// <summary>Directories that the program before Raft wrote: a partition log of plain commands, right in the metadata directory.</summary>
public sealed class TakeOverTests
{
    private static readonly PartitionLogOptions OldOptions = new() { SegmentBytes = 300 << 10, TailCacheBytes = 0, ReserveBytes = 64 << 10 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_metadata_of_a_single_node_is_taken_over_once(bool withSnapshot)
    {
        VirtualDisk disk = new();
        MetadataImage before = WriteOld(disk, withSnapshot);

        SteppedLog log = SteppedLog.Open(disk);

        Assert.Equal((before.Version, before.ClusterId, before.TopicCount), (log.Image.Version, log.Image.ClusterId, log.Image.TopicCount));
        Assert.Equal(before.Topics.Select(topic => (topic.Id, topic.Name, topic.Version)), log.Image.Topics.Select(topic => (topic.Id, topic.Name, topic.Version)));
        Assert.True((await log.DecideAsync(Create(500))).IsOk);
        Assert.DoesNotContain(disk.Root.List(), entry => entry.Name.EndsWith(".log", StringComparison.Ordinal) || entry.Name.EndsWith(".state", StringComparison.Ordinal));
        SteppedLog reopened = log.Crash(CrashMode.DropUnflushed);
        Assert.Equal(log.Digest(), reopened.Digest());
        Assert.Equal(before.TopicCount + 1, reopened.Image.TopicCount);
    }

    /// <summary>Goal: a crash anywhere in the take-over loses nothing. Method: cut it at every operation in turn.</summary>
    [Theory]
    [InlineData(CrashMode.KeepAll)]
    [InlineData(CrashMode.DropUnflushed)]
    [InlineData(CrashMode.Tear)]
    public void A_take_over_cut_at_any_operation_is_done_again(CrashMode mode)
    {
        bool isCut = true;
        for (long cut = 1; isCut; cut++)
        {
            VirtualDisk disk = new(seed: (int)cut);
            MetadataImage before = WriteOld(disk, withSnapshot: true);
            disk.CrashAtOperation = disk.Operations + cut;
            isCut = false;
            try
            {
                SteppedLog.Open(disk);
            }
            catch (VirtualCrashException)
            {
                isCut = true;
            }

            disk.Crash(mode);
            SteppedLog log = SteppedLog.Open(disk);
            Assert.Equal((before.Version, before.TopicCount), (log.Image.Version, log.Image.TopicCount));
        }
    }

    [Fact]
    public void The_cluster_id_is_known_before_the_take_over()
    {
        VirtualDisk disk = new();
        WriteOld(disk, withSnapshot: false);
        RaftEnvironment environment = OneNode.Environment(new ManualLoop(), new ManualTime());

        Assert.Equal("cluster", RaftMetadataLog.FindClusterId(disk.Root, new RaftOptions(), environment));
        Assert.NotNull(SteppedLog.Open(disk).Image.ClusterId);
        Assert.Null(RaftMetadataLog.FindClusterId(new VirtualDisk().Root, new RaftOptions(), environment));
    }

    [Fact]
    public void Metadata_of_a_single_node_does_not_become_a_part_of_a_cluster_of_several()
    {
        VirtualDisk disk = new();
        WriteOld(disk, withSnapshot: false);
        Genesis three = new("cluster", [OneNode.Member, OneNode.Member with { Node = new NodeId("n2") }, OneNode.Member with { Node = new NodeId("n3") }], []);

        MetadataLogUnusableException refusal = Assert.Throws<MetadataLogUnusableException>(
            () => RaftMetadataLog.Open(disk.Root, three, new RaftOptions(), OneNode.Environment(new ManualLoop(), new ManualTime())));

        Assert.Contains("Start it alone first", refusal.Message, StringComparison.Ordinal);
        Assert.True(SteppedLog.Open(disk).Image.TopicCount > 0);
    }

    [Theory]
    [InlineData(99, 1, "type 99")]
    [InlineData(3, 77, "CreateTopic has version 77")]
    public void A_command_of_a_newer_program_refuses_the_start_by_name(short type, short version, string named)
    {
        VirtualDisk disk = new();
        byte[] command = new byte[20];
        BinaryPrimitives.WriteInt16BigEndian(command, type);
        BinaryPrimitives.WriteInt16BigEndian(command.AsSpan(2), version);
        Append(disk, [command]);

        MetadataLogUnusableException refusal = Assert.Throws<MetadataLogUnusableException>(() => SteppedLog.Open(disk));

        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("newer goqueue-server", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_that_cannot_be_read_refuses_the_start()
    {
        VirtualDisk disk = new();
        Append(disk, [Encode(Create(1)), [0, 2, 0, 1, 9]]);

        Assert.Contains("command 1", Assert.Throws<MetadataLogUnusableException>(() => SteppedLog.Open(disk)).Message, StringComparison.Ordinal);
    }

    /// <summary>That program opened a partition log right in the directory.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_program_before_raft_refuses_a_directory_of_this_one(bool wasTakenOver)
    {
        VirtualDisk disk = new();
        if (wasTakenOver)
        {
            WriteOld(disk, withSnapshot: true);
        }

        SteppedLog log = SteppedLog.Open(disk);
        await log.DecideAsync(Create(800));
        await log.CloseAsync();

        Assert.Throws<NewerFormatException>(() => PartitionLog.Open(disk.Root, LogIdentity.OfMetadata(Guid.Empty), OldOptions, new UnixMillis(1000)));
        Assert.Equal(log.Digest(), SteppedLog.Open(disk).Digest());
    }

    private static MetadataImage WriteOld(VirtualDisk disk, bool withSnapshot)
    {
        List<MetadataCommand> commands = [new FormClusterCommand("cluster"), Create(1, "a"), Create(2, "A"), Create(3, partitions: 4), new DeleteTopicCommand(Id(1)), new AllocateProducerIdsCommand(7)];
        MetadataState state = new();
        for (int i = 0; i < commands.Count; i++)
        {
            state.Apply(commands[i], i);
        }

        Append(disk, commands.ConvertAll(Encode));
        if (withSnapshot)
        {
            using PartitionLog log = PartitionLog.Open(disk.Root, LogIdentity.OfMetadata(Guid.Empty), OldOptions, new UnixMillis(1000));
            ArrayBufferWriter<byte> bytes = new();
            state.WriteSnapshot(bytes);
            log.WriteState(bytes.WrittenSpan);
            log.Close();
            Append(disk, [Encode(Create(9))]);
            state.Apply(Create(9), commands.Count);
        }

        return state.Image;
    }

    private static byte[] Encode(MetadataCommand command)
    {
        ArrayBufferWriter<byte> bytes = new();
        MetadataCommandCodec.Encode(command, bytes);
        return bytes.WrittenSpan.ToArray();
    }

    private static void Append(VirtualDisk disk, List<byte[]> commands)
    {
        using PartitionLog log = PartitionLog.Open(disk.Root, LogIdentity.OfMetadata(Guid.Empty), OldOptions, new UnixMillis(1000));
        using RecordBatchBuilder builder = new();
        foreach (byte[] command in commands)
        {
            Assert.True(builder.TryAppend(new UnixMillis(1000), [], keyIsNull: true, command, valueIsNull: false, [], 1 << 20));
        }

        using SharedBuffer batch = builder.Build();
        RecordBatchHeader.Stamp(batch.Span, log.EndOffset, LeaderEpoch.Zero);
        log.Append([batch], new UnixMillis(1000));
        log.Close();
    }
}
