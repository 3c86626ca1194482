using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;

namespace GoQueue.Client.Producing;

/// <summary>
/// The pending result of one <see cref="GoQueueProducer.SendAsync"/>. Pooled: reading the result gives it back, so a steady sender allocates
/// nothing per message. Continuations never run on the loop that completes it.
/// </summary>
internal sealed class DeliverySource(DeliverySource.Pool pool) : IValueTaskSource<DeliveryReport>
{
    private ManualResetValueTaskSourceCore<DeliveryReport> core = new() { RunContinuationsAsynchronously = true };

    /// <summary>The next message of the same batch that somebody waits for.</summary>
    public DeliverySource? Next { get; set; }

    /// <summary>Position in the batch.</summary>
    public int Index { get; set; }

    public ValueTask<DeliveryReport> Task => new(this, core.Version);

    public void Deliver(in DeliveryReport report) => core.SetResult(report);

    public void Fail(Exception failure) => core.SetException(failure);

    public DeliveryReport GetResult(short token)
    {
        try
        {
            return core.GetResult(token);
        }
        finally
        {
            core.Reset();
            Next = null;
            pool.Return(this);
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);

    internal sealed class Pool
    {
        private const int MaxIdle = 4096;

        private readonly ConcurrentQueue<DeliverySource> idle = new();

        public DeliverySource Rent() => idle.TryDequeue(out DeliverySource? source) ? source : new DeliverySource(this);

        public void Return(DeliverySource source)
        {
            if (idle.Count < MaxIdle)
            {
                idle.Enqueue(source);
            }
        }
    }
}
