using System.Threading.Tasks.Sources;
using GoQueue.Core.Peers;
using GoQueue.Server.Peers.Protocol;

namespace GoQueue.Server.Peers.Connections;

/// <summary>
/// What waits to be sent on one connection, bounded in bytes. Anybody adds; one writer takes. Bytes count until they were handed to the network,
/// so the bound covers a send under way too.
/// </summary>
internal sealed class FrameQueue(PeerChannel channel) : IValueTaskSource
{
    private readonly Lock gate = new();
    private readonly Queue<OutgoingFrame> frames = new();
    private readonly long bound = PeerLimits.MaxQueuedBytes(channel);
    private ManualResetValueTaskSourceCore<bool> wake = new() { RunContinuationsAsynchronously = true };
    private long queuedBytes;
    private bool writerWaits;
    private bool closed;

    /// <summary>Frames added since the beginning.</summary>
    public long Added { get; private set; }

    /// <summary>False when the frame does not fit or the connection ended; the caller still owns it then.</summary>
    public bool TryAdd(in OutgoingFrame frame)
    {
        long cost = Cost(frame);
        lock (gate)
        {
            // One frame always fits into an empty queue, and a sign of life always fits.
            if (closed || (queuedBytes > 0 && queuedBytes + cost > bound && frame.Type != FrameType.KeepAlive))
            {
                return false;
            }

            queuedBytes += cost;
            Added++;
            frames.Enqueue(frame);
            WakeWriter();
            return true;
        }
    }

    /// <summary>For the writer: completes when there is something to take, or the end.</summary>
    public ValueTask WaitAsync()
    {
        lock (gate)
        {
            if (frames.Count > 0 || closed)
            {
                return ValueTask.CompletedTask;
            }

            wake.Reset();
            writerWaits = true;
            return new ValueTask(this, wake.Version);
        }
    }

    /// <summary>Moves frames into <paramref name="taken"/> up to about the given bytes. False at the end.</summary>
    public bool TryTake(List<OutgoingFrame> taken, int maxFrames, long maxBytes)
    {
        lock (gate)
        {
            long bytes = 0;
            while (!closed && taken.Count < maxFrames && bytes < maxBytes && frames.TryDequeue(out OutgoingFrame frame))
            {
                frame.Call?.Left();
                bytes += frame.PayloadLength;
                taken.Add(frame);
            }

            return !closed;
        }
    }

    /// <summary>For the writer: these were sent, or will never be.</summary>
    public void Done(List<OutgoingFrame> taken)
    {
        long bytes = 0;
        foreach (OutgoingFrame frame in taken)
        {
            bytes += Cost(frame);
            frame.Release();
        }

        taken.Clear();
        lock (gate)
        {
            queuedBytes -= bytes;
        }
    }

    /// <summary>Ends it: nothing is added any more, and what was not taken is dropped.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            while (frames.TryDequeue(out OutgoingFrame frame))
            {
                frame.Release();
            }

            WakeWriter();
        }
    }

    void IValueTaskSource.GetResult(short token) => wake.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => wake.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        wake.OnCompleted(continuation, state, token, flags);

    private static long Cost(in OutgoingFrame frame) => PeerLimits.FrameOverhead + frame.PayloadLength;

    private void WakeWriter()
    {
        if (writerWaits)
        {
            writerWaits = false;
            wake.SetResult(true);
        }
    }
}
