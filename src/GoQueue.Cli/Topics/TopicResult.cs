using System.Globalization;
using System.Text.Json.Nodes;
using GoQueue.Cli.Output;
using GoQueue.Cli.Values;
using GoQueue.Client;

namespace GoQueue.Cli.Topics;

/// <summary>Topics as documents and tables.</summary>
internal static class TopicResult
{
    public static CommandResult OfMany(IReadOnlyList<TopicDescription> topics)
    {
        ResultTable table = new ResultTable("NAME", "PARTITIONS", "REPLICAS", "CLEANUP", "RETENTION", "RETENTION-BYTES", "FLUSH").AlignRight("PARTITIONS", "REPLICAS");
        JsonArray list = [];
        foreach (TopicDescription topic in topics.OrderBy(topic => topic.Name, StringComparer.Ordinal))
        {
            TopicConfiguration settings = topic.Configuration;
            list.Add((JsonNode)ToJson(topic));
            table.Add(
                topic.Name,
                topic.Partitions.Count.ToString(CultureInfo.InvariantCulture),
                Number(settings.ReplicationFactor),
                Word(settings.Cleanup),
                TopicSettingText.Duration(settings.Retention),
                TopicSettingText.Size(settings.RetentionBytes),
                Word(settings.Flush));
        }

        return new CommandResult(list, table);
    }

    public static CommandResult OfOne(TopicDescription topic)
    {
        TopicConfiguration settings = topic.Configuration;
        ResultTable facts = new ResultTable("SETTING", "VALUE")
            .Add("name", topic.Name)
            .Add("id", topic.Id)
            .Add("version", topic.Version.ToString(CultureInfo.InvariantCulture))
            .Add("created", InstantText.Format(topic.Created.ToUnixTimeMilliseconds()))
            .Add("cleanup-policy", Word(settings.Cleanup))
            .Add("retention", TopicSettingText.Duration(settings.Retention))
            .Add("retention-bytes", TopicSettingText.Size(settings.RetentionBytes))
            .Add("segment-bytes", TopicSettingText.Size(settings.SegmentBytes))
            .Add("segment-age", TopicSettingText.Duration(settings.SegmentAge))
            .Add("max-message-bytes", TopicSettingText.Size(settings.MaxMessageBytes))
            .Add("flush-mode", Word(settings.Flush))
            .Add("flush-interval", TopicSettingText.Duration(settings.FlushInterval))
            .Add("replication-factor", Number(settings.ReplicationFactor))
            .Add("min-in-sync-replicas", Number(settings.MinInSyncReplicas))
            .Add("unclean-leader-election", settings.UncleanLeaderElection switch { null => "-", true => "true", false => "false" });
        ResultTable partitions = new ResultTable("PARTITION", "LEADER", "EPOCH", "REPLICAS", "IN-SYNC", "ELIGIBLE", "KEY-HASHES").AlignRight("PARTITION", "EPOCH");
        foreach (PartitionDescription partition in topic.Partitions)
        {
            partitions.Add(
                partition.Index.ToString(CultureInfo.InvariantCulture),
                partition.Leader.Length == 0 ? "none" : partition.Leader,
                partition.LeaderEpoch.ToString(CultureInfo.InvariantCulture),
                Nodes(partition.Replicas),
                Nodes(partition.InSync),
                Nodes(partition.EligibleLeaders),
                string.Create(CultureInfo.InvariantCulture, $"{partition.FirstHash:x8}-{partition.LastHash:x8}"));
        }

        return new CommandResult(ToJson(topic), facts, partitions);
    }

    private static JsonObject ToJson(TopicDescription topic)
    {
        JsonArray partitions = [];
        foreach (PartitionDescription partition in topic.Partitions)
        {
            partitions.Add((JsonNode)new JsonObject
            {
                ["partition"] = partition.Index,
                ["leader"] = partition.Leader.Length == 0 ? null : partition.Leader,
                ["leaderEpoch"] = partition.LeaderEpoch,
                ["partitionEpoch"] = partition.PartitionEpoch,
                ["replicas"] = Array(partition.Replicas),
                ["inSync"] = Array(partition.InSync),
                ["eligibleLeaders"] = Array(partition.EligibleLeaders),
                ["firstHash"] = partition.FirstHash,
                ["lastHash"] = partition.LastHash,
            });
        }

        return new JsonObject
        {
            ["name"] = topic.Name,
            ["id"] = topic.Id,
            ["version"] = topic.Version,
            ["createdMs"] = topic.Created.ToUnixTimeMilliseconds(),
            ["settings"] = TopicSettingText.ToJson(topic.Configuration),
            ["partitions"] = partitions,
        };
    }

    private static string Nodes(IReadOnlyList<string> nodes) => nodes.Count == 0 ? "-" : string.Join(',', nodes);

    private static JsonArray Array(IReadOnlyList<string> nodes) => [.. nodes.Select(node => (JsonNode)JsonValue.Create(node))];

    private static string Number(int? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "-";

    private static string Word<T>(T? value)
        where T : struct, Enum => value?.ToString().ToLowerInvariant() ?? "-";
}
