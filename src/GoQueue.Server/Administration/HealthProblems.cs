using GoQueue.Broker.Requests;

namespace GoQueue.Server.Administration;

/// <summary>What is wrong with the cluster in sentences that say what it means and what to do.</summary>
internal static class HealthProblems
{
    public static IEnumerable<string> Of(ClusterHealth health)
    {
        if (!health.HasController)
        {
            yield return "no node leads the metadata quorum: nothing can be decided; start enough voters for a majority";
        }

        foreach (Core.NodeId node in health.FencedBrokers)
        {
            yield return $"node {node} is not heard of: start it, or drain and remove it if it will not come back";
        }

        if (health.OfflinePartitions > 0)
        {
            yield return $"{Count(health.OfflinePartitions)} without a leader can be neither read nor written: start the nodes that hold them (partitions?offline=true names them)";
        }

        if (health.UnderMinInSyncPartitions > 0)
        {
            yield return $"{Count(health.UnderMinInSyncPartitions)} with too few replicas in sync: publishing with acks=all is refused until more are back";
        }

        if (health.UnderReplicatedPartitions > 0)
        {
            yield return $"{Count(health.UnderReplicatedPartitions)} with fewer replicas in sync than there should be: wait for them to catch up, or look at the nodes that are missing";
        }
    }

    private static string Count(int partitions) => partitions == 1 ? "1 partition" : $"{partitions} partitions";
}
