using BenchmarkDotNet.Attributes;
using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Benchmarks;

/// <summary>Cost per record of encoding batches of 60 records. Goal: 0 bytes allocated per append.</summary>
[MemoryDiagnoser]
public class RecordBatchBuilderBenchmarks
{
    private const int RecordsPerBatch = 60;
    private const int MaxBatchBytes = 1 << 20;

    private readonly RecordBatchBuilder builder = new();
    private readonly byte[] key = new byte[16];
    private readonly RecordHeader[] headers = [RecordHeader.OfText("trace-id", "0123456789abcdef"), RecordHeader.OfText(RecordTtl.HeaderName, "60000")];
    private byte[] value = [];

    [Params(100, 1024)]
    public int ValueBytes { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        value = new byte[ValueBytes];
        Append();
    }

    [GlobalCleanup]
    public void CleanUp() => builder.Dispose();

    [Benchmark(OperationsPerInvoke = RecordsPerBatch)]
    public int Append()
    {
        builder.Reset();
        for (int i = 0; i < RecordsPerBatch; i++)
        {
            builder.TryAppend(new UnixMillis(1_700_000_000_000 + i), key, value, MaxBatchBytes);
        }

        return builder.Count;
    }

    [Benchmark(OperationsPerInvoke = RecordsPerBatch)]
    public int AppendWithTwoHeaders()
    {
        builder.Reset();
        for (int i = 0; i < RecordsPerBatch; i++)
        {
            builder.TryAppend(new UnixMillis(1_700_000_000_000 + i), key, keyIsNull: false, value, valueIsNull: false, headers, MaxBatchBytes);
        }

        return builder.Count;
    }

    /// <summary>The batch object is the one allocation, so bytes per record are its 32 divided by the records.</summary>
    [Benchmark(OperationsPerInvoke = RecordsPerBatch)]
    public int AppendAndBuild()
    {
        Append();
        using SharedBuffer batch = builder.Build(new ProducerId(1), 0, 0);
        return batch.Length;
    }
}
