using GoQueue.Broker.PartitionLoops;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Replication.Wire;
using GoQueue.Storage;

namespace GoQueue.Broker.Replication.Following;

/// <summary>
/// Followers that are behind their leader's log start: each gets the leader's snapshot of the fold, checked part by part, and begins anew. A few at a
/// time, so that a node that was away for long does not ask for everything at once.
/// </summary>
internal sealed class CatchUps
{
    private const int MaxUnderWay = 4;
    private const int PartBytes = 4 << 20;

    /// <summary>A snapshot of more producers than a partition remembers is not one of ours.</summary>
    private const long MaxStateBytes = 256L << 20;

    private readonly ReplicationOptions options;
    private readonly BrokerEnvironment environment;
    private readonly IPeerTransport peers;
    private readonly PartitionTable table;
    private readonly BrokerReplication replication;
    private readonly PartitionJobs jobs;

    public CatchUps(ReplicationOptions options, BrokerEnvironment environment, IPeerTransport peers, PartitionTable table, BrokerReplication replication)
    {
        this.options = options;
        this.environment = environment;
        this.peers = peers;
        this.table = table;
        this.replication = replication;
        jobs = new PartitionJobs(MaxUnderWay, WorkAsync);
    }

    public void Add(PartitionLoop loop) => jobs.Add(loop);

    public Task StopAsync() => jobs.StopAsync();

    private async Task WorkAsync(PartitionLoop loop, CancellationToken cancellationToken)
    {
        Error error = await CatchUpAsync(loop, cancellationToken);
        if (error.Code != ErrorCode.None)
        {
            if (error.Code != ErrorCode.OffsetNotAvailable)
            {
                Log.CatchUpFailed(environment.Logger, loop.Partition, loop.LeaderNode ?? default, error);
            }

            replication.RetryLater(loop);
        }
    }

    private async Task<Error> CatchUpAsync(PartitionLoop loop, CancellationToken cancellationToken)
    {
        if (loop.LeaderNode is not { } leader || loop.FollowedEpoch is not { } epoch)
        {
            return default; // nobody to ask; the next view begins anew
        }

        byte[] state = [];
        Offset at = Offset.None;
        Offset logStart = Offset.Zero;
        EpochStart before = default;
        long position = 0;
        try
        {
            do
            {
                StateFetchRequest request = new(loop.Partition, epoch, environment.Registration.Value, at, position, PartBytes);
                Result<SharedBuffer> answer = await peers.CallAsync(leader, PeerMessageKind.SegmentFetch, PeerChannel.Bulk, StateFetchCodec.Encode(request), options.FetchTimeout, cancellationToken);
                if (!answer.TryGet(out SharedBuffer? bytes, out Error error))
                {
                    return error;
                }

                using (bytes)
                {
                    if (!StateFetchCodec.DecodeResponse(bytes.Span).TryGet(out StateFetchResponse part, out error))
                    {
                        return error;
                    }

                    int length = bytes.Length - StateFetchCodec.ResponseHead;
                    bool fits = part.TotalBytes <= MaxStateBytes && (position == 0 || (part.At == at && part.TotalBytes == state.Length)) && position + length <= part.TotalBytes && (length > 0 || part.TotalBytes == position);
                    if (!fits)
                    {
                        return new Error(ErrorCode.CorruptLog, $"the parts of the snapshot of {loop.Partition} do not fit together");
                    }

                    state = position == 0 ? new byte[part.TotalBytes] : state;
                    (at, logStart, before) = (part.At, part.LogStart, new EpochStart(part.EpochBefore, part.EpochBeganAt));
                    bytes.Span[StateFetchCodec.ResponseHead..].CopyTo(state.AsSpan((int)position));
                    position += length;
                }
            }
            while (position < state.Length);
        }
        catch (OperationCanceledException)
        {
            return default; // the node stops
        }

        if (!Partitions.PartitionState.ReadSnapshot(state).TryGet(out _, out Error unreadable))
        {
            return unreadable;
        }

        table.StartOver(loop.Partition, new LeaderSnapshot(logStart, before, at, state));
        return default;
    }
}
