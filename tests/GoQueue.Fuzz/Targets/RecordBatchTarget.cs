using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Fuzz.Targets;

/// <summary>Whole batches: as they come, and once more with length, magic and CRC made right so that the later checks are reached.</summary>
internal sealed class RecordBatchTarget : IFuzzTarget
{
    private const int MaxBatchBytes = 1 << 20;

    private static readonly RecordReadLimits Limits = new(1 << 20);

    public string Name => "record-batch";

    public IEnumerable<byte[]> Seeds { get; } =
    [
        SeedBatches.Build(1, CompressionCodec.None),
        SeedBatches.Build(9, CompressionCodec.None, PriorityLane.Background),
        SeedBatches.Build(20, CompressionCodec.Gzip),
        SeedBatches.Build(20, CompressionCodec.Snappy, PriorityLane.Critical),
        SeedBatches.Build(3, CompressionCodec.None, isControl: true),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        Check(input);
        if (input.Length >= RecordBatchLayout.HeaderSize)
        {
            byte[] repaired = input.ToArray();
            SeedBatches.Repair(repaired);
            Check(repaired);
        }
    }

    private static void Check(ReadOnlySpan<byte> batch)
    {
        bool isFresh = RecordBatchValidator.Validate(batch, MaxBatchBytes, RecordBatchKinds.Control | RecordBatchKinds.Transactional) is null;
        bool isStored = RecordBatchValidator.ValidateStored(batch) is null;
        bool isDeep = RecordBatchValidator.ValidateRecords(batch, Limits) is null;
        Invariant.Check(!isFresh || isStored, "a fresh batch that is accepted is sound when stored");
        bool isOpened = BatchWalk.TryWalk(batch, Limits);
        Invariant.Check(!isDeep || isOpened, "a batch whose records are sound can be opened");
    }
}
