using GoQueue.Broker.PartitionLoops;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Core.Scheduling;
using GoQueue.Replication.Wire;
using GoQueue.Storage;
using GoQueue.Storage.Shipping;

namespace GoQueue.Broker.Replication.Following;

/// <summary>
/// Followers that are far behind take sealed segments of their leader whole (ADR 0014): the manifest, then the bytes in parts of which a bounded number is
/// under way, each repeated until it is there or the leadership is over; then the segment is verified and adopted, and the follower asks on from its end.
/// </summary>
internal sealed class Shipments
{
    /// <summary>Attempts of one part, with the retry pause between them: a leader that is gone for longer is followed by another, or the manifest is asked for anew.</summary>
    private const int MaxAttempts = 100;

    private readonly ReplicationOptions options;
    private readonly BrokerEnvironment environment;
    private readonly IPeerTransport peers;
    private readonly ReassignmentThrottle throttle;
    private readonly BrokerReplication replication;
    private readonly PartitionJobs jobs;

    public Shipments(ReplicationOptions options, BrokerEnvironment environment, IPeerTransport peers, ReassignmentThrottle throttle, BrokerReplication replication)
    {
        this.options = options;
        this.environment = environment;
        this.peers = peers;
        this.throttle = throttle;
        this.replication = replication;
        jobs = new PartitionJobs(options.MaxShipments, ShipAsync);
    }

    public void Add(PartitionLoop loop) => jobs.Add(loop);

    public Task StopAsync() => jobs.StopAsync();

    private async Task ShipAsync(PartitionLoop loop, CancellationToken cancellationToken)
    {
        Error? error;
        try
        {
            error = await TakeNextAsync(loop, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return; // the node stops
        }
        catch (Exception failure)
        {
            error = new Error(ErrorCode.StorageFailure, failure.Message);
        }

        if (error is { } why)
        {
            Log.ShipmentFailed(environment.Logger, loop.Partition, loop.LeaderNode ?? default, why);
            environment.Metrics.ShipmentRefused();
            replication.RetryLater(loop); // with a fetch: what comes next is the leader's decision again
        }
    }

    /// <summary>One segment. Null when it is adopted, or when nobody is followed any more.</summary>
    private async Task<Error?> TakeNextAsync(PartitionLoop loop, CancellationToken cancellationToken)
    {
        if (loop.LeaderNode is not { } leader || loop.FollowedEpoch is not { } epoch)
        {
            return null; // nobody to ask; the next view begins anew
        }

        SegmentAsker asker = new(loop.Partition, epoch, environment.Registration.Value);
        Offset from = loop.LogEnd;
        Result<SharedBuffer> answer = await CallAsync(leader, SegmentFetchCodec.EncodeManifestRequest(asker, from), cancellationToken);
        if (!answer.TryGet(out SharedBuffer? bytes, out Error error))
        {
            return error;
        }

        SegmentManifest manifest;
        using (bytes)
        {
            if (!SegmentFetchCodec.DecodeManifest(bytes.Span).TryGet(out manifest, out error))
            {
                return error;
            }
        }

        if (manifest.BaseOffset != from)
        {
            return new Error(ErrorCode.MalformedRequest, $"a segment at {manifest.BaseOffset} was offered to a log that ends at {from}");
        }

        SealedSegment described = new(manifest.BaseOffset, manifest.EndOffset, manifest.SizeBytes, manifest.Checksum);
        using IncomingSegment incoming = await environment.Readers.RunAsync(() => loop.BeginIncoming(described));
        if (await PullAsync(loop, leader, asker, manifest, incoming, cancellationToken) is { } broken)
        {
            return broken;
        }

        return await environment.Readers.RunAsync(() => incoming.Complete(epoch)) ?? await loop.AdoptAsync(incoming, epoch);
    }

    /// <summary>All bytes, in order; what was asked for is waited for also when the rest is given up.</summary>
    private async Task<Error?> PullAsync(PartitionLoop loop, NodeId leader, SegmentAsker asker, SegmentManifest manifest, IncomingSegment incoming, CancellationToken cancellationToken)
    {
        Queue<Task<Result<SharedBuffer>>> underWay = new();
        Error? failed = null;
        long asked = 0;
        while (true)
        {
            while (failed is null && asked < manifest.SizeBytes && underWay.Count < options.ShipPartsUnderWay)
            {
                long most = loop.IsBeingAdded ? throttle.PartBytes(options.ShipPartBytes) : options.ShipPartBytes;
                int length = (int)Math.Min(most, manifest.SizeBytes - asked);
                underWay.Enqueue(AskAsync(loop, leader, asker, manifest, asked, length, cancellationToken));
                asked += length;
            }

            if (!underWay.TryDequeue(out Task<Result<SharedBuffer>>? next))
            {
                return failed;
            }

            try
            {
                Result<SharedBuffer> answer = await next;
                if (!answer.TryGet(out SharedBuffer? bytes, out Error error))
                {
                    failed ??= error;
                    continue;
                }

                using (bytes)
                {
                    if (failed is null)
                    {
                        await environment.Readers.RunAsync(() =>
                        {
                            incoming.Write(bytes.Span[SegmentFetchCodec.PartHead..]);
                            return true;
                        });
                        environment.Metrics.Shipped(bytes.Length - SegmentFetchCodec.PartHead);
                    }
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                failed ??= new Error(ErrorCode.ShuttingDown, "the node stops");
            }
            catch (IOException failure)
            {
                failed ??= new Error(failure is Storage.Directories.DiskFullException ? ErrorCode.DiskFull : ErrorCode.StorageFailure, failure.Message);
            }
        }
    }

    /// <summary>One part, asked for again after a pause while the link or the leader has trouble: what is there already need not come again.</summary>
    private async Task<Result<SharedBuffer>> AskAsync(PartitionLoop loop, NodeId leader, SegmentAsker asker, SegmentManifest manifest, long position, int length, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            if (loop.FollowedEpoch != asker.LeaderEpoch)
            {
                return new Error(ErrorCode.NotLeader, $"{leader} is no longer followed in epoch {asker.LeaderEpoch}");
            }

            if (loop.IsBeingAdded)
            {
                await throttle.AdmitInAsync(length, cancellationToken);
            }

            Result<SharedBuffer> answer = await CallAsync(leader, SegmentFetchCodec.EncodePartRequest(asker, manifest, position, length), cancellationToken);
            if (answer.TryGet(out SharedBuffer? bytes, out Error error))
            {
                if (SegmentFetchCodec.CheckPart(bytes.Span, length) is not { } damaged)
                {
                    return bytes;
                }

                bytes.Release();
                error = damaged;
            }

            bool mayPass = error.Code is ErrorCode.Unreachable or ErrorCode.Overloaded or ErrorCode.OutcomeUnknown or ErrorCode.Timeout or ErrorCode.MalformedRequest;
            if (!mayPass || attempt == MaxAttempts)
            {
                return error;
            }

            await Task.Delay(options.RetryPause, environment.Time, cancellationToken);
        }
    }

    private ValueTask<Result<SharedBuffer>> CallAsync(NodeId leader, SharedBuffer request, CancellationToken cancellationToken) =>
        peers.CallAsync(leader, PeerMessageKind.SegmentFetch, PeerChannel.Bulk, request, options.FetchTimeout, cancellationToken);
}
