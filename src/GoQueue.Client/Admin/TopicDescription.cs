using GoQueue.Core;

namespace GoQueue.Client;

/// <summary>A topic as the broker knows it.</summary>
public sealed record TopicDescription
{
    /// <summary>Name, unique without regard to case.</summary>
    public required string Name { get; init; }

    /// <summary>32 hexadecimal digits; a topic made again under the same name has another one.</summary>
    public required string Id { get; init; }

    /// <summary>The settings, all set.</summary>
    public required TopicConfiguration Configuration { get; init; }

    /// <summary>The partitions by number.</summary>
    public required IReadOnlyList<PartitionDescription> Partitions { get; init; }

    /// <summary>Raised by every change; hand it to an alteration that must not overwrite another one.</summary>
    public required long Version { get; init; }

    /// <summary>When the topic was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The partition that messages with this key go to.</summary>
    public PartitionDescription PartitionOf(ReadOnlySpan<byte> key)
    {
        uint hash = Murmur3.Hash(key);
        foreach (PartitionDescription partition in Partitions)
        {
            if (new HashRange(partition.FirstHash, partition.LastHash).Contains(hash))
            {
                return partition;
            }
        }

        throw new GoQueueException(ErrorCode.Internal, $"no partition of topic '{Name}' holds the key hash 0x{hash:x8}");
    }
}

/// <summary>One partition of a topic.</summary>
/// <param name="Index">Number, from 0.</param>
/// <param name="FirstHash">Lowest key hash (murmur3, 32 bits, seed 0) that belongs here.</param>
/// <param name="LastHash">Highest key hash that belongs here.</param>
/// <param name="Leader">Id of the node that leads it; empty when there is none now.</param>
/// <param name="LeaderEpoch">Raised by every change of leader.</param>
public sealed record PartitionDescription(int Index, uint FirstHash, uint LastHash, string Leader, int LeaderEpoch)
{
    /// <summary>Raised by every change of the partition.</summary>
    public int PartitionEpoch { get; init; }

    /// <summary>Ids of the nodes that keep it, the preferred leader first.</summary>
    public IReadOnlyList<string> Replicas { get; init; } = [];

    /// <summary>ISR: those that hold every committed message and count for new ones.</summary>
    public IReadOnlyList<string> InSync { get; init; } = [];

    /// <summary>ELR: those out of the ISR that are sure to hold every committed message.</summary>
    public IReadOnlyList<string> EligibleLeaders { get; init; } = [];
}

/// <summary>The bounds of a partition at one moment.</summary>
/// <param name="LogStart">The first offset still kept.</param>
/// <param name="HighWatermark">The offset the next message will get, as far as readers may know.</param>
/// <param name="ForTime">The first offset with a timestamp at or after the asked time; null when there is none, or none was asked for.</param>
public sealed record PartitionOffsets(long LogStart, long HighWatermark, long? ForTime);
