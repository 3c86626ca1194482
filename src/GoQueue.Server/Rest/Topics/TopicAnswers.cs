using System.ComponentModel;
using System.Text.Json.Serialization;
using GoQueue.Core;
using GoQueue.Metadata.Topics;

namespace GoQueue.Server.Rest.Topics;

/// <summary>A topic as JSON shows it.</summary>
internal sealed record TopicAnswer
{
    public required string Name { get; init; }

    [Description("32 hexadecimal digits; a topic made again under the same name gets another id.")]
    public required string Id { get; init; }

    [Description("Rises with every change; also the ETag.")]
    public required long Version { get; init; }

    [Description("Milliseconds since 1970.")]
    public required long CreatedMs { get; init; }

    public required TopicSettingsBody Settings { get; init; }

    public required IReadOnlyList<PartitionAnswer> Partitions { get; init; }

    public static TopicAnswer Of(TopicImage topic) => new()
    {
        Name = topic.Name,
        Id = topic.Id.ToString(),
        Version = topic.Version,
        CreatedMs = topic.Created.Value,
        Settings = TopicSettingsJson.ToBody(topic.Settings),
        Partitions = [.. topic.Partitions.Select(partition => new PartitionAnswer
        {
            Partition = partition.Index.Value,
            FirstHash = partition.Keys.First,
            LastHash = partition.Keys.Last,
            Leader = partition.Leader?.Value,
            LeaderEpoch = partition.LeaderEpoch.Value,
            Replicas = Names(partition.Replicas),
            InSync = Names(partition.InSync),
            EligibleLeaders = Names(partition.EligibleLeaders),
            PartitionEpoch = partition.PartitionEpoch.Value,
            Adding = partition.Adding.Count > 0 ? Names(partition.Adding) : null,
            Removing = partition.Removing.Count > 0 ? Names(partition.Removing) : null,
        })],
    };

    private static string[] Names(NodeList nodes) => [.. nodes.Select(static node => node.Value)];
}

/// <summary>A partition of a topic. Keys whose murmur3 hash lies in the range belong here.</summary>
internal sealed record PartitionAnswer
{
    public required int Partition { get; init; }

    public required uint FirstHash { get; init; }

    public required uint LastHash { get; init; }

    [Description("Node id; null while nobody leads.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required string? Leader { get; init; }

    [Description("Raised by every change of the leader.")]
    public required int LeaderEpoch { get; init; }

    [Description("Node ids, the preferred leader first.")]
    public required IReadOnlyList<string> Replicas { get; init; }

    [Description("ISR: replicas that hold every committed message and count for new ones.")]
    public required IReadOnlyList<string> InSync { get; init; }

    [Description("ELR: replicas out of the ISR that are sure to hold every committed message.")]
    public required IReadOnlyList<string> EligibleLeaders { get; init; }

    [Description("Raised by every change of this partition.")]
    public required int PartitionEpoch { get; init; }

    [Description("Replicas that a reassignment brings in.")]
    public IReadOnlyList<string>? Adding { get; init; }

    [Description("Replicas that a reassignment takes away.")]
    public IReadOnlyList<string>? Removing { get; init; }
}

/// <summary>Answer of GET /v1/topics.</summary>
internal sealed record TopicListAnswer
{
    public required IReadOnlyList<TopicAnswer> Topics { get; init; }
}
