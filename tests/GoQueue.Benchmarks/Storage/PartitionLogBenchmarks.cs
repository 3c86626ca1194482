using BenchmarkDotNet.Attributes;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage;
using GoQueue.Storage.Directories;

namespace GoQueue.Benchmarks;

/// <summary>Cost per 1 KiB record of appending (not flushed) and of reading, in batches of 60. Goal: well under 1 byte allocated per record.</summary>
[MemoryDiagnoser]
public class PartitionLogBenchmarks
{
    private const int RecordsPerBatch = 60;
    private const int BatchesPerAppend = 8;
    private const int RetainedBytes = 256 << 20;

    private readonly SharedBuffer[] batches = new SharedBuffer[BatchesPerAppend];
    private readonly string path = Path.Join(Path.GetTempPath(), $"goqueue-bench-{Environment.ProcessId}");
    private PartitionLog log = null!;
    private PartitionLog uncached = null!;

    [GlobalSetup]
    public void Prepare()
    {
        UnixMillis now = new(1_700_000_000_000);
        using RecordBatchBuilder builder = new();
        byte[] value = new byte[1024];
        for (int record = 0; record < RecordsPerBatch; record++)
        {
            builder.TryAppend(now, "key"u8, value, 1 << 20);
        }

        for (int index = 0; index < BatchesPerAppend; index++)
        {
            batches[index] = builder.Build();
        }

        log = PartitionLog.Open(new PhysicalLogDirectory(Path.Join(path, "a")), default, new PartitionLogOptions { RecycleSegments = false }, now);
        uncached = PartitionLog.Open(new PhysicalLogDirectory(Path.Join(path, "b")), default, new PartitionLogOptions { TailCacheBytes = 0, RecycleSegments = false }, now);
        for (int index = 0; index < 60; index++)
        {
            AppendTo(uncached);
            AppendTo(log);
        }
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        log.Dispose();
        uncached.Dispose();
        Directory.Delete(path, recursive: true);
    }

    [Benchmark(OperationsPerInvoke = RecordsPerBatch * BatchesPerAppend)]
    public long Append()
    {
        AppendTo(log);
        if (log.SizeBytes > RetainedBytes)
        {
            log.ApplyRetention(-1, RetainedBytes / 2, log.EndOffset, new UnixMillis(0));
        }

        return log.EndOffset.Value;
    }

    [Benchmark(OperationsPerInvoke = RecordsPerBatch * BatchesPerAppend)]
    public long ReadTail() => ReadFrom(log, log.EndOffset + (-RecordsPerBatch * BatchesPerAppend));

    [Benchmark(OperationsPerInvoke = RecordsPerBatch * BatchesPerAppend)]
    public long ReadDisk() => ReadFrom(uncached, new Offset(RecordsPerBatch * 20));

    private static long ReadFrom(PartitionLog source, Offset from)
    {
        LogRead read = source.Read(from, from + (RecordsPerBatch * BatchesPerAppend), 1 << 20);
        foreach (BufferSlice slice in read.Slices)
        {
            slice.Buffer.Release();
        }

        return read.NextOffset.Value;
    }

    private void AppendTo(PartitionLog target)
    {
        // The tail cache keeps references to the very buffers that are stamped anew here; a broker never does that, and nobody reads them as
        // data in a benchmark.
        Offset next = target.EndOffset;
        foreach (SharedBuffer batch in batches)
        {
            RecordBatchHeader.Stamp(batch.Span, next, LeaderEpoch.Zero);
            next += RecordsPerBatch;
        }

        target.Append(batches, new UnixMillis(1_700_000_000_000));
    }
}
