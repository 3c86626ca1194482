using GoQueue.Core.Records;

namespace GoQueue.Client;

/// <summary>A message of a <see cref="MessageBatch"/>, looked at in place: valid until the next step of the loop over the batch.</summary>
public readonly ref struct MessageView
{
    private readonly Record record;

    internal MessageView(Record record, PriorityLane priority, int leaderEpoch)
    {
        this.record = record;
        Priority = priority;
        LeaderEpoch = leaderEpoch;
    }

    /// <summary>Its position in the partition.</summary>
    public long Offset => record.Offset.Value;

    /// <summary>The leadership that it was stored under; with the offset it names the message for good, see <see cref="ConsumerOptions.StartEpochs"/>.</summary>
    public int LeaderEpoch { get; }

    /// <summary>Create time, milliseconds since 1970.</summary>
    public long TimestampMillis => record.Timestamp.Value;

    /// <summary>Create time.</summary>
    public DateTimeOffset Timestamp => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(record.Timestamp.Value, -62135596800000, 253402300799999));

    /// <summary>Its lane.</summary>
    public PriorityLane Priority { get; }

    /// <summary>Empty when the message has no key; see <see cref="KeyIsNull"/>.</summary>
    public ReadOnlySpan<byte> Key => record.Key;

    /// <summary>Whether the message has no key.</summary>
    public bool KeyIsNull => record.KeyIsNull;

    /// <summary>Empty when the message has no value; see <see cref="ValueIsNull"/>.</summary>
    public ReadOnlySpan<byte> Value => record.Value;

    /// <summary>Whether the message has no value, which removes its key from a compacted topic.</summary>
    public bool ValueIsNull => record.ValueIsNull;

    /// <summary>In the order they were written; keys may repeat.</summary>
    public RecordHeaders Headers => record.Headers;
}
