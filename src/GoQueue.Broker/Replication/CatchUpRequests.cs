using GoQueue.Broker.PartitionLoops;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Topics;
using GoQueue.Replication.Wire;

namespace GoQueue.Broker.Replication;

/// <summary>Asks the leaders of moving partitions how far the added replicas are, and answers for those that this node leads. Only when somebody looks.</summary>
internal sealed class CatchUpRequests : ICatchUpRequests
{
    /// <summary>The figures are for people: better none than a long wait.</summary>
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(2);

    private readonly NodeId self;
    private readonly PartitionTable table;
    private readonly IMetadataLog metadata;
    private readonly IPeerTransport? peers;

    public CatchUpRequests(NodeId self, PartitionTable table, IMetadataLog metadata, IPeerTransport? peers)
    {
        this.self = self;
        this.table = table;
        this.metadata = metadata;
        this.peers = peers;
        peers?.OnCall(PeerMessageKind.CatchUp, (message, _) => new(Answer(message)));
    }

    public async ValueTask<ReassignmentProgress> AskLeadersAsync(ReassignmentProgress progress, CancellationToken cancellationToken)
    {
        MetadataImage image = metadata.Image;
        SortedDictionary<NodeId, List<TopicPartition>> byLeader = [];
        foreach (MovingPartition moving in progress.Moving)
        {
            if (image.TryGetPartition(moving.Id, out PartitionImage? partition) && partition.Leader is { } leader)
            {
                byLeader.TryAdd(leader, []);
                byLeader[leader].Add(moving.Id);
            }
        }

        SortedDictionary<TopicPartition, List<ArrivingReplica>> known = [];
        List<Task<IReadOnlyList<CatchUpReport>?>> asked = [.. byLeader.Select(each => AskAsync(each.Key, each.Value, cancellationToken))];
        foreach ((List<TopicPartition> partitions, Task<IReadOnlyList<CatchUpReport>?> answer) in byLeader.Values.Zip(asked))
        {
            if (await answer is { } reports)
            {
                partitions.ForEach(partition => known[partition] = []);
                foreach (CatchUpReport report in reports)
                {
                    if (known.TryGetValue(report.Partition, out List<ArrivingReplica>? arriving))
                    {
                        arriving.Add(new ArrivingReplica(report.Node, report.BytesLeft, report.BytesPerSecond));
                    }
                }
            }
        }

        return progress with { Moving = [.. progress.Moving.Select(moving => moving with { Arriving = ArrivingOf(moving, known) })] };
    }

    /// <summary>Of a replica that is to come and of which its leader says nothing, nothing is known: the leader has not heard of the move yet, or leads no more.</summary>
    private static List<ArrivingReplica>? ArrivingOf(MovingPartition moving, SortedDictionary<TopicPartition, List<ArrivingReplica>> known)
    {
        NodeList awaited = moving.Adding.Where(node => !moving.CaughtUp.Contains(node));
        return known.TryGetValue(moving.Id, out List<ArrivingReplica>? arriving) && awaited.All(node => arriving.Exists(replica => replica.Node == node))
            ? [.. arriving.Where(replica => awaited.Contains(replica.Node))]
            : null;
    }

    private async Task<IReadOnlyList<CatchUpReport>?> AskAsync(NodeId leader, List<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        if (leader == self)
        {
            return ReportsOf(partitions);
        }

        if (peers is null || partitions.Count > CatchUpCodec.MaxPartitions)
        {
            return null;
        }

        Result<SharedBuffer> answer = await peers.CallAsync(leader, PeerMessageKind.CatchUp, PeerChannel.Request, CatchUpCodec.Encode(partitions), patience, cancellationToken);
        if (!answer.TryGet(out SharedBuffer? bytes, out _))
        {
            return null;
        }

        using (bytes)
        {
            return CatchUpCodec.DecodeReports(bytes.Span).TryGet(out IReadOnlyList<CatchUpReport>? reports, out _) ? reports : null;
        }
    }

    private Result<PeerReply> Answer(in PeerMessage message) =>
        CatchUpCodec.DecodeRequest(message.Payload.Span).TryGet(out IReadOnlyList<TopicPartition>? partitions, out Error error)
            ? new PeerReply(CatchUpCodec.Encode(ReportsOf(partitions)))
            : error;

    private List<CatchUpReport> ReportsOf(IReadOnlyList<TopicPartition> partitions)
    {
        MetadataImage image = metadata.Image;
        List<CatchUpReport> reports = [];
        foreach (TopicPartition id in partitions)
        {
            if (!table.TryGet(id, out PartitionLoop? loop, out _) || !image.TryGetPartition(id, out PartitionImage? partition))
            {
                continue;
            }

            foreach (NodeId node in partition.Adding)
            {
                if (reports.Count < CatchUpCodec.MaxReports && loop.CatchUpOf(node) is { } report)
                {
                    reports.Add(report);
                }
            }
        }

        return reports;
    }
}
