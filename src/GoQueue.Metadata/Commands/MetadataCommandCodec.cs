using System.Buffers;
using GoQueue.Core;
using GoQueue.Core.Fields;
using GoQueue.Metadata.Cluster;
using GoQueue.Metadata.Encoding;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Commands;

/// <summary>
/// Bytes of a command in the metadata log (docs/internals/metadata-commands.md): type, version of that type, fields. The log frames and
/// checksums them. A type or version of a newer program is refused by name and never skipped: a node that skipped a decision would
/// hold another state than the rest.
/// </summary>
public static class MetadataCommandCodec
{
    private enum CommandType : short
    {
        FormCluster = 1,
        AllocateProducerIds = 2,
        CreateTopic = 3,
        AlterTopic = 4,
        DeleteTopic = 5,
        RegisterBroker = 6,
        AlterBroker = 7,
        UnregisterBroker = 8,
        AlterPartitions = 9,
        AlterInSync = 10,
        AddPartitions = 11,
        SetReassignmentRate = 12,
        ReportLoss = 13,
    }

    /// <summary>Writes a command that <see cref="MetadataCommand.Validate"/> found fine.</summary>
    public static void Encode(MetadataCommand command, IBufferWriter<byte> to)
    {
        Invariant.Check(command.Validate() is null, "a command is validated before it is written");
        switch (command)
        {
            case FormClusterCommand form:
                WriteHead(to, CommandType.FormCluster);
                to.WriteName(form.ClusterId);
                break;
            case AllocateProducerIdsCommand allocate:
                WriteHead(to, CommandType.AllocateProducerIds);
                to.WriteInt32(allocate.Count);
                break;
            case CreateTopicCommand create:
                WriteHead(to, CommandType.CreateTopic);
                to.WriteTopicId(create.Id);
                to.WriteName(create.Name);
                to.WriteInt64(create.Created.Value);
                to.WriteSettings(create.Settings);
                to.WritePartitions(create.Partitions);
                break;
            case AlterTopicCommand alter:
                WriteHead(to, CommandType.AlterTopic);
                to.WriteTopicId(alter.Id);
                to.WriteInt64(alter.ExpectedVersion);
                to.WriteSettings(alter.Settings);
                break;
            case DeleteTopicCommand delete:
                WriteHead(to, CommandType.DeleteTopic);
                to.WriteTopicId(delete.Id);
                break;
            case RegisterBrokerCommand register:
                WriteHead(to, CommandType.RegisterBroker);
                to.WriteName(register.Node.Value);
                to.WriteGuid(register.Incarnation);
                to.WriteInt64(register.Previous.Value);
                to.WriteEndpoints(register.Endpoints);
                to.WriteName(register.Rack ?? string.Empty);
                break;
            case AlterBrokerCommand alter:
                WriteHead(to, CommandType.AlterBroker);
                to.WriteName(alter.Node.Value);
                to.WriteInt64(alter.Epoch.Value);
                to.WriteByte((byte)alter.Change);
                break;
            case UnregisterBrokerCommand unregister:
                WriteHead(to, CommandType.UnregisterBroker);
                to.WriteName(unregister.Node.Value);
                to.WriteInt64(unregister.Epoch.Value);
                break;
            case AlterPartitionsCommand alter:
                WriteHead(to, CommandType.AlterPartitions);
                to.WriteChanges(alter.Changes);
                break;
            case AlterInSyncCommand alter:
                WriteAlterInSync(to, alter);
                break;
            case AddPartitionsCommand add:
                WriteAddPartitions(to, add);
                break;
            case ReportLossCommand loss:
                WriteHead(to, CommandType.ReportLoss);
                to.WriteTopicId(loss.Partition.Topic);
                to.WriteInt32(loss.Partition.Partition.Value);
                to.WriteInt32(loss.LeaderEpoch.Value);
                to.WriteInt64(loss.Range.First.Value);
                to.WriteInt64(loss.Range.End.Value);
                break;
            case SetReassignmentRateCommand rate:
                WriteHead(to, CommandType.SetReassignmentRate);
                to.WriteInt64(rate.BytesPerSecond);
                break;
            default:
                throw new InvariantViolationException($"command {command.GetType().Name} has no encoding");
        }
    }

    /// <summary>
    /// Reads one command and nothing else. The values inside may still be refused by <see cref="MetadataCommand.Validate"/>. Codes:
    /// <see cref="ErrorCode.UnsupportedBatchVersion"/> for a command of a newer program, <see cref="ErrorCode.CorruptLog"/> for damage.
    /// </summary>
    public static Result<MetadataCommand> Decode(ReadOnlySpan<byte> bytes)
    {
        FieldReader from = new(bytes);
        short type = from.ReadInt16();
        short version = from.ReadInt16();
        if (from.IsBroken)
        {
            return new Error(ErrorCode.CorruptLog, $"a metadata command of {bytes.Length} bytes is cut short");
        }

        if (!Enum.IsDefined((CommandType)type))
        {
            return Newer($"metadata command type {type} is unknown to this program");
        }

        short newest = NewestVersion((CommandType)type);
        if (version < 1 || version > newest)
        {
            return Newer($"metadata command {(CommandType)type} has version {version}, this program knows 1 to {newest}");
        }

        MetadataCommand command = ReadFields((CommandType)type, version, ref from);
        return from.IsAtEnd ? command : new Error(ErrorCode.CorruptLog, $"the fields of metadata command {(CommandType)type} do not fit its {bytes.Length} bytes");
    }

    /// <summary>What is written. Older ones stay readable for ever: a log may begin with them.</summary>
    private static short NewestVersion(CommandType type) => type is CommandType.CreateTopic or CommandType.AlterTopic ? (short)2 : (short)1;

    private static MetadataCommand ReadFields(CommandType type, short version, ref FieldReader from)
    {
        switch (type)
        {
            case CommandType.FormCluster:
                return new FormClusterCommand(from.ReadName(ClusterName.MaxLength));
            case CommandType.AllocateProducerIds:
                return new AllocateProducerIdsCommand(from.ReadInt32());
            case CommandType.CreateTopic:
                TopicId created = from.ReadTopicId();
                string name = from.ReadName(TopicName.MaxLength);
                UnixMillis when = new(from.ReadInt64());
                TopicSettings settings = version == 1 ? from.ReadSettingsV1() : from.ReadSettings();
                return new CreateTopicCommand(created, name, settings, version == 1 ? from.ReadPartitionsV1([]) : from.ReadPartitions([]), when);
            case CommandType.AlterTopic:
                TopicId altered = from.ReadTopicId();
                long expectedVersion = from.ReadInt64();
                return new AlterTopicCommand(altered, version == 1 ? from.ReadSettingsV1() : from.ReadSettings(), expectedVersion);
            case CommandType.DeleteTopic:
                return new DeleteTopicCommand(from.ReadTopicId());
            case CommandType.RegisterBroker:
                NodeId node = from.ReadNode();
                Guid incarnation = from.ReadGuid();
                BrokerEpoch previous = new(from.ReadInt64());
                return new RegisterBrokerCommand(node, incarnation, from.ReadEndpoints(), from.ReadRack(), previous);
            case CommandType.AlterBroker:
                return new AlterBrokerCommand(from.ReadNode(), new BrokerEpoch(from.ReadInt64()), (BrokerChange)from.ReadByte());
            case CommandType.UnregisterBroker:
                return new UnregisterBrokerCommand(from.ReadNode(), new BrokerEpoch(from.ReadInt64()));
            case CommandType.AlterPartitions:
                return new AlterPartitionsCommand(from.ReadChanges());
            case CommandType.AlterInSync:
                return ReadAlterInSync(ref from);
            case CommandType.AddPartitions:
                return ReadAddPartitions(ref from);
            case CommandType.ReportLoss:
                TopicPartition lost = new(from.ReadTopicId(), new PartitionIndex(from.ReadInt32()));
                LeaderEpoch epoch = new(from.ReadInt32());
                return new ReportLossCommand(lost, epoch, new OffsetRange(new Offset(from.ReadInt64()), new Offset(from.ReadInt64())));
            case CommandType.SetReassignmentRate:
                return new SetReassignmentRateCommand(from.ReadInt64());
            default:
                throw new InvariantViolationException($"command type {type} has no decoding");
        }
    }

    private static void WriteHead(IBufferWriter<byte> to, CommandType type)
    {
        to.WriteInt16((short)type);
        to.WriteInt16(NewestVersion(type));
    }

    private static void WriteAlterInSync(IBufferWriter<byte> to, AlterInSyncCommand alter)
    {
        WriteHead(to, CommandType.AlterInSync);
        to.WriteTopicId(alter.Partition.Topic);
        to.WriteInt32(alter.Partition.Partition.Value);
        to.WriteName(alter.Leader.Value);
        to.WriteInt32(alter.LeaderEpoch.Value);
        to.WriteInt32(alter.Expected.Value);
        to.WriteByte((byte)alter.Members.Count);
        foreach (InSyncMember member in alter.Members)
        {
            to.WriteName(member.Node.Value);
            to.WriteInt64(member.Epoch.Value);
        }
    }

    private static AlterInSyncCommand ReadAlterInSync(ref FieldReader from)
    {
        TopicPartition partition = new(from.ReadTopicId(), new PartitionIndex(from.ReadInt32()));
        NodeId leader = from.ReadNode();
        LeaderEpoch leaderEpoch = new(from.ReadInt32());
        PartitionEpoch expected = new(from.ReadInt32());
        InSyncMember[] members = new InSyncMember[from.ReadByte()];
        for (int i = 0; i < members.Length; i++)
        {
            members[i] = new InSyncMember(from.ReadNode(), new BrokerEpoch(from.ReadInt64()));
        }

        return new AlterInSyncCommand(partition, leader, leaderEpoch, expected, members);
    }

    private static void WriteAddPartitions(IBufferWriter<byte> to, AddPartitionsCommand add)
    {
        WriteHead(to, CommandType.AddPartitions);
        to.WriteTopicId(add.Topic);
        to.WriteInt64(add.ExpectedVersion);
        to.WriteInt32(add.Narrowed.Count);
        foreach (NarrowedRange cut in add.Narrowed)
        {
            to.WriteInt32(cut.Partition.Value);
            to.WriteUInt32(cut.Keys.First);
            to.WriteUInt32(cut.Keys.Last);
        }

        to.WriteInt32(add.Added[0].Index.Value);
        to.WritePartitions(add.Added);
    }

    private static AddPartitionsCommand ReadAddPartitions(ref FieldReader from)
    {
        TopicId topic = from.ReadTopicId();
        long expectedVersion = from.ReadInt64();
        NarrowedRange[] narrowed = new NarrowedRange[from.ReadCount(itemSize: 12, PartitionLayout.MaxPartitions)];
        for (int i = 0; i < narrowed.Length; i++)
        {
            narrowed[i] = new NarrowedRange(new PartitionIndex(from.ReadInt32()), new HashRange(from.ReadUInt32(), from.ReadUInt32()));
        }

        int firstIndex = from.ReadInt32();
        if (firstIndex is < 0 or >= PartitionLayout.MaxPartitions)
        {
            from.Break();
        }

        return new AddPartitionsCommand(topic, expectedVersion, narrowed, from.ReadPartitions([], firstIndex));
    }

    private static Error Newer(string what) =>
        new(ErrorCode.UnsupportedBatchVersion, what + "; the data was written by a newer goqueue-server: start that version or a later one");
}
