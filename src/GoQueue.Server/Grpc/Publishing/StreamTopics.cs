using System.Buffers;
using System.Text;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Grpc.Services;

namespace GoQueue.Server.Grpc.Publishing;

/// <summary>
/// From the topic and partition of a request to the partition and its line, cheap for a topic seen before: a comparison with the last name, or one
/// look-up. The topic itself is asked for each batch, so a topic that was deleted or made again is noticed at once.
/// </summary>
internal sealed class StreamTopics(ITopicRequests topics)
{
    /// <summary>Names remembered by one stream; beyond it the stream forgets them all and learns anew.</summary>
    private const int MaxNames = 1024;

    private readonly Dictionary<string, StreamTopic> byName = new(StringComparer.Ordinal);
    private StreamTopic? current;

    /// <summary>Codes: InvalidArgument, InvalidTopicName, UnknownTopic, UnknownPartition.</summary>
    /// <param name="name">UTF-8; empty means the topic of the request before.</param>
    public Error? Find(in ReadOnlySequence<byte> name, int partition, out StreamTarget target)
    {
        target = default;
        if (!name.IsEmpty && (current is null || !IsName(current, name)))
        {
            current = Remember(name);
        }

        if (current is null)
        {
            return new Error(ErrorCode.InvalidArgument, "the first request of a stream names a topic");
        }

        if (!topics.Describe(current.Name).TryGet(out TopicImage? image, out Error error))
        {
            return error;
        }

        if (!PartitionLookup.IsPartitionOf(image, partition))
        {
            return PartitionLookup.Unknown(image, partition);
        }

        target = new StreamTarget(new TopicPartition(image.Id, new PartitionIndex(partition)), current.LineOf(image, partition));
        return null;
    }

    private static bool IsName(StreamTopic topic, in ReadOnlySequence<byte> name) => name.IsSingleSegment
        ? name.FirstSpan.SequenceEqual(topic.Utf8)
        : name.Length == topic.Utf8.Length && name.ToArray().AsSpan().SequenceEqual(topic.Utf8);

    private StreamTopic Remember(in ReadOnlySequence<byte> utf8)
    {
        const int MaxChars = TopicName.MaxLength;
        if (utf8.Length > MaxChars)
        {
            return new StreamTopic(Encoding.UTF8.GetString(utf8)); // no topic has such a name: the broker will say so
        }

        Span<char> chars = stackalloc char[MaxChars];
        int length = Encoding.UTF8.GetChars(utf8, chars);
        ReadOnlySpan<char> name = chars[..length];
        if (byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out StreamTopic? known))
        {
            return known;
        }

        if (byName.Count == MaxNames)
        {
            byName.Clear();
        }

        StreamTopic added = new(name.ToString());
        byName.Add(added.Name, added);
        return added;
    }

    private sealed class StreamTopic(string name)
    {
        private TopicImage? image;
        private PublishLine?[] lines = [];

        public string Name => name;

        public byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(name);

        public PublishLine LineOf(TopicImage now, int partition)
        {
            if (!ReferenceEquals(image, now))
            {
                // A topic made again under the same name has other partitions; a changed one keeps its lines.
                PublishLine?[] kept = image?.Id == now.Id ? lines : [];
                lines = new PublishLine?[now.Partitions.Count];
                kept.AsSpan(0, Math.Min(kept.Length, lines.Length)).CopyTo(lines);
                image = now;
            }

            return lines[partition] ??= new PublishLine();
        }
    }
}

/// <summary>Where a batch of a stream goes.</summary>
internal readonly record struct StreamTarget(TopicPartition Partition, PublishLine Line);
