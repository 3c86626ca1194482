using GoQueue.Consensus.Core;
using GoQueue.Consensus.Encoding;
using GoQueue.Consensus.State;
using GoQueue.Consensus.Storage;
using GoQueue.Consensus.Tests.Cores;
using GoQueue.Core;

namespace GoQueue.Consensus.Tests.Formats;

/// <summary>Bytes from a peer or a disk that nobody vouches for: refused or read, never a throw, never more memory than the bytes explain.</summary>
public sealed class HostileBytesTests
{
    public static TheoryData<string> MessageNames => [.. GoldenTests.Messages().Keys];

    [Theory]
    [MemberData(nameof(MessageNames))]
    public void A_message_cut_anywhere_or_with_bytes_behind_it_is_none(string name)
    {
        byte[] whole = GoldenTests.Golden(name);
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Null(RaftMessageCodec.TryRead(whole.AsSpan(0, length), out _));
        }

        Assert.Null(RaftMessageCodec.TryRead([.. whole, 0], out _));
    }

    [Theory]
    [InlineData(0, 2)]   // a later version
    [InlineData(1, 13)]  // an unknown type
    [InlineData(18, 255)] // a negative term
    public void A_message_of_another_version_type_or_a_term_out_of_bounds_is_none(int position, byte value)
    {
        byte[] bytes = GoldenTests.Golden("message-08-heartbeat");
        bytes[position] = value;

        Assert.Null(RaftMessageCodec.TryRead(bytes, out _));
    }

    [Fact]
    public void Counts_beyond_the_bytes_make_no_room()
    {
        byte[] append = GoldenTests.Golden("message-05-append");
        new byte[] { 0x7F, 0xFF, 0xFF, 0xFF }.CopyTo(append, 50);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Null(RaftMessageCodec.TryRead(append, out _));

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 10_000);
    }

    /// <summary>Goal: whatever a member of the cluster is sent, it keeps its own rules. Method: flipped messages into a core that has a log.</summary>
    [Fact]
    public void Flipped_messages_never_throw_in_the_codec()
    {
        Random random = new(4711);
        foreach (string name in GoldenTests.Messages().Keys)
        {
            byte[] whole = GoldenTests.Golden(name);
            for (int i = 0; i < 2000; i++)
            {
                byte[] flipped = [.. whole];
                for (int flips = random.Next(1, 4); flips > 0; flips--)
                {
                    flipped[random.Next(flipped.Length)] = (byte)random.Next(256);
                }

                if (RaftMessageCodec.TryRead(flipped, out _) is { } read)
                {
                    Assert.True(read.Term >= 0);
                }
            }
        }
    }

    [Fact]
    public void An_append_whose_parts_do_not_fit_each_other_changes_nothing()
    {
        CoreWorld world = new(3);
        CoreNode follower = world[3];
        MemberId leader = world[1].Id;
        RaftEntry Entry(long index, long term, RaftEntryKind kind = RaftEntryKind.NoOp) => new(index, term, kind, default);
        RaftMessage[] crooked =
        [
            new RaftMessage.Append(1, 0, 0, 0, [Entry(2, 1)]),                                   // a gap
            new RaftMessage.Append(1, 0, 0, 0, [Entry(1, 2)]),                                   // a term above the leader's
            new RaftMessage.Append(3, 0, 0, 0, [Entry(1, 2), Entry(2, 1)]),                      // a term that falls
            new RaftMessage.Append(3, 0, 0, 0, [Entry(1, 1, RaftEntryKind.Configuration)]),      // no configuration
            new RaftMessage.SnapshotChunk(3, 5, 1, long.MaxValue / 8, 0, 0, 0, default),         // more than anybody keeps
            new RaftMessage.SnapshotChunk(3, 5, 1, 100, 0, 50, Crc32C.Compute(default), default), // an empty piece
        ];
        foreach (RaftMessage message in crooked)
        {
            follower.Step(new RaftInput.Received(leader, message));
        }

        Assert.Equal((0, 0), (follower.Core.Log.LastIndex, follower.Core.Commit));
    }

    [Fact]
    public void A_leader_believes_no_match_beyond_its_log_and_no_round_it_did_not_ask()
    {
        CoreWorld world = new(3);
        CoreNode leader = world.Elect(1);
        leader.Step(new RaftInput.Read([1]));
        world.Drop();
        leader.Step(new RaftInput.Received(world[2].Id, new RaftMessage.AppendAccepted(leader.Core.Term, 1000, true)));
        leader.Step(new RaftInput.Received(world[2].Id, new RaftMessage.HeartbeatAnswer(leader.Core.Term, 1000, true)));
        leader.Step(new RaftInput.Received(world[2].Id, new RaftMessage.AppendRejected(leader.Core.Term, 0, 1000, 1000)));
        leader.Step(new RaftInput.Received(world[2].Id, new RaftMessage.SnapshotAnswer(leader.Core.Term, 5, 7, 5, true)));

        Assert.Equal(1, leader.Core.Commit);
        Assert.Empty(leader.Reads);
    }

    [Fact]
    public void Damage_of_any_byte_of_a_stored_file_is_found()
    {
        byte[] snapshot = GoldenTests.Golden("snapshot");
        byte[] slot = GoldenTests.Golden("hard-state-slot");
        for (int i = 0; i < snapshot.Length; i++)
        {
            byte[] damaged = [.. snapshot];
            damaged[i] ^= 0x20;
            Assert.Null(RaftSnapshot.TryParse(damaged));
        }

        for (int i = 0; i < slot.Length; i++)
        {
            byte[] damaged = [.. slot];
            damaged[i] ^= 0x20;
            Assert.False(HardStateFile.TryParse(damaged, "path", out _, out _));
        }
    }

    [Fact]
    public void A_later_version_is_named_and_not_taken_for_damage()
    {
        byte[] slot = GoldenTests.Golden("hard-state-slot");
        slot[2] = 2;
        BitConverter.TryWriteBytes(slot.AsSpan(4), System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(Crc32C.Append(Crc32C.Compute(slot.AsSpan(0, 4)), slot.AsSpan(8))));
        Assert.Throws<GoQueue.Storage.Directories.NewerFormatException>(() => HardStateFile.TryParse(slot, "path", out _, out _));

        byte[] snapshot = GoldenTests.Golden("snapshot");
        snapshot[2] = 2;
        Assert.True(RaftSnapshot.IsNewer(snapshot));
    }

    [Fact]
    public void A_proposal_with_numbers_out_of_bounds_is_refused()
    {
        ReadOnlySpan<byte> command = GoldenTests.Golden("entry-command").AsSpan(EntryRecord.HeaderSize + CommandEnvelope.Size);
        Assert.True(CommandEnvelope.Read(new CommandEnvelope(Guid.Empty, 0, 1, 0).Wrap(command).Span).IsOk);
        Assert.False(CommandEnvelope.Read(new CommandEnvelope(Guid.Empty, 0, 0, 0).Wrap(command).Span).IsOk);
        Assert.False(CommandEnvelope.Read(new CommandEnvelope(Guid.Empty, 0, 1, 2).Wrap(command).Span).IsOk);
        Assert.False(CommandEnvelope.Read(new CommandEnvelope(Guid.Empty, 0, 1_000_000, 0).Wrap(command).Span).IsOk);
        Assert.False(CommandEnvelope.Read(new CommandEnvelope(Guid.Empty, -1, 1, 0).Wrap(command).Span).IsOk);
    }
}
