using BenchmarkDotNet.Attributes;
using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Benchmarks;

/// <summary>Cost of checking and reading one batch of 60 records of 1 KiB. Goal: 0 bytes allocated.</summary>
[MemoryDiagnoser]
public class RecordBatchReaderBenchmarks
{
    private const int RecordsPerBatch = 60;
    private byte[] batch = [];

    [GlobalSetup]
    public void Prepare()
    {
        using RecordBatchBuilder builder = new();
        byte[] value = new byte[1024];
        for (int i = 0; i < RecordsPerBatch; i++)
        {
            builder.TryAppend(new UnixMillis(1_700_000_000_000 + i), "a key of a record"u8, value, 1 << 20);
        }

        using SharedBuffer built = builder.Build();
        batch = built.Span.ToArray();
    }

    /// <summary>What the publish path does per batch: header and CRC.</summary>
    [Benchmark]
    public bool ValidateHeaderAndCrc() => RecordBatchValidator.Validate(batch, 1 << 20) is null;

    [Benchmark]
    public bool ValidateRecords() => RecordBatchValidator.ValidateRecords(batch, RecordReadLimits.Default) is null;

    /// <summary>What a consumer does, per record.</summary>
    [Benchmark(OperationsPerInvoke = RecordsPerBatch)]
    public long ReadRecords()
    {
        long bytes = 0;
        foreach (Record record in RecordBatchReader.Open(batch, RecordReadLimits.Default, out _))
        {
            bytes += record.Key.Length + record.Value.Length + record.Timestamp.Value;
        }

        return bytes;
    }

    [Benchmark]
    public uint Crc() => Crc32C.Compute(batch);
}
