using System.Globalization;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using V1 = GoQueue.Contracts.V1;

namespace GoQueue.Server.Administration;

/// <summary>Pages of partitions. The token names the last partition of the page before, so that topics that come and go in between neither hide nor repeat others.</summary>
internal sealed partial class ClusterAdmin
{
    private const int DefaultPage = 1000;
    private const int MaxPage = 10_000;

    public Result<V1.ListPartitionsResponse> ListPartitions(V1.ListPartitionsRequest request)
    {
        if (request.PageSize is < 0 or > MaxPage)
        {
            return new Error(ErrorCode.InvalidArgument, $"a page of {request.PageSize} partitions: use 1 to {MaxPage}, or 0 for {DefaultPage}");
        }

        if (!TryParseToken(request.PageToken, out (string Topic, int Partition) after))
        {
            return new Error(ErrorCode.InvalidArgument, "the page token is not one that this call gave out");
        }

        if (!Find(out IClusterRequests? cluster, out Error error) || !cluster.Partitions(FilterOf(request)).TryGet(out IReadOnlyList<PartitionInfo>? all, out error))
        {
            return error;
        }

        V1.ListPartitionsResponse response = new();
        int size = request.PageSize == 0 ? DefaultPage : request.PageSize;
        foreach (PartitionInfo partition in all)
        {
            if (request.UnderMinInSync && !partition.IsUnderMinInSync)
            {
                continue;
            }

            response.Total++;
            if (IsBehind(partition, after))
            {
                if (response.Partitions.Count < size)
                {
                    response.Partitions.Add(ClusterMapping.ToWire(partition));
                }
                else if (response.NextPageToken.Length == 0)
                {
                    response.NextPageToken = TokenOf(response.Partitions[^1]);
                }
            }
        }

        return response;
    }

    private static PartitionFilter FilterOf(V1.ListPartitionsRequest request) => new()
    {
        Topic = request.HasTopic ? request.Topic : null,
        Node = request.HasNode ? new NodeId(request.Node) : null,
        IsOffline = request.Offline,
        IsUnderReplicated = request.UnderReplicated,
        IsReassigning = request.Reassigning,
    };

    private static bool IsBehind(PartitionInfo partition, (string Topic, int Partition) after)
    {
        int byTopic = string.CompareOrdinal(partition.TopicName, after.Topic);
        return byTopic != 0 ? byTopic > 0 : partition.Id.Partition.Value > after.Partition;
    }

    private static string TokenOf(V1.PartitionStatus last) => string.Create(CultureInfo.InvariantCulture, $"{last.Topic}:{last.Partition}");

    private static bool TryParseToken(string token, out (string Topic, int Partition) after)
    {
        after = (string.Empty, -1);
        if (token.Length == 0)
        {
            return true;
        }

        int colon = token.LastIndexOf(':');
        if (colon < 1 || !int.TryParse(token.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int partition))
        {
            return false;
        }

        after = (token[..colon], partition);
        return true;
    }
}
