using GoQueue.Broker.PartitionLoops;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Replication.Wire;
using GoQueue.Storage;

namespace GoQueue.Broker.Replication.Serving;

/// <summary>Gives sealed segments to followers that are far behind: the manifest of one, then its bytes part by part. Nothing is remembered between requests.</summary>
internal sealed class SegmentServer(PartitionTable table, ReassignmentThrottle throttle)
{
    private const int MaxPartBytes = 4 << 20;

    public async ValueTask<Result<PeerReply>> AnswerManifestAsync(PeerMessage message)
    {
        if (!SegmentFetchCodec.DecodeManifestRequest(message.Payload.Span).TryGet(out (SegmentAsker Asker, Offset BaseOffset) request, out Error error)
            || !Find(request.Asker).TryGet(out PartitionLoop? loop, out error))
        {
            return error;
        }

        Result<SealedSegment> described = await loop.DescribeSealedAsync(request.BaseOffset);
        return described.TryGet(out SealedSegment segment, out error)
            ? new PeerReply(SegmentFetchCodec.EncodeManifest(new SegmentManifest(segment.BaseOffset, segment.EndOffset, segment.SizeBytes, segment.Checksum)))
            : error;
    }

    public async ValueTask<Result<PeerReply>> AnswerPartAsync(PeerMessage message, CancellationToken cancellationToken)
    {
        if (!SegmentFetchCodec.DecodePartRequest(message.Payload.Span).TryGet(out (SegmentAsker Asker, SegmentManifest Segment, long Position, int MaxBytes) request, out Error error)
            || !Find(request.Asker).TryGet(out PartitionLoop? loop, out error))
        {
            return error;
        }

        int length = (int)Math.Min(Math.Min(request.MaxBytes, MaxPartBytes), request.Segment.SizeBytes - request.Position);
        if (loop.IsAdding(message.From))
        {
            await throttle.AdmitOutAsync(length, cancellationToken);
        }

        SealedSegment segment = new(request.Segment.BaseOffset, request.Segment.EndOffset, request.Segment.SizeBytes, request.Segment.Checksum);
        Result<SharedBuffer> read = await loop.ReadSealedAsync(segment, request.Position, length);
        if (!read.TryGet(out SharedBuffer? bytes, out error))
        {
            return error;
        }

        return new PeerReply(SegmentFetchCodec.EncodePartHead(bytes.Span), [new BufferSlice(bytes, 0, bytes.Length)]);
    }

    /// <summary>Only the leadership that offered it goes on giving: within it the log does not change below its end.</summary>
    private Result<PartitionLoop> Find(in SegmentAsker asker)
    {
        if (!table.TryGet(asker.Partition, out PartitionLoop? loop, out Error error))
        {
            return error;
        }

        return loop.LeadingEpoch == asker.LeaderEpoch ? loop : new Error(ErrorCode.NotLeader, $"partition {asker.Partition} is not led here in epoch {asker.LeaderEpoch}");
    }
}
