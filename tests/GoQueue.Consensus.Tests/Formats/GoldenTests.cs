using System.Buffers;
using System.Runtime.CompilerServices;
using GoQueue.Consensus.Core;
using GoQueue.Consensus.Encoding;
using GoQueue.Consensus.State;
using GoQueue.Consensus.Storage;
using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus.Tests.Formats;

/// <summary>
/// The bytes of version 1, fixed (docs/internals/raft-log.md, raft-messages.md). The files were made from the tables there by another encoder than the one
/// under test. A change of one is a new version with a reader for the old one.
/// </summary>
public sealed class GoldenTests
{
    private static readonly Guid To = IdOf(9);
    private static readonly QuorumMember[] Members = [.. Enumerable.Range(1, 4).Select(number => new QuorumMember(new NodeId($"n{number}"), IdOf(number), $"host-{number}", 7000 + number))];
    private static readonly RaftConfiguration Configuration = new(Members[..3], Members[3..]);
    private static readonly ReadOnlyMemory<byte> Command = new CommandEnvelope(IdOf(1), 3, 12, 10).Wrap(Encode(new AllocateProducerIdsCommand(123)));

    public static TheoryData<string> MessageNames => [.. Messages().Keys];

    [Fact]
    public void A_slot_of_the_hard_state()
    {
        byte[] golden = Golden("hard-state-slot");
        StoredHardState state = new(
            new HardState(5, new MemberId(new NodeId("n2"), IdOf(2))), Commit: 41, Boot: 3, Crc32C.Compute("cluster"u8), IsVoteLost: false);
        byte[] slot = new byte[HardStateFile.SlotSize];

        HardStateFile.Format(slot, 7, state);

        Assert.Equal(golden, slot);
        Assert.True(HardStateFile.TryParse(golden, "path", out long sequence, out StoredHardState read));
        Assert.Equal((7, state), (sequence, read));
    }

    [Theory]
    [InlineData("entry-noop", 40)]
    [InlineData("entry-command", 41)]
    [InlineData("entry-configuration", 42)]
    public void Entries(string name, long index)
    {
        byte[] golden = Golden(name);
        RaftEntry entry = index switch
        {
            40 => new RaftEntry(index, 5, RaftEntryKind.NoOp, default),
            41 => new RaftEntry(index, 5, RaftEntryKind.Command, Command),
            _ => new RaftEntry(index, 5, RaftEntryKind.Configuration, Configuration.ToBytes()),
        };
        byte[] written = new byte[EntryRecord.HeaderSize + entry.Payload.Length];

        EntryRecord.Write(entry, written);

        Assert.Equal(golden, written);
        Assert.True(EntryRecord.TryRead(golden, index, 5, out RaftEntry read));
        Assert.Equal((entry.Index, entry.Term, entry.Kind), (read.Index, read.Term, read.Kind));
        Assert.Equal(entry.Payload.ToArray(), read.Payload.ToArray());
        Assert.False(EntryRecord.TryRead(golden, index + 1, 5, out _));
        Assert.False(EntryRecord.TryRead(golden, index, 6, out _));
    }

    [Fact]
    public void A_command_names_its_proposer()
    {
        (CommandEnvelope envelope, MetadataCommand command) = CommandEnvelope.Read(Golden("entry-command").AsSpan(EntryRecord.HeaderSize)).Value;

        Assert.Equal(new CommandEnvelope(IdOf(1), 3, 12, 10), envelope);
        Assert.Equal(new AllocateProducerIdsCommand(123), command);
    }

    [Fact]
    public void A_snapshot()
    {
        byte[] golden = Golden("snapshot");
        byte[] state = [0, 0, 0, 0, .. "image"u8];

        Assert.Equal(golden, RaftSnapshot.Make(42, 5, Configuration, state).Bytes.ToArray());
        RaftSnapshot read = RaftSnapshot.TryParse(golden)!;
        Assert.Equal((42, 5, Configuration.ToString()), (read.Index, read.Term, read.Configuration.ToString()));
        Assert.Equal(state, read.State.ToArray());
    }

    [Fact]
    public void A_genesis()
    {
        Genesis genesis = new("cluster", Members[..3], Members[3..]);
        ArrayBufferWriter<byte> written = new();

        genesis.Write(written);

        Assert.Equal(Golden("genesis"), written.WrittenSpan.ToArray());
        Assert.Equal(genesis, Genesis.Read(written.WrittenSpan).Value);
    }

    [Theory]
    [MemberData(nameof(MessageNames))]
    public void Messages_between_members(string name)
    {
        byte[] golden = Golden(name);
        RaftMessage message = Messages()[name];

        Assert.Equal(golden, Write(message));
        RaftMessage? read = RaftMessageCodec.TryRead(golden, out Guid to);
        Assert.Equal(To, to);
        Assert.Equal(message.GetType(), read?.GetType());
        Assert.Equal(golden, Write(read!));
    }

    [Fact]
    public void Calls_and_answers()
    {
        Assert.Equal(Golden("call-propose"), PeerCalls.WriteProposals([Command]).Span.ToArray());
        Assert.Equal(Command.ToArray(), PeerCalls.ReadProposals(Golden("call-propose"))![0].ToArray());
        (string, QuorumRequest)[] requests =
        [
            ("call-transfer", new QuorumRequest.Transfer(new NodeId("n2"))),
            ("call-add-learner", new QuorumRequest.Change(new MembershipChange.AddLearner(Members[3]))),
            ("call-promote", new QuorumRequest.Change(new MembershipChange.Promote(new NodeId("n4"), IdOf(4)))),
            ("call-remove", new QuorumRequest.Change(new MembershipChange.Remove(new NodeId("n1"), IdOf(1)))),
        ];
        foreach ((string name, QuorumRequest request) in requests)
        {
            Assert.Equal(Golden(name), PeerCalls.WriteAdmin(request).Span.ToArray());
            Assert.Equal(request, PeerCalls.ReadAdmin(Golden(name)));
        }

        Error refused = new(ErrorCode.NotController, "n1 leads, not n2");
        Assert.Equal(Golden("answer-ok"), PeerCalls.WriteAnswer(42L).Span.ToArray());
        Assert.Equal(42, PeerCalls.ReadAnswer(Golden("answer-ok")).Value);
        Assert.Equal(Golden("answer-refused"), PeerCalls.WriteAnswer(refused).Span.ToArray());
        Assert.Equal(refused, PeerCalls.ReadAnswer(Golden("answer-refused")).Error);
    }

    internal static SortedDictionary<string, RaftMessage> Messages()
    {
        RaftSnapshot snapshot = RaftSnapshot.Make(42, 5, Configuration, [0, 0, 0, 0, .. "image"u8]);
        ReadOnlyMemory<byte> piece = snapshot.Bytes[..16];
        RaftEntry[] entries =
        [
            new(42, 6, RaftEntryKind.NoOp, default),
            new(43, 6, RaftEntryKind.Command, Command),
            new(44, 6, RaftEntryKind.Configuration, Configuration.ToBytes()),
        ];
        return new(StringComparer.Ordinal)
        {
            ["message-01-prevote"] = new RaftMessage.PreVote(6, 41, 5),
            ["message-02-prevote-answer"] = new RaftMessage.PreVoteAnswer(6, true),
            ["message-03-vote"] = new RaftMessage.Vote(6, 41, 5, true),
            ["message-04-vote-answer"] = new RaftMessage.VoteAnswer(6, false),
            ["message-05-append"] = new RaftMessage.Append(6, 41, 5, 40, entries),
            ["message-06-accepted"] = new RaftMessage.AppendAccepted(6, 44, true),
            ["message-07-rejected"] = new RaftMessage.AppendRejected(6, 41, 30, 4),
            ["message-08-heartbeat"] = new RaftMessage.Heartbeat(6, 77, 40),
            ["message-09-heartbeat-answer"] = new RaftMessage.HeartbeatAnswer(6, 77, false),
            ["message-10-snapshot-chunk"] =
                new RaftMessage.SnapshotChunk(6, 42, 5, snapshot.Bytes.Length, snapshot.Checksum, 0, Crc32C.Compute(piece.Span), piece),
            ["message-11-snapshot-answer"] = new RaftMessage.SnapshotAnswer(6, 42, 16, 0, true),
            ["message-12-timeout-now"] = new RaftMessage.TimeoutNow(6),
        };
    }

    internal static byte[] Write(RaftMessage message)
    {
        ArrayBufferWriter<byte> bytes = new();
        RaftMessageCodec.Write(message, To, bytes);
        return bytes.WrittenSpan.ToArray();
    }

    internal static byte[] Golden(string name, [CallerFilePath] string here = "") =>
        Convert.FromHexString(File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "Golden", name + ".hex")).ReplaceLineEndings(string.Empty));

    private static Guid IdOf(int number) => new(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

    private static byte[] Encode(MetadataCommand command)
    {
        ArrayBufferWriter<byte> bytes = new();
        MetadataCommandCodec.Encode(command, bytes);
        return bytes.WrittenSpan.ToArray();
    }
}
