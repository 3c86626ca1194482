using System.Buffers;
using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Core.Fields;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Cluster;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Encoding;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Snapshots;

/// <summary>
/// Bytes of a metadata snapshot, version 2 (docs/internals/metadata-snapshot.md); version 1 is still read. Canonical: topics in ordinal name order, every
/// value at its one place, so that the checksum of the whole is a digest of the state. What a reader accepts of version 2 it writes back unchanged.
/// </summary>
internal static class MetadataSnapshotCodec
{
    private const ushort Magic = 0x4751; // "GQ"
    private const byte Kind = (byte)'M';
    private const byte Version = 2;
    private const byte OldestVersion = 1;
    private const int HeaderSize = 8;
    private const int SmallestTopic = 16 + 2 + 8 + 8;

    public static void Write(MetadataImage image, IBufferWriter<byte> destination)
    {
        ArrayBufferWriter<byte> body = new();
        body.WriteInt64(image.Version);
        body.WriteName(image.ClusterId ?? string.Empty);
        body.WriteInt64(image.NextProducerId.Value);
        body.WriteInt64(image.ReassignmentBytesPerSecond);
        body.WriteInt32(image.ReassignmentTotal);
        body.WriteBrokers(image.Brokers);
        body.WriteEvents(image);
        body.WriteInt32(image.TopicCount);
        foreach (TopicImage topic in image.Topics)
        {
            body.WriteTopicId(topic.Id);
            body.WriteName(topic.Name);
            body.WriteInt64(topic.Version);
            body.WriteInt64(topic.LastChange);
            body.WriteInt64(topic.FlushedSince);
            body.WriteInt64(topic.Created.Value);
            body.WriteSettings(topic.Settings);
            body.WritePartitions(topic.Partitions);
        }

        body.WriteInt32(image.Registry.DeletedCount);
        foreach (TopicVersion deleted in image.Registry.DeletedIds)
        {
            body.WriteInt64(deleted.Version);
            body.WriteTopicId(deleted.Id);
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

        if (snapshot[3] is < OldestVersion or > Version)
        {
            return new Error(
                ErrorCode.UnsupportedBatchVersion,
                $"the metadata snapshot has format version {snapshot[3]}, this program knows {OldestVersion} to {Version}; start the goqueue-server version that wrote it or a later one");
        }

        if (BinaryPrimitives.ReadUInt32BigEndian(snapshot[4..]) != Crc32C.Compute(snapshot[HeaderSize..]))
        {
            return Corrupt("its checksum does not match");
        }

        return ReadImage(new FieldReader(snapshot[HeaderSize..]), isV1: snapshot[3] == OldestVersion);
    }

    private static Result<MetadataImage> ReadImage(FieldReader from, bool isV1)
    {
        long version = from.ReadInt64();
        string clusterId = from.ReadName(ClusterName.MaxLength);
        ProducerId nextProducerId = new(from.ReadInt64());
        long reassignmentRate = isV1 ? 0 : from.ReadInt64();
        int reassignmentTotal = isV1 ? 0 : from.ReadInt32();
        if (from.IsBroken || version < 0 || nextProducerId.IsNone || (clusterId.Length > 0 && ClusterName.Validate(clusterId, "cluster id") is not null)
            || new SetReassignmentRateCommand(reassignmentRate).Validate() is not null)
        {
            return Corrupt("its first fields are cut short or out of bounds");
        }

        Dictionary<string, NodeId> nodes = [];
        BrokerRegistry? brokers = isV1 ? BrokerRegistry.Empty : from.ReadBrokers(nodes, version);
        EventHistory? events = isV1 ? EventHistory.Empty : from.ReadEvents(nodes, version);
        if (brokers is null || events is null)
        {
            return Corrupt("its brokers or events are cut short, out of order or out of bounds");
        }

        if (!ReadTopics(ref from, nodes, version, reassignmentTotal, isV1).TryGet(out TopicRegistry? topics, out Error refused))
        {
            return refused;
        }

        return !from.IsAtEnd
            ? Corrupt("bytes follow its last field")
            : new MetadataImage
            {
                Version = version,
                ClusterId = clusterId.Length > 0 ? clusterId : null,
                NextProducerId = nextProducerId,
                ReassignmentBytesPerSecond = reassignmentRate,
                Registry = topics,
                BrokerRegistry = brokers,
                EventHistory = events,
            };
    }

    private static Result<TopicRegistry> ReadTopics(ref FieldReader from, Dictionary<string, NodeId> nodes, long version, int reassignmentTotal, bool isV1)
    {
        TopicRegistry.Builder topics = new();
        string previous = string.Empty;
        int count = from.ReadCount(SmallestTopic, int.MaxValue);
        for (int i = 0; i < count; i++)
        {
            TopicImage? topic = isV1 ? ReadTopicV1(ref from, nodes) : ReadTopic(ref from, nodes);
            if (topic is null)
            {
                return Corrupt($"topic {i} of {count} is cut short");
            }

            Error? broken = TopicIds.Validate(topic.Id) ?? TopicName.Validate(topic.Name) ?? topic.Settings.Validate() ?? PartitionLayout.Validate(topic.Partitions);
            if (broken is { } rule)
            {
                return Corrupt($"topic {i} of {count} breaks a rule: {rule.Detail}");
            }

            bool areVersionsFine = topic.Version >= 1 && topic.LastChange >= topic.Version && topic.LastChange <= version
                && topic.FlushedSince >= -1 && topic.FlushedSince <= version && topic.FlushedSince < 0 == (topic.Settings.FlushMode != TopicFlushMode.Flush);
            if (string.CompareOrdinal(previous, topic.Name) >= 0 || !areVersionsFine || !topics.TryAdd(topic))
            {
                return Corrupt($"topic {topic.Name} is out of order, out of bounds or there twice");
            }

            previous = topic.Name;
        }

        int deleted = from.ReadCount(itemSize: 16, TopicRegistry.MaxDeleted);
        for (int i = 0; i < deleted; i++)
        {
            // Version 1 knew the order alone: they happened before anything that is numbered.
            long when = isV1 ? i - (long)deleted : from.ReadInt64();
            TopicId id = from.ReadTopicId();
            if (when > version || TopicIds.Validate(id) is not null || !topics.TryAddDeleted(new TopicVersion(when, id)))
            {
                return Corrupt($"the deleted topic {id} is there twice or out of order");
            }
        }

        return topics.Build(reassignmentTotal) is { } registry ? registry : Corrupt($"{reassignmentTotal} reassignments do not fit the partitions");
    }

    private static TopicImage? ReadTopic(ref FieldReader from, Dictionary<string, NodeId> nodes)
    {
        TopicImage topic = new()
        {
            Id = from.ReadTopicId(),
            Name = from.ReadName(TopicName.MaxLength),
            Version = from.ReadInt64(),
            LastChange = from.ReadInt64(),
            FlushedSince = from.ReadInt64(),
            Created = new UnixMillis(from.ReadInt64()),
            Settings = from.ReadSettings(),
            Partitions = from.ReadPartitions(nodes),
        };
        return from.IsBroken ? null : topic;
    }

    private static TopicImage? ReadTopicV1(ref FieldReader from, Dictionary<string, NodeId> nodes)
    {
        TopicId id = from.ReadTopicId();
        string name = from.ReadName(TopicName.MaxLength);
        long version = from.ReadInt64();
        UnixMillis created = new(from.ReadInt64());
        TopicSettings settings = from.ReadSettingsV1();
        TopicImage topic = new()
        {
            Id = id,
            Name = name,
            Version = version,
            LastChange = version,
            FlushedSince = settings.FlushMode == TopicFlushMode.Flush ? 0 : -1,
            Created = created,
            Settings = settings,
            Partitions = from.ReadPartitionsV1(nodes),
        };
        return from.IsBroken ? null : topic;
    }

    private static Error Corrupt(string why) => new(ErrorCode.CorruptLog, "the metadata snapshot cannot be used: " + why);
}
