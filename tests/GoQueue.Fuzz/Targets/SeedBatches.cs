using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Fuzz.Targets;

/// <summary>Sound batches to begin from, and headers around arbitrary record bytes.</summary>
internal static class SeedBatches
{
    public static byte[] Build(int count, CompressionCodec codec, PriorityLane lane = PriorityLane.Normal, bool isControl = false)
    {
        using RecordBatchBuilder builder = new();
        builder.Reset(lane: lane, codec: codec, isControl: isControl);
        RecordHeader[] headers = [RecordHeader.OfText("trace", "0123456789abcdef"), new("none", default, ValueIsNull: true), RecordHeader.OfText(RecordTtl.HeaderName, "60000")];
        for (int i = 0; i < count; i++)
        {
            Span<RecordHeader> some = headers.AsSpan(0, i % 4);
            bool isAppended = builder.TryAppend(
                new UnixMillis(1_700_000_000_000 + i), "key"u8, keyIsNull: i % 5 == 4, "the value, the same again and again"u8, valueIsNull: i % 7 == 6, some, 1 << 20);
            Invariant.Check(isAppended, "a seed is small");
        }

        using SharedBuffer batch = builder.Build(new ProducerId(5), 1, 10);
        return batch.Span.ToArray();
    }

    public static byte[] Records(int count, CompressionCodec codec) => Build(count, codec)[RecordBatchLayout.HeaderSize..];

    /// <summary>Makes length, magic and CRC right, so that a mutation gets past the first checks.</summary>
    public static void Repair(Span<byte> batch)
    {
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatchLayout.BatchLength..], batch.Length - RecordBatchLayout.LengthOverhead);
        batch[RecordBatchLayout.Magic] = RecordBatchLayout.CurrentMagic;
        BinaryPrimitives.WriteUInt32BigEndian(batch[RecordBatchLayout.Crc..], Crc32C.Compute(RecordBatchHeader.CrcCovered(batch)));
    }
}
