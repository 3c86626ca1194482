using System.Buffers;
using GoQueue.Consensus;
using GoQueue.Consensus.Core;
using GoQueue.Consensus.Encoding;
using GoQueue.Consensus.State;
using GoQueue.Consensus.Storage;
using GoQueue.Core;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Fuzz.Targets;

/// <summary>Messages and calls of the metadata quorum: refused, or canonical and harmless to a member that receives them.</summary>
internal sealed class RaftMessageTarget : IFuzzTarget
{
    private static readonly QuorumMember[] Members =
        [.. Enumerable.Range(1, 3).Select(number => new QuorumMember(new NodeId($"n{number}"), new Guid(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), "host", 7000 + number))];

    private static readonly RaftConfiguration Configuration = new(Members, []);

    public string Name => "raft-message";

    public IEnumerable<byte[]> Seeds { get; } =
    [
        Write(new RaftMessage.PreVote(2, 3, 1)),
        Write(new RaftMessage.Vote(2, 3, 1, true)),
        Write(new RaftMessage.VoteAnswer(2, true)),
        Write(new RaftMessage.Append(1, 2, 1, 2, [new(3, 1, RaftEntryKind.Command, new byte[] { 1, 2, 3 }), new(4, 1, RaftEntryKind.Configuration, Configuration.ToBytes())])),
        Write(new RaftMessage.AppendAccepted(1, 2, true)),
        Write(new RaftMessage.AppendRejected(1, 2, 1, 1)),
        Write(new RaftMessage.Heartbeat(1, 4, 2)),
        Write(new RaftMessage.HeartbeatAnswer(1, 4, true)),
        Write(new RaftMessage.SnapshotChunk(1, 9, 1, 3, Crc32C.Compute([1, 2, 3]), 0, Crc32C.Compute([1, 2, 3]), new byte[] { 1, 2, 3 })),
        Write(new RaftMessage.SnapshotAnswer(1, 9, 3, 0, true)),
        Write(new RaftMessage.TimeoutNow(1)),
        PeerCalls.WriteAdmin(new QuorumRequest.Change(new MembershipChange.AddLearner(Members[0]))).Span.ToArray(),
        PeerCalls.WriteAnswer(new Error(ErrorCode.Timeout, "late")).Span.ToArray(),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        _ = PeerCalls.ReadProposals(input);
        _ = PeerCalls.ReadAdmin(input);
        _ = PeerCalls.ReadAnswer(input);
        if (RaftMessageCodec.TryRead(input, out Guid to) is not { } message)
        {
            return;
        }

        ArrayBufferWriter<byte> written = new();
        RaftMessageCodec.Write(message, to, written);
        Invariant.Check(input.SequenceEqual(written.WrittenSpan), "what is read is written back the same");
        RaftCore core = Follower();
        List<RaftEffect> effects = [];
        core.Step(new RaftInput.Received(MemberId.Of(Members[0]), message), TimeSpan.FromSeconds(1), effects);
        Invariant.Check(core.Commit <= core.Log.LastIndex || effects.OfType<RaftEffect.InstallSnapshot>().Any(), "nothing is decided that is not there");
    }

    private static RaftCore Follower() => new(
        new RaftStart
        {
            Self = MemberId.Of(Members[2]),
            HardState = new HardState(1, null),
            Snapshot = null,
            Configuration = Configuration,
            Entries = [new(1, 1, RaftEntryKind.NoOp, default), new(2, 1, RaftEntryKind.Command, new byte[] { 1 })],
            BaseTerm = 0,
            Commit = 0,
            MayVote = true,
        },
        new RaftOptions(),
        new Random(1),
        TimeSpan.Zero);

    private static byte[] Write(RaftMessage message)
    {
        ArrayBufferWriter<byte> bytes = new();
        RaftMessageCodec.Write(message, Members[2].Incarnation, bytes);
        return bytes.WrittenSpan.ToArray();
    }
}

/// <summary>What a member keeps on its disk: refused, or canonical.</summary>
internal sealed class RaftFileTarget : IFuzzTarget
{
    private static readonly RaftConfiguration One = new([new QuorumMember(new NodeId("n1"), new Guid(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), "host", 7000)], []);

    public string Name => "raft-file";

    public IEnumerable<byte[]> Seeds { get; } =
    [
        RaftSnapshot.Make(7, 2, One, [0, 0, 0, 0, 1, 2, 3]).Bytes.ToArray(),
        new CommandEnvelope(Guid.Empty, 1, 2, 1).Wrap([0, 2, 0, 1, 0, 0, 0, 7]).ToArray(),
        Entry(new RaftEntry(1, 1, RaftEntryKind.Configuration, One.ToBytes())),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        if (RaftSnapshot.TryParse(input.ToArray()) is { } snapshot)
        {
            RaftSnapshot again = RaftSnapshot.Make(snapshot.Index, snapshot.Term, snapshot.Configuration, snapshot.State.Span);
            Invariant.Check(RaftSnapshot.TryParse(again.Bytes) is not null, "what is read can be written");
        }

        _ = ReplicatedState.ReadSnapshot(input, 100);
        _ = CommandEnvelope.Read(input);
        _ = EntryRecord.TryRead(input, 1, 1, out _);
        _ = HardStateFile.TryParse(input, "fuzz", out _, out _);
        _ = Genesis.Read(input);
    }

    private static byte[] Entry(RaftEntry entry)
    {
        byte[] bytes = new byte[EntryRecord.HeaderSize + entry.Payload.Length];
        EntryRecord.Write(entry, bytes);
        return bytes;
    }
}
