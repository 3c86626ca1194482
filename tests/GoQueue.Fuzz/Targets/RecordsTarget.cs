using System.Buffers.Binary;
using GoQueue.Core.Records;

namespace GoQueue.Fuzz.Targets;

/// <summary>The records of a batch behind a sound header: plain, or as gzip or snappy data. The first input byte chooses the count.</summary>
internal sealed class RecordsTarget(CompressionCodec codec, string name) : IFuzzTarget
{
    private const int MaxCount = 64;

    private static readonly RecordReadLimits Limits = new(1 << 18);

    private readonly byte[] header = SeedBatches.Build(1, CompressionCodec.None)[..RecordBatchLayout.HeaderSize];

    public string Name => name;

    public IEnumerable<byte[]> Seeds
    {
        get
        {
            foreach (int count in (int[])[1, 2, 8, 40])
            {
                yield return [(byte)count, .. SeedBatches.Records(count, codec)];
            }

            byte[] plain = SeedBatches.Records(30, CompressionCodec.None);
            yield return codec == CompressionCodec.Snappy ? [30, .. IronSnappy.Snappy.Encode(plain)] : [30, .. plain];
        }
    }

    public void Run(ReadOnlySpan<byte> input)
    {
        int count = input.IsEmpty ? 0 : input[0] % MaxCount;
        byte[] batch = [.. header, .. input.IsEmpty ? input : input[1..]];
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(RecordBatchLayout.Attributes), (short)codec);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(RecordBatchLayout.LastOffsetDelta), Math.Max(count - 1, 0));
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(RecordBatchLayout.RecordCount), count);
        SeedBatches.Repair(batch);
        BatchWalk.TryWalk(batch, Limits);
    }
}
