using System.Buffers;
using GoQueue.Core;
using GoQueue.Core.Fields;

namespace GoQueue.Replication.Wire;

/// <summary>What a leader says of one follower that is being brought in.</summary>
/// <param name="BytesLeft">What it still lacks, about; 0 or more.</param>
/// <param name="BytesPerSecond">What it took a second since it first asked this leader; 0 or more.</param>
public readonly record struct CatchUpReport(TopicPartition Partition, NodeId Node, long BytesLeft, long BytesPerSecond);

/// <summary>The bytes of <c>CatchUp</c> (docs/internals/replica-fetch.md). Reading takes anything and refuses what is not canonical.</summary>
public static class CatchUpCodec
{
    /// <summary>Partitions in one request; of more nothing is known.</summary>
    public const int MaxPartitions = 10_000;

    /// <summary>Reports in one answer.</summary>
    public const int MaxReports = 10 * MaxPartitions;

    private const byte Version = 1;
    private const int PartitionSize = 20;
    private const int SmallestReport = PartitionSize + 2 + 1 + 8 + 8;
    private const int MaxName = 64;

    /// <summary>The caller owns the buffer.</summary>
    public static SharedBuffer Encode(IReadOnlyList<TopicPartition> partitions)
    {
        ArrayBufferWriter<byte> to = new();
        to.WriteByte(Version);
        to.WriteInt32(partitions.Count);
        foreach (TopicPartition partition in partitions)
        {
            Write(to, partition);
        }

        return SharedBuffer.CopyOf(to.WrittenSpan);
    }

    /// <summary>Codes: MalformedRequest.</summary>
    public static Result<IReadOnlyList<TopicPartition>> DecodeRequest(ReadOnlySpan<byte> bytes)
    {
        FieldReader from = new(bytes);
        bool isKnown = from.ReadByte() == Version;
        TopicPartition[] partitions = new TopicPartition[from.ReadCount(PartitionSize, MaxPartitions)];
        for (int index = 0; index < partitions.Length; index++)
        {
            partitions[index] = Read(ref from);
        }

        return isKnown && from.IsAtEnd ? partitions : Malformed("request");
    }

    /// <summary>The caller owns the buffer.</summary>
    public static SharedBuffer Encode(IReadOnlyList<CatchUpReport> reports)
    {
        ArrayBufferWriter<byte> to = new();
        to.WriteByte(Version);
        to.WriteInt32(reports.Count);
        foreach (CatchUpReport report in reports)
        {
            Write(to, report.Partition);
            to.WriteName(report.Node.Value);
            to.WriteInt64(report.BytesLeft);
            to.WriteInt64(report.BytesPerSecond);
        }

        return SharedBuffer.CopyOf(to.WrittenSpan);
    }

    /// <summary>Codes: MalformedRequest.</summary>
    public static Result<IReadOnlyList<CatchUpReport>> DecodeReports(ReadOnlySpan<byte> bytes)
    {
        FieldReader from = new(bytes);
        bool isKnown = from.ReadByte() == Version;
        CatchUpReport[] reports = new CatchUpReport[from.ReadCount(SmallestReport, MaxReports)];
        for (int index = 0; index < reports.Length; index++)
        {
            TopicPartition partition = Read(ref from);
            string name = from.ReadName(MaxName);
            if (name.Length == 0)
            {
                return Malformed("answer");
            }

            reports[index] = new CatchUpReport(partition, new NodeId(name), from.ReadNumber(), from.ReadNumber());
        }

        return isKnown && from.IsAtEnd ? reports : Malformed("answer");
    }

    private static void Write(ArrayBufferWriter<byte> to, TopicPartition partition)
    {
        to.WriteGuid(partition.Topic.Value);
        to.WriteInt32(partition.Partition.Value);
    }

    private static TopicPartition Read(ref FieldReader from)
    {
        TopicPartition partition = new(new TopicId(from.ReadGuid()), new PartitionIndex(from.ReadInt32()));
        if (partition.Partition.Value < 0)
        {
            from.Break();
        }

        return partition;
    }

    private static Error Malformed(string what) => new(ErrorCode.MalformedRequest, $"the catch-up {what} is not of a version and form known here");
}
