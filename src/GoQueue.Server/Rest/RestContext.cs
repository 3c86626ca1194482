using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Configuration;
using GoQueue.Server.Forwarding;
using GoQueue.Server.Hosting;

namespace GoQueue.Server.Rest;

/// <summary>What every REST endpoint stands on.</summary>
internal sealed class RestContext(
    ServerOptions options,
    ITopicRequests topics,
    IPartitionRoutes partitions,
    BodyMemory bodyMemory,
    NodeState node,
    TimeProvider time)
{
    public HttpOptions Limits { get; } = options.Http;

    public ITopicRequests Topics { get; } = topics;

    /// <summary>Every partition, wherever it is led: what is led elsewhere is passed on.</summary>
    public IPartitionRoutes Partitions { get; } = partitions;

    public NodeState Node { get; } = node;

    public TimeProvider Time { get; } = time;

    public UnixMillis Now => UnixMillis.From(Time);

    public ValueTask<RequestBody?> ReadJsonAsync(HttpContext context) => RequestBody.ReadJsonAsync(context, Limits, bodyMemory);

    /// <summary>The topic the route names. The server has decoded the path once; what is still encoded then is not a name.</summary>
    public Result<TopicImage> TopicOf(HttpContext context) => Topics.Describe((string)context.Request.RouteValues["topic"]!);

    /// <summary>The partition the route names, which the topic has.</summary>
    public Result<(TopicImage Topic, TopicPartition Partition)> PartitionOf(HttpContext context)
    {
        if (!TopicOf(context).TryGet(out TopicImage? topic, out Error error))
        {
            return error;
        }

        string text = (string)context.Request.RouteValues["partition"]!;
        if (!int.TryParse(text, System.Globalization.NumberStyles.None, null, out int index))
        {
            return new Error(ErrorCode.InvalidArgument, "the partition in the path is not a whole number of 0 or more");
        }

        return index < topic.Partitions.Count
            ? (topic, new TopicPartition(topic.Id, new PartitionIndex(index)))
            : UnknownPartition(topic, index);
    }

    public static Error UnknownPartition(TopicImage topic, int index) =>
        new(ErrorCode.UnknownPartition, $"topic {topic.Name} has partitions 0 to {topic.Partitions.Count - 1}, there is no {index}");
}
