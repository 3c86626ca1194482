using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Fuzz.Targets;

/// <summary>Runs of batches as fetch responses carry them.</summary>
internal sealed class RecordBatchSequenceTarget : IFuzzTarget
{
    public string Name => "batch-sequence";

    public long MaxAllocatedBytes => 0;

    public IEnumerable<byte[]> Seeds { get; } =
    [
        [.. SeedBatches.Build(1, CompressionCodec.None), .. SeedBatches.Build(4, CompressionCodec.Gzip), .. SeedBatches.Build(2, CompressionCodec.None)],
        [.. SeedBatches.Build(1, CompressionCodec.None), .. new byte[61]],
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        int total = 0;
        RecordBatchSequence batches = new(input);
        while (batches.MoveNext())
        {
            Invariant.Check(batches.Current.Length == new RecordBatchHeader(batches.Current).TotalSize, "a batch is as long as it says");
            total += batches.Current.Length;
        }

        Invariant.Check(total + batches.Rest.Length == input.Length, "no byte is lost", input.Length, total + batches.Rest.Length);
    }
}
