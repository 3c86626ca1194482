using GoQueue.Core;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Rest.Json;

namespace GoQueue.Server.Rest.Publishing;

/// <summary>Chooses partitions: the one asked for, the one that holds the key, and for messages without a key one after the other.</summary>
internal sealed class KeylessSpread
{
    private uint turn;

    /// <summary>The partition whose turn it is.</summary>
    public int Next(TopicImage topic) => (int)(Interlocked.Increment(ref turn) % (uint)topic.Partitions.Count);

    /// <exception cref="RequestRefusedException">The topic has no such partition.</exception>
    public int Choose(TopicImage topic, in ParsedMessage message, ReadOnlySpan<byte> body, ByteArena arena, int? keyless = null)
    {
        if (message.Partition is { } asked)
        {
            return asked < topic.Partitions.Count ? asked : throw Refused(RestContext.UnknownPartition(topic, asked));
        }

        return message.Key is { } key ? topic.PartitionOf(key.Of(body, arena)).Value : keyless ?? Next(topic);
    }

    private static RequestRefusedException Refused(Error error) => new(error.Code, error.Detail);
}
