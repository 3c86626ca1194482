using System.Text.Json;

namespace GoQueue.Harness.Clusters;

/// <summary>One partition as a node describes it.</summary>
/// <param name="Leader">Null while nobody leads.</param>
internal sealed record PartitionView(int Partition, string? Leader, int LeaderEpoch, IReadOnlyList<string> Replicas, IReadOnlyList<string> InSync)
{
    public bool IsWhole => Leader is not null && Replicas.Count == InSync.Count;
}

/// <summary>A topic as a node describes it.</summary>
internal sealed record TopicView(string Name, string Id, IReadOnlyList<PartitionView> Partitions)
{
    public bool IsWhole => Partitions.All(partition => partition.IsWhole);

    public static TopicView Parse(JsonElement topic) => new(
        topic.GetProperty("name").GetString()!,
        topic.GetProperty("id").GetString()!,
        [.. topic.GetProperty("partitions").EnumerateArray().Select(ParsePartition)]);

    public override string ToString() => string.Join("; ", Partitions.Select(partition =>
        $"{Name}/{partition.Partition} led by {partition.Leader ?? "nobody"} (epoch {partition.LeaderEpoch}), in sync {string.Join(',', partition.InSync)} of {string.Join(',', partition.Replicas)}"));

    private static PartitionView ParsePartition(JsonElement partition) => new(
        partition.GetProperty("partition").GetInt32(),
        partition.GetProperty("leader").GetString() is { Length: > 0 } leader ? leader : null,
        partition.GetProperty("leaderEpoch").GetInt32(),
        Names(partition, "replicas"),
        Names(partition, "inSync"));

    private static string[] Names(JsonElement partition, string name) =>
        partition.TryGetProperty(name, out JsonElement names) ? [.. names.EnumerateArray().Select(node => node.GetString()!)] : [];
}
