using GoQueue.Consensus;
using GoQueue.Consensus.Formation;
using GoQueue.Core;
using GoQueue.Metadata.Quorum;
using GoQueue.Replication;
using GoQueue.Replication.Wire;

namespace GoQueue.Fuzz.Targets;

/// <summary>What followers and leaders say to each other: refused, or canonical.</summary>
internal sealed class ReplicaFetchTarget : IFuzzTarget
{
    private static readonly TopicPartition Partition = new(new TopicId(new Guid(7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)), new PartitionIndex(3));

    public string Name => "replica-fetch";

    public IEnumerable<byte[]> Seeds { get; } =
    [
        Bytes(ReplicaFetchCodec.Encode(new ReplicaFetchRequest(
            5, 2, new BrokerEpoch(9), 500, 8 << 20, [new PartitionPosition(Partition, new FetchPosition(new LeaderEpoch(1), new Offset(100), new LeaderEpoch(1), Offset.Zero, 4))], [Partition]))),
        Bytes(ReplicaFetchCodec.Encode(new ReplicaFetchResponse(
            ErrorCode.None, 5, 2, [new PartitionFetched(Partition, new FetchAnswer(new LeaderEpoch(1), 4, ErrorCode.None, EpochEnd.Undefined, new Offset(90), Offset.Zero) { PromisedStart = new Offset(20), LogStart = new Offset(10) }, 0)]))),
        Bytes(StateFetchCodec.Encode(new StateFetchRequest(Partition, new LeaderEpoch(1), new BrokerEpoch(9), Offset.None, 0, 1 << 20))),
        Bytes(StateFetchCodec.Encode(new StateFetchResponse(new Offset(40), new Offset(50), 3, 0) { EpochBefore = new LeaderEpoch(1), EpochBeganAt = new Offset(7) }, [1, 2, 3])),
        Bytes(CatchUpCodec.Encode([Partition, Partition])),
        Bytes(CatchUpCodec.Encode([new CatchUpReport(Partition, new NodeId("n4"), 1 << 30, 5000)])),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        if (ReplicaFetchCodec.DecodeRequest(input).TryGet(out ReplicaFetchRequest? request, out _))
        {
            Check(input, ReplicaFetchCodec.Encode(request));
        }

        if (ReplicaFetchCodec.DecodeResponse(input, out int dataStart).TryGet(out ReplicaFetchResponse? response, out _))
        {
            Check(input[..dataStart], ReplicaFetchCodec.Encode(response));
        }

        if (StateFetchCodec.DecodeRequest(input).TryGet(out StateFetchRequest stateRequest, out _))
        {
            Check(input, StateFetchCodec.Encode(stateRequest));
        }

        if (StateFetchCodec.DecodeResponse(input).TryGet(out StateFetchResponse state, out _))
        {
            Check(input, StateFetchCodec.Encode(state, input[StateFetchCodec.ResponseHead..]));
        }

        if (CatchUpCodec.DecodeRequest(input).TryGet(out IReadOnlyList<TopicPartition>? partitions, out _))
        {
            Check(input, CatchUpCodec.Encode(partitions));
        }

        if (CatchUpCodec.DecodeReports(input).TryGet(out IReadOnlyList<CatchUpReport>? reports, out _))
        {
            Check(input, CatchUpCodec.Encode(reports));
        }
    }

    private static void Check(ReadOnlySpan<byte> read, SharedBuffer written)
    {
        using (written)
        {
            Invariant.Check(read.SequenceEqual(written.Span), "what is read is written back the same");
        }
    }

    private static byte[] Bytes(SharedBuffer buffer)
    {
        using (buffer)
        {
            return buffer.Span.ToArray();
        }
    }
}

/// <summary>What nodes say of themselves while a cluster forms: refused, or canonical.</summary>
internal sealed class FormationViewTarget : IFuzzTarget
{
    private static readonly Guid Incarnation = new(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    private static readonly Genesis Genesis = new("cluster", [new QuorumMember(new NodeId("n1"), Incarnation, "host", 7000)], []);

    public string Name => "formation-view";

    public IEnumerable<byte[]> Seeds { get; } =
    [
        Write(new FormationView(new NodeId("n1"), Incarnation, "host", 7000, 0, null)),
        Write(new FormationView(new NodeId("n2"), Incarnation, string.Empty, 0, 2, new FormationRecord(FormationStage.Formed, new FormationProposal(new NodeId("n1"), Incarnation, 1, Incarnation), Genesis, 2))),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        if (FormationView.Decode(input).TryGet(out FormationView? view, out Error error))
        {
            Invariant.Check(input.SequenceEqual(Write(view)), "what is read is written back the same");
        }
        else
        {
            Invariant.Check(error.Code == ErrorCode.MalformedRequest, "a view is refused for damage or age only");
        }
    }

    private static byte[] Write(FormationView view)
    {
        using SharedBuffer bytes = view.Encode();
        return bytes.Span.ToArray();
    }
}
