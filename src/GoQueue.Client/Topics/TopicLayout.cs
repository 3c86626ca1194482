using GoQueue.Core;

namespace GoQueue.Client.Topics;

/// <summary>What a producer or consumer needs to know about a topic. Immutable.</summary>
internal sealed class TopicLayout
{
    private const int DefaultMaxMessageBytes = 1 << 20; // for a server that does not say

    private readonly uint[] firstHashes;
    private readonly int[] partitionsByHash;

    public TopicLayout(TopicDescription topic, long fetchedAt)
    {
        Name = topic.Name;
        Id = topic.Id;
        Version = topic.Version;
        FetchedAt = fetchedAt;
        MaxMessageBytes = topic.Configuration.MaxMessageBytes ?? DefaultMaxMessageBytes;
        PartitionDescription[] byHash = [.. topic.Partitions.OrderBy(partition => partition.FirstHash)];
        firstHashes = [.. byHash.Select(partition => partition.FirstHash)];
        partitionsByHash = [.. byHash.Select(partition => partition.Index)];
        Partitions = [.. topic.Partitions.Select(partition => partition.Index).Order()];
    }

    public string Name { get; }

    public string Id { get; }

    public long Version { get; }

    public int MaxMessageBytes { get; }

    /// <summary>Ticks of the client's clock.</summary>
    public long FetchedAt { get; }

    /// <summary>Numbers of the partitions, ascending; never empty for a topic that exists.</summary>
    public int[] Partitions { get; }

    public bool Has(int partition) => Array.BinarySearch(Partitions, partition) >= 0;

    /// <summary>The partition whose range of key hashes holds this key's. Ranges cover the whole space without overlap (semantics Z1).</summary>
    public int PartitionOf(ReadOnlySpan<byte> key)
    {
        int found = Array.BinarySearch(firstHashes, Murmur3.Hash(key));
        return partitionsByHash[found >= 0 ? found : Math.Max(~found - 1, 0)];
    }
}
