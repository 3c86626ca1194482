using GoQueue.Harness.Clusters;

namespace GoQueue.Harness.Verification;

/// <summary>Compares the segments of stopped nodes: every replica holds the same bytes at the same offsets, up to the high watermark at least.</summary>
internal static class ReplicaComparison
{
    /// <summary>The differences; empty when the replicas are equal.</summary>
    /// <param name="highWatermarks">By partition.</param>
    public static List<string> Differences(Cluster cluster, TopicView topic, IReadOnlyList<long> highWatermarks)
    {
        List<string> differences = [];
        foreach (PartitionView partition in topic.Partitions)
        {
            List<StoredBatch>? first = null;
            foreach (string replica in partition.Replicas)
            {
                string folder = Path.Combine(cluster[replica].Data, "partitions", $"{topic.Id}-{partition.Partition}");
                string name = $"{topic.Name}/{partition.Partition} on {replica}";
                if (!Directory.Exists(folder))
                {
                    differences.Add($"{name} is not there");
                    continue;
                }

                List<StoredBatch> batches;
                try
                {
                    batches = [.. BatchFile.Read(folder)];
                }
                catch (HarnessException damage)
                {
                    differences.Add($"{name}: {damage.Message}");
                    continue;
                }

                long end = batches.Count > 0 ? batches[^1].Next : 0;
                if (end < highWatermarks[partition.Partition])
                {
                    differences.Add($"{name} ends at {end}, the high watermark is {highWatermarks[partition.Partition]}");
                }

                if (first is null)
                {
                    first = batches;
                    continue;
                }

                // Behind the high watermark a replica may hold what was never committed; below it not one bit may differ.
                int common = Math.Min(first.Count, batches.Count);
                for (int i = 0; i < common && first[i].Base < highWatermarks[partition.Partition]; i++)
                {
                    if (first[i] != batches[i])
                    {
                        differences.Add($"{name} differs from {partition.Replicas[0]} at offset {batches[i].Base} (there {first[i].Base})");
                        break;
                    }
                }
            }
        }

        return differences;
    }
}
