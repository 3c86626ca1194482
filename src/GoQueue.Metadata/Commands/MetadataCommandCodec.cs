using System.Buffers;
using GoQueue.Core;
using GoQueue.Metadata.Cluster;
using GoQueue.Metadata.Encoding;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Commands;

/// <summary>
/// Bytes of a command in the metadata log (docs/internals/metadata-commands.md): type, version of that type, fields. The log frames and
/// checksums them. A type or version of a newer program is refused by name and never skipped: a node that skipped a decision would
/// hold another state than the rest.
/// </summary>
public static class MetadataCommandCodec
{
    private const short CommandVersion = 1;

    private enum CommandType : short
    {
        FormCluster = 1,
        AllocateProducerIds = 2,
        CreateTopic = 3,
        AlterTopic = 4,
        DeleteTopic = 5,
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

        if (version != CommandVersion)
        {
            return Newer($"metadata command {(CommandType)type} has version {version}, this program knows {CommandVersion}");
        }

        MetadataCommand command = ReadFields((CommandType)type, ref from);
        return from.IsAtEnd ? command : new Error(ErrorCode.CorruptLog, $"the fields of metadata command {(CommandType)type} do not fit its {bytes.Length} bytes");
    }

    private static MetadataCommand ReadFields(CommandType type, ref FieldReader from)
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
                TopicSettings settings = from.ReadSettings();
                return new CreateTopicCommand(created, name, settings, from.ReadPartitions([]), when);
            case CommandType.AlterTopic:
                TopicId altered = from.ReadTopicId();
                long expectedVersion = from.ReadInt64();
                return new AlterTopicCommand(altered, from.ReadSettings(), expectedVersion);
            case CommandType.DeleteTopic:
                return new DeleteTopicCommand(from.ReadTopicId());
            default:
                throw new InvariantViolationException($"command type {type} has no decoding");
        }
    }

    private static void WriteHead(IBufferWriter<byte> to, CommandType type)
    {
        to.WriteInt16((short)type);
        to.WriteInt16(CommandVersion);
    }

    private static Error Newer(string what) =>
        new(ErrorCode.UnsupportedBatchVersion, what + "; the data was written by a newer goqueue-server: start that version or a later one");
}
