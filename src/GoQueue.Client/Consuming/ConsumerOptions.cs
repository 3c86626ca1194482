namespace GoQueue.Client;

/// <summary>What a consumer does when the offset it wants is no longer, or not yet, in the partition.</summary>
public enum OffsetResetPolicy
{
    /// <summary>The enumeration throws OffsetOutOfRange, and goes on after a seek. The default: nothing is skipped unseen.</summary>
    Fail,

    /// <summary>Goes on at the start of the log, and tells <see cref="ConsumerOptions.OnReset"/>.</summary>
    Earliest,

    /// <summary>Goes on at the end, and tells <see cref="ConsumerOptions.OnReset"/>.</summary>
    Latest,
}

/// <summary>A jump of a consumer's position that it did not ask for.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition.</param>
/// <param name="From">The offset that is not there.</param>
/// <param name="To">The offset it goes on at.</param>
public readonly record struct OffsetReset(string Topic, int Partition, long From, long To);

/// <summary>What a consumer reads. Checked by <see cref="GoQueueClient.CreateConsumer"/>.</summary>
public sealed record ConsumerOptions
{
    /// <summary>The topic to read.</summary>
    public required string Topic { get; init; }

    /// <summary>The partitions to read; null for all that the topic has when reading starts.</summary>
    public IReadOnlyList<int>? Partitions { get; init; }

    /// <summary>Where partitions begin that <see cref="StartOffsets"/> does not name. Default earliest.</summary>
    public StartPosition Start { get; init; } = StartPosition.Earliest;

    /// <summary>Where single partitions begin: partition to offset.</summary>
    public IReadOnlyDictionary<int, long>? StartOffsets { get; init; }

    /// <summary>
    /// For partitions in <see cref="StartOffsets"/>, the leader epoch of the last message read before (<see cref="MessageBatch.LastEpoch"/>,
    /// <see cref="ConsumedMessage.LeaderEpoch"/>): with it a log that lost what was read in an earlier life of this program is noticed (<see cref="OnTruncated"/>).
    /// </summary>
    public IReadOnlyDictionary<int, int>? StartEpochs { get; init; }

    /// <summary>Ends the enumeration at the high watermarks that the partitions had when reading started. Default false: it goes on for ever.</summary>
    public bool StopAtEnd { get; init; }

    /// <summary>What to do when an offset is not in the partition. Default fail.</summary>
    public OffsetResetPolicy OnOutOfRange { get; init; } = OffsetResetPolicy.Fail;

    /// <summary>Told of every jump that <see cref="OnOutOfRange"/> makes. Be quick; an exception ends the enumeration.</summary>
    public Action<OffsetReset>? OnReset { get; init; }

    /// <summary>What to do when messages that were read are not in the log any more, which takes a topic with unclean leader election. Default fail.</summary>
    public TruncationPolicy OnTruncated { get; init; } = TruncationPolicy.Fail;

    /// <summary>
    /// Told of every truncation that <see cref="TruncationPolicy.Continue"/> goes on after: on the enumerating thread, behind the last message read before and
    /// ahead of the first one after. An exception ends the enumeration.
    /// </summary>
    public Action<LogTruncation>? OnTruncation { get; init; }

    /// <summary>
    /// Where this program runs, in the words of the brokers' racks. Partitions that have an in-sync replica in the same rack are read from it instead of from their
    /// leader: cheaper between zones, and a fetch later. What only the leader can answer goes there, and all reading does while that replica is not in sync, cannot
    /// be reached or lags behind. Null, the default: always from the leader.
    /// </summary>
    public string? Rack { get; init; }

    /// <summary>
    /// Bytes read ahead over all partitions, as received; one response always fits. Default 16 MiB; 64 KiB to 1 GiB. The connection holds up to
    /// another 4 MiB per partition.
    /// </summary>
    public int PrefetchBytes { get; init; } = 16 << 20;

    /// <summary>Bytes of one response; a single larger batch still comes. Default 1 MiB; 1 KiB to 32 MiB.</summary>
    public int MaxResponseBytes { get; init; } = 1 << 20;

    /// <summary>Bytes that one compressed batch may inflate to. Default 64 MiB; 64 KiB to 1 GiB.</summary>
    public int MaxDecompressedBytes { get; init; } = 64 << 20;

    /// <exception cref="ArgumentException">An option is outside its bounds.</exception>
    internal void Validate()
    {
        OptionMistakes mistakes = new();
        mistakes.Unless(!string.IsNullOrEmpty(Topic), $"{nameof(Topic)} is empty");
        mistakes.Unless(Partitions is not { Count: 0 }, $"{nameof(Partitions)} names no partition; leave it null for all");
        mistakes.Unless(Partitions is null || Partitions.All(partition => partition >= 0), $"{nameof(Partitions)} has a negative number");
        mistakes.Unless(Partitions is null || Partitions.Distinct().Count() == Partitions.Count, $"{nameof(Partitions)} names a partition twice");
        mistakes.Unless(StartOffsets is null || StartOffsets.Values.All(offset => offset >= 0), $"{nameof(StartOffsets)} has a negative offset");
        mistakes.Unless(StartEpochs is null || StartEpochs.Keys.All(partition => StartOffsets?.ContainsKey(partition) == true), $"{nameof(StartEpochs)} names a partition that {nameof(StartOffsets)} does not");
        mistakes.Unless(Rack is not "", $"{nameof(Rack)} is empty; leave it null to read from leaders");
        mistakes.Unless(Enum.IsDefined(OnTruncated), $"{nameof(OnTruncated)} {(int)OnTruncated} does not exist");
        mistakes.Unless(Enum.IsDefined(OnOutOfRange), $"{nameof(OnOutOfRange)} {(int)OnOutOfRange} does not exist");
        mistakes.UnlessBetween(PrefetchBytes, 64 << 10, 1 << 30, nameof(PrefetchBytes));
        mistakes.UnlessBetween(MaxResponseBytes, 1 << 10, 32 << 20, nameof(MaxResponseBytes));
        mistakes.UnlessBetween(MaxDecompressedBytes, 64 << 10, 1 << 30, nameof(MaxDecompressedBytes));
        mistakes.Throw(nameof(ConsumerOptions));
    }
}
