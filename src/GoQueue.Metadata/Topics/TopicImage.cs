using GoQueue.Core;

namespace GoQueue.Metadata.Topics;

/// <summary>One topic as the metadata log knows it. Immutable; a change makes another one that shares what did not change.</summary>
public sealed class TopicImage
{
    private readonly PartitionList partitions = PartitionList.From([]);
    private KeyRanges? ranges;
    private NodeList? hosts;

    public required TopicId Id { get; init; }

    public required string Name { get; init; }

    public required TopicSettings Settings { get; init; }

    /// <summary>By index, dense from 0. Their key ranges cover the hash space without overlap.</summary>
    public required IReadOnlyList<PartitionImage> Partitions
    {
        get => partitions;
        init => partitions = PartitionList.From(value);
    }

    /// <summary>The image version that its settings or its number of partitions came with; what a change of them is based on.</summary>
    public required long Version { get; init; }

    /// <summary>The image version of the last change of anything here, leaders and ISRs included; at least <see cref="Version"/>.</summary>
    public long LastChange { get; init; }

    /// <summary>
    /// The image version since which the flush mode is <see cref="TopicFlushMode.Flush"/>; 0 since its creation, -1 while it is another mode. What a broker
    /// acknowledged is on its disk if it registered later than this (docs/adr/0009).
    /// </summary>
    public long FlushedSince { get; init; }

    public required UnixMillis Created { get; init; }

    /// <summary>Every node with a replica, in order of node ids. Made on first use and shared as long as no replicas change.</summary>
    public NodeList Hosts
    {
        get
        {
            hosts ??= NodeList.From(new SortedSet<NodeId>(partitions.SelectMany(partition => partition.Replicas)));
            return hosts;
        }
    }

    /// <summary>The one partition whose range holds the key's hash.</summary>
    public PartitionIndex PartitionOf(ReadOnlySpan<byte> key)
    {
        ranges ??= KeyRanges.Of(partitions);
        return ranges.Find(Murmur3.Hash(key));
    }

    internal TopicVersion Change() => new(LastChange, Id);

    internal TopicImage With(TopicSettings settings, long version) => new()
    {
        Id = Id,
        Name = Name,
        Settings = settings,
        Partitions = settings.MinInSyncReplicas == Settings.MinInSyncReplicas ? partitions : WithoutEligibleLeaders(),
        Version = version,
        LastChange = version,
        FlushedSince = settings.FlushMode != TopicFlushMode.Flush ? -1 : Settings.FlushMode == TopicFlushMode.Flush ? FlushedSince : version,
        Created = Created,
        ranges = ranges,
        hosts = hosts,
    };

    /// <summary>Some partitions are in another state; none is new and no key range moved.</summary>
    internal TopicImage With(IReadOnlyList<PartitionImage> changed, long version)
    {
        bool sameHosts = true;
        foreach (PartitionImage partition in changed)
        {
            PartitionImage before = partitions[partition.Index.Value];
            Invariant.Check(before.Keys == partition.Keys, "a key range moves only when partitions are added");
            Invariant.Check(partition.PartitionEpoch > before.PartitionEpoch, "M2: a partition epoch never goes back", before.PartitionEpoch.Value + 1L, partition.PartitionEpoch.Value);
            Invariant.Check(partition.LeaderEpoch >= before.LeaderEpoch, "M2: a leader epoch never goes back", before.LeaderEpoch.Value, partition.LeaderEpoch.Value);
            Invariant.Check(partition.Leader == before.Leader || partition.LeaderEpoch > before.LeaderEpoch, "M1: a leader epoch has one leader");
            sameHosts &= before.Replicas.Equals(partition.Replicas);
        }

        return new TopicImage
        {
            Id = Id,
            Name = Name,
            Settings = Settings,
            Partitions = partitions.With(changed),
            Version = Version,
            LastChange = version,
            FlushedSince = FlushedSince,
            Created = Created,
            ranges = ranges,
            hosts = sameHosts ? hosts : null,
        };
    }

    /// <summary>Another layout of the keys: the first partitions may have smaller ranges, more stand behind them.</summary>
    internal TopicImage WithLayout(IReadOnlyList<PartitionImage> layout, long version) => new()
    {
        Id = Id,
        Name = Name,
        Settings = Settings,
        Partitions = layout,
        Version = version,
        LastChange = version,
        FlushedSince = FlushedSince,
        Created = Created,
    };

    /// <summary>L4: its members were judged by the other threshold.</summary>
    private PartitionList WithoutEligibleLeaders()
    {
        List<PartitionImage> changed = [];
        foreach (PartitionImage partition in partitions)
        {
            if (partition.EligibleLeaders.Count > 0)
            {
                changed.Add(partition with { EligibleLeaders = NodeList.Empty, PartitionEpoch = partition.PartitionEpoch.Next });
            }
        }

        return partitions.With(changed);
    }
}
