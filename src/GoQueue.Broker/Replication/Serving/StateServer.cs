using GoQueue.Broker.PartitionLoops;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Replication.Wire;

namespace GoQueue.Broker.Replication.Serving;

/// <summary>Answers followers that need a snapshot of the fold, part by part; hands those that need a sealed segment on.</summary>
internal sealed class StateServer
{
    private const int MaxPartBytes = 4 << 20;

    private readonly PartitionTable table;
    private readonly SegmentServer segments;

    public StateServer(PartitionTable table, SegmentServer segments, IPeerTransport peers)
    {
        this.table = table;
        this.segments = segments;
        peers.OnCall(PeerMessageKind.SegmentFetch, AnswerAsync);
    }

    private ValueTask<Result<PeerReply>> AnswerAsync(PeerMessage message, CancellationToken cancellationToken)
    {
        byte kind = SegmentFetchCodec.KindOf(message.Payload.Span);
        return SegmentFetchCodec.IsManifest(kind) ? segments.AnswerManifestAsync(message)
            : SegmentFetchCodec.IsPart(kind) ? segments.AnswerPartAsync(message, cancellationToken)
            : AnswerStateAsync(message);
    }

    private async ValueTask<Result<PeerReply>> AnswerStateAsync(PeerMessage message)
    {
        if (!StateFetchCodec.DecodeRequest(message.Payload.Span).TryGet(out StateFetchRequest request, out Error error) || !table.TryGet(request.Partition, out PartitionLoop? loop, out error))
        {
            return error;
        }

        Result<LeaderSnapshot> found = await loop.StateForFollowerAsync(request.LeaderEpoch, request.At);
        if (!found.TryGet(out LeaderSnapshot? snapshot, out error))
        {
            return error;
        }

        if (request.Position > snapshot.State.Length)
        {
            return new Error(ErrorCode.OffsetOutOfRange, $"the snapshot has {snapshot.State.Length} bytes");
        }

        int length = (int)Math.Min(Math.Min(request.MaxBytes, MaxPartBytes), snapshot.State.Length - request.Position);
        StateFetchResponse head = new(snapshot.LogStart, snapshot.At, snapshot.State.Length, Checksum: 0) { EpochBefore = snapshot.Before.Epoch, EpochBeganAt = snapshot.Before.StartOffset };
        return new PeerReply(StateFetchCodec.Encode(head, snapshot.State.AsSpan((int)request.Position, length)));
    }
}
