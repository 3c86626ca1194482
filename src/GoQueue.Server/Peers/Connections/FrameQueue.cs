using GoQueue.Core.Peers;
using GoQueue.Server.Peers.Protocol;

namespace GoQueue.Server.Peers.Connections;

/// <summary>
/// What waits to be sent on one connection, bounded in bytes. Anybody adds; whoever adds while nobody writes becomes the writer, until there is nothing
/// left to take. Bytes count until they were handed to the network, so the bound covers a send under way too.
/// </summary>
internal sealed class FrameQueue(PeerChannel channel)
{
    private readonly Lock gate = new();
    private readonly Queue<OutgoingFrame> frames = new();
    private readonly long bound = PeerLimits.MaxQueuedBytes(channel);
    private TaskCompletionSource? idle; // somebody waits for the writer to leave
    private long queuedBytes;
    private bool isWriting;
    private bool closed;

    /// <summary>Frames added since the beginning.</summary>
    public long Added { get; private set; }

    /// <summary>False when the frame does not fit or the connection ended; the caller still owns it then.</summary>
    /// <param name="mustWrite">The caller is the writer now: it takes until <see cref="TryTake"/> answers false.</param>
    public bool TryAdd(in OutgoingFrame frame, out bool mustWrite)
    {
        mustWrite = false;
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
            mustWrite = !isWriting;
            isWriting = true;
            return true;
        }
    }

    /// <summary>Completes when nobody writes. After <see cref="Close"/> it stays so.</summary>
    public Task WhenIdleAsync()
    {
        lock (gate)
        {
            return isWriting ? (idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;
        }
    }

    /// <summary>For the writer: moves frames into <paramref name="taken"/> up to about the given bytes. False when there is none: then the caller is the writer no more.</summary>
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

            if (taken.Count == 0)
            {
                isWriting = false;
                idle?.TrySetResult();
                idle = null;
            }

            return taken.Count > 0;
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
        }
    }

    private static long Cost(in OutgoingFrame frame) => PeerLimits.FrameOverhead + frame.PayloadLength;
}
