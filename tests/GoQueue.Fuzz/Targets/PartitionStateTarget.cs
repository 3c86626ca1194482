using System.Buffers;
using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Partitions;

namespace GoQueue.Fuzz.Targets;

/// <summary>Partition-state snapshots, as given and with the checksum made right: refused, or canonical.</summary>
internal sealed class PartitionStateTarget : IFuzzTarget
{
    public string Name => "partition-state";

    public IEnumerable<byte[]> Seeds { get; } = [Snapshot(new PartitionState()), Snapshot(PartitionFoldTarget.Fold(PartitionFoldTarget.Headers(1, 3))), Snapshot(PartitionFoldTarget.Fold(PartitionFoldTarget.Headers(9, 40)))];

    public void Run(ReadOnlySpan<byte> input)
    {
        Check(input);
        if (input.Length >= 8)
        {
            byte[] repaired = input.ToArray();
            "GQP\u0001"u8.CopyTo(repaired);
            BinaryPrimitives.WriteUInt32BigEndian(repaired.AsSpan(4), Crc32C.Compute(repaired.AsSpan(8)));
            Check(repaired);
        }
    }

    public static byte[] Snapshot(PartitionState state)
    {
        ArrayBufferWriter<byte> bytes = new();
        state.WriteSnapshot(bytes);
        return bytes.WrittenSpan.ToArray();
    }

    private static void Check(ReadOnlySpan<byte> input)
    {
        if (PartitionState.ReadSnapshot(input).TryGet(out PartitionState? state, out _))
        {
            Invariant.Check(input.SequenceEqual(Snapshot(state)), "what is read is written back the same");
        }
    }
}

/// <summary>Arbitrary batch headers through the fold: it takes whatever a log holds, and its state can be saved and restored.</summary>
internal sealed class PartitionFoldTarget : IFuzzTarget
{
    public string Name => "partition-fold";

    public IEnumerable<byte[]> Seeds { get; } = [Headers(1, 20), Headers(5, 50)];

    public void Run(ReadOnlySpan<byte> input)
    {
        PartitionState state = Fold(input);
        byte[] before = PartitionStateTarget.Snapshot(state);
        Invariant.Check(PartitionState.ReadSnapshot(before).IsOk, "a folded state can be restored");
        StateMark mark = state.Mark();
        Apply(state, input);
        state.ExpireProducers(new UnixMillis(2), TimeSpan.FromMilliseconds(1));
        state.RollbackTo(mark);
        Invariant.Check(before.AsSpan().SequenceEqual(PartitionStateTarget.Snapshot(state)), "a rollback restores the state");
    }

    public static PartitionState Fold(ReadOnlySpan<byte> headers)
    {
        PartitionState state = new();
        Apply(state, headers);
        return state;
    }

    /// <summary>In-sequence batches of a few producers.</summary>
    public static byte[] Headers(int producers, int count)
    {
        byte[] headers = new byte[count * RecordBatchLayout.HeaderSize];
        for (int i = 0; i < count; i++)
        {
            Span<byte> header = headers.AsSpan(i * RecordBatchLayout.HeaderSize);
            BinaryPrimitives.WriteInt64BigEndian(header, i * 3);
            BinaryPrimitives.WriteInt32BigEndian(header[RecordBatchLayout.LastOffsetDelta..], 2);
            BinaryPrimitives.WriteInt64BigEndian(header[RecordBatchLayout.ProducerId..], i % producers);
            BinaryPrimitives.WriteInt32BigEndian(header[RecordBatchLayout.BaseSequence..], i / producers * 3);
        }

        return headers;
    }

    private static void Apply(PartitionState state, ReadOnlySpan<byte> headers)
    {
        for (; headers.Length >= RecordBatchLayout.HeaderSize; headers = headers[RecordBatchLayout.HeaderSize..])
        {
            RecordBatchHeader header = new(headers);
            bool isAccepted = state.Decide(header).IsAccept;
            bool isInLine = state.Apply(header, new UnixMillis(headers.Length % 3));
            Invariant.Check(isAccepted == isInLine, "apply takes without a warning exactly what decide accepts");
        }
    }
}
