using GoQueue.Core;

namespace GoQueue.Metadata.Topics;

/// <summary>One topic as the metadata log knows it. Immutable; every change makes another with a higher <see cref="Version"/>.</summary>
public sealed class TopicImage
{
    public required TopicId Id { get; init; }

    public required string Name { get; init; }

    public required TopicSettings Settings { get; init; }

    /// <summary>By index, dense from 0. Their key ranges cover the hash space without overlap.</summary>
    public required IReadOnlyList<PartitionImage> Partitions { get; init; }

    /// <summary>Position in the metadata log of the last change; rises with every change.</summary>
    public required long Version { get; init; }

    public required UnixMillis Created { get; init; }

    /// <summary>The one partition whose range holds the key's hash.</summary>
    public PartitionIndex PartitionOf(ReadOnlySpan<byte> key)
    {
        uint hash = Murmur3.Hash(key);
        foreach (PartitionImage partition in Partitions)
        {
            if (partition.Keys.Contains(hash))
            {
                return partition.Index;
            }
        }

        throw new InvariantViolationException($"no partition of topic {Name} holds hash {hash}");
    }
}
