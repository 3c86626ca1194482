using System.Text;
using GoQueue.Core.Records;

namespace GoQueue.Client;

/// <summary>A message that was read: a copy of its own, to keep as long as wanted.</summary>
public sealed class ConsumedMessage
{
    internal ConsumedMessage(string topic, int partition, in MessageView view)
    {
        Topic = topic;
        Partition = partition;
        Offset = view.Offset;
        LeaderEpoch = view.LeaderEpoch;
        Timestamp = view.Timestamp;
        Priority = view.Priority;
        Key = view.KeyIsNull ? null : view.Key.ToArray();
        Value = view.ValueIsNull ? null : view.Value.ToArray();
        Headers = HeadersOf(view);
    }

    /// <summary>Its topic.</summary>
    public string Topic { get; }

    /// <summary>Its partition.</summary>
    public int Partition { get; }

    /// <summary>Its position in the partition.</summary>
    public long Offset { get; }

    /// <summary>The leadership that it was stored under; with the offset it names the message for good, see <see cref="ConsumerOptions.StartEpochs"/>.</summary>
    public int LeaderEpoch { get; }

    /// <summary>Create time.</summary>
    public DateTimeOffset Timestamp { get; }

    /// <summary>Its lane.</summary>
    public PriorityLane Priority { get; }

    /// <summary>Null when the message has no key, which differs from an empty one.</summary>
    public byte[]? Key { get; }

    /// <summary>Null when the message has no value, which removes its key from a compacted topic.</summary>
    public byte[]? Value { get; }

    /// <summary>In the order they were written; keys may repeat.</summary>
    public IReadOnlyList<RecordHeader> Headers { get; }

    /// <summary>The key as UTF-8 text.</summary>
    public string? KeyText => Key is null ? null : Encoding.UTF8.GetString(Key);

    /// <summary>The value as UTF-8 text.</summary>
    public string? ValueText => Value is null ? null : Encoding.UTF8.GetString(Value);

    private static RecordHeader[] HeadersOf(in MessageView view)
    {
        if (view.Headers.Count == 0)
        {
            return [];
        }

        RecordHeader[] headers = new RecordHeader[view.Headers.Count];
        int count = 0;
        foreach (RecordHeaderView header in view.Headers)
        {
            headers[count++] = new RecordHeader(Encoding.UTF8.GetString(header.Key), header.Value.ToArray(), header.ValueIsNull);
        }

        return headers;
    }
}
