using GoQueue.Core;

namespace GoQueue.Client.Topics;

/// <summary>What a producer or consumer needs to know about a topic. Immutable.</summary>
internal sealed class TopicLayout
{
    private const int DefaultMaxMessageBytes = 1 << 20; // for a server that does not say

    private readonly uint[] firstHashes;
    private readonly int[] partitionsByHash;
    private readonly Dictionary<int, PartitionLeader> leaders = [];
    private readonly Dictionary<int, IReadOnlyList<string>> inSync = [];

    /// <param name="topic">As a node described it.</param>
    /// <param name="metadataVersion">What that node knew when it did.</param>
    /// <param name="fetchedAt">Ticks of the client's clock.</param>
    public TopicLayout(TopicDescription topic, long metadataVersion, long fetchedAt)
    {
        Name = topic.Name;
        Id = topic.Id;
        MetadataVersion = metadataVersion;
        FetchedAt = fetchedAt;
        MaxMessageBytes = topic.Configuration.MaxMessageBytes ?? DefaultMaxMessageBytes;
        PartitionDescription[] byHash = [.. topic.Partitions.OrderBy(partition => partition.FirstHash)];
        firstHashes = [.. byHash.Select(partition => partition.FirstHash)];
        partitionsByHash = [.. byHash.Select(partition => partition.Index)];
        Partitions = [.. topic.Partitions.Select(partition => partition.Index).Order()];
        foreach (PartitionDescription partition in topic.Partitions)
        {
            leaders[partition.Index] = new PartitionLeader(partition.Leader, partition.LeaderEpoch);
            inSync[partition.Index] = partition.InSync;
        }
    }

    private TopicLayout(TopicLayout other, long metadataVersion, long fetchedAt, Dictionary<int, PartitionLeader> leaders)
    {
        Name = other.Name;
        Id = other.Id;
        MaxMessageBytes = other.MaxMessageBytes;
        Partitions = other.Partitions;
        firstHashes = other.firstHashes;
        partitionsByHash = other.partitionsByHash;
        MetadataVersion = metadataVersion;
        FetchedAt = fetchedAt;
        this.leaders = leaders;
        inSync = other.inSync;
    }

    public string Name { get; }

    public string Id { get; }

    /// <summary>Of the cluster's metadata. A lower one is older news, whoever tells it.</summary>
    public long MetadataVersion { get; }

    public int MaxMessageBytes { get; }

    /// <summary>Ticks of the client's clock.</summary>
    public long FetchedAt { get; }

    /// <summary>Numbers of the partitions, ascending; never empty for a topic that exists.</summary>
    public int[] Partitions { get; }

    public bool Has(int partition) => Array.BinarySearch(Partitions, partition) >= 0;

    /// <summary>Who leads; nobody when the partition is not known or has no leader now.</summary>
    public PartitionLeader LeaderOf(int partition) => leaders.GetValueOrDefault(partition, new PartitionLeader("", -1));

    /// <summary>Nodes whose replicas are in sync: any of them may be read from. Empty when it is not known.</summary>
    public IReadOnlyList<string> InSyncOf(int partition) => inSync.GetValueOrDefault(partition, []);

    /// <summary>The partition whose range of key hashes holds this key's. Ranges cover the whole space without overlap (semantics Z1).</summary>
    public int PartitionOf(ReadOnlySpan<byte> key)
    {
        int found = Array.BinarySearch(firstHashes, Murmur3.Hash(key));
        return partitionsByHash[found >= 0 ? found : Math.Max(~found - 1, 0)];
    }

    /// <summary>The same, still true as of then.</summary>
    public TopicLayout Confirmed(long metadataVersion, long fetchedAt) => new(this, Math.Max(MetadataVersion, metadataVersion), fetchedAt, leaders);

    /// <summary>The same with another leader of one partition.</summary>
    public TopicLayout With(int partition, PartitionLeader leader) =>
        new(this, MetadataVersion, FetchedAt, new Dictionary<int, PartitionLeader>(leaders) { [partition] = leader });

    /// <summary>
    /// This layout as news after <paramref name="known"/>: nodes lag behind each other, so what is older is not believed, and a leader epoch once
    /// heard of never goes back.
    /// </summary>
    public TopicLayout After(TopicLayout? known)
    {
        if (known is null || (known.Id != Id && MetadataVersion >= known.MetadataVersion))
        {
            return this;
        }

        if (MetadataVersion < known.MetadataVersion)
        {
            return known.Confirmed(known.MetadataVersion, FetchedAt);
        }

        TopicLayout newest = this;
        foreach ((int partition, PartitionLeader leader) in known.leaders)
        {
            if (Has(partition) && leader.Epoch > LeaderOf(partition).Epoch)
            {
                newest = newest.With(partition, leader);
            }
        }

        return newest;
    }
}

/// <param name="Node">Id; empty for nobody.</param>
/// <param name="Epoch">Raised by every change of leader.</param>
internal readonly record struct PartitionLeader(string Node, int Epoch);
