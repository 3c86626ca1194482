using System.Text;
using GoQueue.Core.Records;

namespace GoQueue.Client;

/// <summary>
/// A message to be sent. Key, value and headers are copied when the producer accepts the message; until then they must not change.
/// </summary>
/// <param name="Key">Decides the partition, and is what compaction goes by. Null for none, which differs from an empty one.</param>
/// <param name="Value">The content. Null removes the key from a compacted topic.</param>
public readonly record struct ProducerMessage(ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value)
{
    /// <summary>Headers in the order to be kept; keys may repeat. <c>goqueue-ttl-ms</c> with decimal milliseconds limits the message's life.</summary>
    public ReadOnlyMemory<RecordHeader> Headers { get; init; }

    /// <summary>Lane for queue-mode delivery; readers by offset see plain log order. Default normal.</summary>
    public PriorityLane Priority { get; init; }

    /// <summary>The partition to use; null lets the key decide, and without a key one partition after the other is filled batch by batch.</summary>
    public int? Partition { get; init; }

    /// <summary>Create time, 1970 or later; null for now.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>A message with the UTF-8 form of these texts.</summary>
    /// <param name="key">Null for none.</param>
    /// <param name="value">Null for none.</param>
    public static ProducerMessage OfText(string? key, string? value) =>
        OfBytes(key is null ? null : Encoding.UTF8.GetBytes(key), value is null ? null : Encoding.UTF8.GetBytes(value));

    /// <summary>
    /// A message with these bytes, where a null array means none. (An array that is null and converted to memory would become empty instead.)
    /// </summary>
    /// <param name="key">Null for none.</param>
    /// <param name="value">Null for none.</param>
    public static ProducerMessage OfBytes(byte[]? key, byte[]? value) =>
        new(key is null ? default(ReadOnlyMemory<byte>?) : key.AsMemory(), value is null ? default(ReadOnlyMemory<byte>?) : value.AsMemory());
}
