using System.Buffers;
using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Metadata.Cluster;
using GoQueue.Metadata.Encoding;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Snapshots;

/// <summary>
/// Bytes of a metadata snapshot, version 1 (docs/internals/metadata-snapshot.md). Canonical: topics in ordinal name order, every value at its one
/// place, so that the checksum of the whole is a digest of the state. What a reader accepts it writes back unchanged.
/// </summary>
internal static class MetadataSnapshotCodec
{
    private const ushort Magic = 0x4751; // "GQ"
    private const byte Kind = (byte)'M';
    private const byte Version = 1;
    private const int HeaderSize = 8;
    private const int SmallestTopic = 16 + 2 + 8 + 8;

    public static void Write(MetadataImage image, IBufferWriter<byte> destination)
    {
        ArrayBufferWriter<byte> body = new();
        body.WriteInt64(image.Version);
        body.WriteName(image.ClusterId ?? string.Empty);
        body.WriteInt64(image.NextProducerId.Value);
        body.WriteInt32(image.TopicCount);
        foreach (TopicImage topic in image.Topics)
        {
            body.WriteTopicId(topic.Id);
            body.WriteName(topic.Name);
            body.WriteInt64(topic.Version);
            body.WriteInt64(topic.Created.Value);
            body.WriteSettings(topic.Settings);
            body.WritePartitions(topic.Partitions);
        }

        body.WriteInt32(image.Registry.DeletedCount);
        foreach (TopicId id in image.Registry.DeletedIds)
        {
            body.WriteTopicId(id);
        }

        Span<byte> head = destination.GetSpan(HeaderSize);
        BinaryPrimitives.WriteUInt16BigEndian(head, Magic);
        head[2] = Kind;
        head[3] = Version;
        BinaryPrimitives.WriteUInt32BigEndian(head[4..], Crc32C.Compute(body.WrittenSpan));
        destination.Advance(HeaderSize);
        destination.Write(body.WrittenSpan);
    }

    public static Result<MetadataImage> Read(ReadOnlySpan<byte> snapshot)
    {
        if (snapshot.Length < HeaderSize || BinaryPrimitives.ReadUInt16BigEndian(snapshot) != Magic || snapshot[2] != Kind)
        {
            return Corrupt("it does not start with the magic of a metadata snapshot");
        }

        if (snapshot[3] != Version)
        {
            return new Error(
                ErrorCode.UnsupportedBatchVersion,
                $"the metadata snapshot has format version {snapshot[3]}, this program knows {Version}; start the goqueue-server version that wrote it or a later one");
        }

        if (BinaryPrimitives.ReadUInt32BigEndian(snapshot[4..]) != Crc32C.Compute(snapshot[HeaderSize..]))
        {
            return Corrupt("its checksum does not match");
        }

        FieldReader from = new(snapshot[HeaderSize..]);
        long version = from.ReadInt64();
        string clusterId = from.ReadName(ClusterName.MaxLength);
        ProducerId nextProducerId = new(from.ReadInt64());
        int count = from.ReadCount(SmallestTopic, int.MaxValue);
        if (from.IsBroken || version < 0 || nextProducerId.IsNone || (clusterId.Length > 0 && ClusterName.Validate(clusterId, "cluster id") is not null))
        {
            return Corrupt("its first fields are cut short or out of bounds");
        }

        if (!ReadTopics(ref from, count, version).TryGet(out TopicRegistry? topics, out Error refused))
        {
            return refused;
        }

        return from.IsAtEnd
            ? new MetadataImage(version, clusterId.Length > 0 ? clusterId : null, nextProducerId, topics)
            : Corrupt("bytes follow its last field");
    }

    private static Result<TopicRegistry> ReadTopics(ref FieldReader from, int count, long version)
    {
        TopicRegistry.Builder topics = new();
        Dictionary<string, NodeId> nodes = [];
        string previous = string.Empty;
        for (int i = 0; i < count; i++)
        {
            TopicImage topic = new()
            {
                Id = from.ReadTopicId(),
                Name = from.ReadName(TopicName.MaxLength),
                Version = from.ReadInt64(),
                Created = new UnixMillis(from.ReadInt64()),
                Settings = from.ReadSettings(),
                Partitions = from.ReadPartitions(nodes),
            };
            if (from.IsBroken)
            {
                return Corrupt($"topic {i} of {count} is cut short");
            }

            Error? broken = TopicIds.Validate(topic.Id) ?? TopicName.Validate(topic.Name) ?? topic.Settings.Validate() ?? PartitionLayout.Validate(topic.Partitions);
            if (broken is { } rule)
            {
                return Corrupt($"topic {i} of {count} breaks a rule: {rule.Detail}");
            }

            if (string.CompareOrdinal(previous, topic.Name) >= 0 || topic.Version < 1 || topic.Version > version || !topics.TryAdd(topic))
            {
                return Corrupt($"topic {topic.Name} is out of order, out of bounds or there twice");
            }

            previous = topic.Name;
        }

        int deleted = from.ReadCount(itemSize: 16, TopicRegistry.MaxDeleted);
        for (int i = 0; i < deleted; i++)
        {
            TopicId id = from.ReadTopicId();
            if (TopicIds.Validate(id) is not null || !topics.TryAddDeleted(id))
            {
                return Corrupt($"the deleted topic {id} is there twice");
            }
        }

        return topics.Build();
    }

    private static Error Corrupt(string why) => new(ErrorCode.CorruptLog, "the metadata snapshot cannot be used: " + why);
}
