using System.Collections.Concurrent;
using GoQueue.Core.Records;

namespace GoQueue.Client.Producing;

/// <summary>Encoders with their grown arrays, kept for the next batch. Any thread; the producer disposes it.</summary>
internal sealed class BuilderPool : IDisposable
{
    /// <summary>Idle encoders kept: with default batches 16 MiB at the most.</summary>
    private const int MaxIdle = 256;

    private readonly ConcurrentQueue<RecordBatchBuilder> idle = new();
    private int rented;
    private volatile bool disposed;

    /// <summary>Encoders in use; 0 when nothing leaks.</summary>
    public int Rented => Volatile.Read(ref rented);

    public RecordBatchBuilder Rent(PriorityLane lane, CompressionCodec codec)
    {
        Interlocked.Increment(ref rented);
        RecordBatchBuilder builder = idle.TryDequeue(out RecordBatchBuilder? kept) ? kept : new RecordBatchBuilder();
        builder.Reset(lane: lane, codec: codec);
        return builder;
    }

    public void Return(RecordBatchBuilder builder)
    {
        Interlocked.Decrement(ref rented);
        if (disposed || idle.Count >= MaxIdle)
        {
            builder.Dispose();
        }
        else
        {
            idle.Enqueue(builder);
        }
    }

    public void Dispose()
    {
        disposed = true;
        while (idle.TryDequeue(out RecordBatchBuilder? builder))
        {
            builder.Dispose();
        }
    }
}
