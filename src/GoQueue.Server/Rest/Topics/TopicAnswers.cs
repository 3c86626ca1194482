using System.ComponentModel;
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
            Leader = partition.Leader?.Value ?? string.Empty,
            LeaderEpoch = partition.LeaderEpoch.Value,
        })],
    };
}

/// <summary>A partition of a topic. Keys whose murmur3 hash lies in the range belong here.</summary>
internal sealed record PartitionAnswer
{
    public required int Partition { get; init; }

    public required uint FirstHash { get; init; }

    public required uint LastHash { get; init; }

    [Description("Node id.")]
    public required string Leader { get; init; }

    public required int LeaderEpoch { get; init; }
}

/// <summary>Answer of GET /v1/topics.</summary>
internal sealed record TopicListAnswer
{
    public required IReadOnlyList<TopicAnswer> Topics { get; init; }
}
