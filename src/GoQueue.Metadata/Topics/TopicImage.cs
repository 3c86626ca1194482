using GoQueue.Core;

namespace GoQueue.Metadata.Topics;

/// <summary>One topic as the metadata log knows it. Immutable; every change makes another with a higher <see cref="Version"/>.</summary>
public sealed class TopicImage
{
    private PartitionImage[]? byFirstHash;

    public required TopicId Id { get; init; }

    public required string Name { get; init; }

    public required TopicSettings Settings { get; init; }

    /// <summary>By index, dense from 0. Their key ranges cover the hash space without overlap.</summary>
    public required IReadOnlyList<PartitionImage> Partitions { get; init; }

    /// <summary>One more than the position in the metadata log of the last change; rises with every change.</summary>
    public required long Version { get; init; }

    public required UnixMillis Created { get; init; }

    /// <summary>The one partition whose range holds the key's hash.</summary>
    public PartitionIndex PartitionOf(ReadOnlySpan<byte> key)
    {
        uint hash = Murmur3.Hash(key);
        PartitionImage[] ranges = ByFirstHash();
        int low = 0;
        int high = ranges.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = ranges[middle].Keys.First <= hash ? (middle, high) : (low, middle - 1);
        }

        Invariant.Check(ranges[low].Keys.Contains(hash), "the ranges of a topic hold every hash", ranges[low].Keys.First, hash);
        return ranges[low].Index;
    }

    internal TopicImage With(TopicSettings settings, long version) => new()
    {
        Id = Id,
        Name = Name,
        Settings = settings,
        Partitions = Partitions,
        Version = version,
        Created = Created,
        byFirstHash = byFirstHash,
    };

    /// <summary>Made on first use; two threads may both make it, with the same content.</summary>
    private PartitionImage[] ByFirstHash()
    {
        PartitionImage[]? ranges = Volatile.Read(ref byFirstHash);
        if (ranges is null)
        {
            ranges = [.. Partitions];
            Array.Sort(ranges, static (left, right) => left.Keys.First.CompareTo(right.Keys.First));
            Volatile.Write(ref byFirstHash, ranges);
        }

        return ranges;
    }
}
