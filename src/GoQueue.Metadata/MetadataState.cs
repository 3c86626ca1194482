using System.Buffers;
using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Snapshots;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata;

/// <summary>
/// The fold over the metadata log: the same commands in the same order give the same image on every node. <see cref="Apply"/> is the only
/// writer; it looks at nothing but the image and the command, and a command that does not fit yields <see cref="MetadataOutcome.Refused"/>
/// and changes nothing. The rules, bounds of settings included, belong to the format: they may be widened, and narrowed only for a new version
/// of the command, because old logs are applied again.
/// </summary>
/// <remarks>One thread at a time; the images may be read from anywhere. A command costs time logarithmic in the number of topics, and linear in the partitions it changes.</remarks>
public sealed partial class MetadataState
{
    public MetadataState()
        : this(MetadataImage.Empty)
    {
    }

    private MetadataState(MetadataImage image) => Image = image;

    public MetadataImage Image { get; private set; }

    /// <summary>CRC-32C of the canonical snapshot: two nodes that applied the same log have the same.</summary>
    public uint Digest
    {
        get
        {
            ArrayBufferWriter<byte> snapshot = new();
            WriteSnapshot(snapshot);
            return Crc32C.Compute(snapshot.WrittenSpan);
        }
    }

    /// <summary>Applies the command that stands at <paramref name="position"/> of the log, 0 or more and rising from call to call.</summary>
    public MetadataOutcome Apply(MetadataCommand command, long position)
    {
        long version = position + 1;
        Invariant.Check(version > Image.Version, "commands are applied in log order", Image.Version, version);
        if (command.Validate() is { } malformed)
        {
            return new MetadataOutcome.Refused(malformed);
        }

        return command switch
        {
            CreateTopicCommand create => CreateTopic(create, version),
            AlterTopicCommand alter => AlterTopic(alter, version),
            DeleteTopicCommand delete => DeleteTopic(delete, version),
            AllocateProducerIdsCommand allocate => AllocateProducerIds(allocate, version),
            FormClusterCommand form => FormCluster(form, version),
            RegisterBrokerCommand register => RegisterBroker(register, version),
            AlterBrokerCommand alter => AlterBroker(alter, version),
            UnregisterBrokerCommand unregister => UnregisterBroker(unregister, version),
            AlterPartitionsCommand alter => AlterPartitions(alter, version),
            AlterInSyncCommand alter => AlterInSync(alter, version),
            AddPartitionsCommand add => AddPartitions(add, version),
            ReportLossCommand loss => ReportLoss(loss, version),
            SetReassignmentRateCommand rate => SetReassignmentRate(rate, version),
            _ => throw new InvariantViolationException($"command {command.GetType().Name} has no rule"),
        };
    }

    /// <summary>Writes the state in its canonical form (docs/internals/metadata-snapshot.md): equal states give equal bytes.</summary>
    public void WriteSnapshot(IBufferWriter<byte> destination) => WriteImage(Image, destination);

    /// <summary>The same of an image taken earlier; needs no state, so that it can be written while later commands are applied.</summary>
    public static void WriteImage(MetadataImage image, IBufferWriter<byte> destination) => MetadataSnapshotCodec.Write(image, destination);

    /// <summary>
    /// Reads what <see cref="WriteSnapshot"/> wrote. Codes: <see cref="ErrorCode.CorruptLog"/> for damage,
    /// <see cref="ErrorCode.UnsupportedBatchVersion"/> for a snapshot of a newer program.
    /// </summary>
    public static Result<MetadataState> ReadSnapshot(ReadOnlySpan<byte> snapshot) =>
        MetadataSnapshotCodec.Read(snapshot).TryGet(out MetadataImage? image, out Error error) ? new MetadataState(image) : error;

    private MetadataOutcome.ReassignmentRateSet SetReassignmentRate(SetReassignmentRateCommand command, long version)
    {
        if (Image.ReassignmentBytesPerSecond != command.BytesPerSecond)
        {
            Image = Image with { Version = version, ReassignmentBytesPerSecond = command.BytesPerSecond };
        }

        return new MetadataOutcome.ReassignmentRateSet(command.BytesPerSecond);
    }

    private MetadataOutcome AllocateProducerIds(AllocateProducerIdsCommand command, long version)
    {
        ProducerId first = Image.NextProducerId;
        if (first.Value > long.MaxValue - command.Count)
        {
            return Refused(ErrorCode.InvalidArgument, $"{command.Count} producer ids are more than are left after {first}");
        }

        Image = Image with { Version = version, NextProducerId = new ProducerId(first.Value + command.Count) };
        return new MetadataOutcome.ProducerIdsAllocated(first, command.Count);
    }

    /// <summary>Set once. The same id again is fine and changes nothing: a node that does not know whether its first try was decided asks again.</summary>
    private MetadataOutcome FormCluster(FormClusterCommand command, long version)
    {
        if (Image.ClusterId is null)
        {
            Image = Image with { Version = version, ClusterId = command.ClusterId };
        }

        return Image.ClusterId == command.ClusterId
            ? new MetadataOutcome.ClusterFormed(command.ClusterId)
            : Refused(ErrorCode.PreconditionFailed, $"the cluster is formed as {Image.ClusterId} and cannot become {command.ClusterId}");
    }

    private static MetadataOutcome.Refused UnknownTopic(TopicId id) => Refused(ErrorCode.UnknownTopic, $"no topic has the id {id}");

    private static MetadataOutcome.Refused Refused(ErrorCode code, string detail) => new(new Error(code, detail));
}
