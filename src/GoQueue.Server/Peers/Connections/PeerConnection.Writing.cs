using System.Buffers;
using GoQueue.Core;
using GoQueue.Server.Peers.Protocol;

namespace GoQueue.Server.Peers.Connections;

/// <summary>Writing: whoever is the writer takes all that waits, and gives it to the network in one vectored send.</summary>
internal sealed partial class PeerConnection
{
    private const int MaxFramesPerSend = 128;
    private const long MaxBytesPerSend = 1 << 20;

    /// <summary>Payloads up to this size are copied behind their header, which is cheaper than another vector entry.</summary>
    private const int CopiedPayloadBytes = 1 << 10;

    /// <summary>The platform takes 1024 vector entries; a reply with more slices is sent in several.</summary>
    private const int MaxParts = 512;

    // Of whoever writes.
    private readonly List<OutgoingFrame> taken = new(MaxFramesPerSend);
    private readonly List<ArraySegment<byte>> parts = new(2 * MaxFramesPerSend);
    private byte[]? scratch;

    /// <summary>
    /// Sends what waits. The first send is made by the thread that queued the first frame, for which the network mostly has room at once: waking another
    /// thread would cost more than the send. What came meanwhile is sent by the pool, so that nobody is kept for the frames of others.
    /// </summary>
    private async Task WriteAsync()
    {
        try
        {
            bool isCallers = true;
            while (queue.TryTake(taken, MaxFramesPerSend, MaxBytesPerSend))
            {
                if (!isCallers)
                {
                    await Task.Yield();
                }

                isCallers = false;
                try
                {
                    await SendAsync(scratch ??= ArrayPool<byte>.Shared.Rent(MaxFramesPerSend * (FrameHeader.Size + CopiedPayloadBytes)));
                }
                catch (Exception failure)
                {
                    FailedToWrite(failure);
                }
                finally
                {
                    parts.Clear();
                    queue.Done(taken);
                }
            }
        }
        catch (Exception failure)
        {
            FailedToWrite(failure);
        }
    }

    /// <summary>Ends the connection on another thread: its end calls back to many, and this one may hold locks.</summary>
    private void FailedToWrite(Exception failure)
    {
        queue.Close(); // half a frame may have left: nothing goes behind it
        ThreadPool.UnsafeQueueUserWorkItem(static state => state.Connection.EndAfter(state.Failure), (Connection: this, Failure: failure), preferLocal: false);
    }

    private void EndAfter(Exception failure)
    {
        if (IsOfTheNetwork(failure))
        {
            End(ConnectionEnd.ClosedByPeer);
        }
        else
        {
            Log.ConnectionFailed(log, Peer.Node, Channel, failure);
            End(ConnectionEnd.EndedHere);
        }
    }

    private async ValueTask SendAsync(byte[] scratch)
    {
        int used = 0; // of scratch, which every frame has its share of
        int open = 0; // start of what stands in scratch and is not yet a part
        foreach (OutgoingFrame frame in taken)
        {
            Span<byte> header = scratch.AsSpan(used, FrameHeader.Size);
            used += FrameHeader.Size;
            uint crc = 0;
            if (frame.Payload is { Length: > 0 } payload)
            {
                crc = Crc32C.Compute(payload.Span);
                if (payload.Length <= CopiedPayloadBytes)
                {
                    payload.Span.CopyTo(scratch.AsSpan(used));
                    used += payload.Length;
                }
            }

            foreach (BufferSlice slice in frame.Body ?? [])
            {
                crc = Crc32C.Append(crc, slice.Span);
            }

            new FrameHeader(frame.Type, Channel, frame.Kind, frame.Correlation, (int)frame.PayloadLength, crc).Write(header);
            if (frame.Payload is { Length: > CopiedPayloadBytes } large)
            {
                CloseOpen();
                parts.Add(PeerWire.Segment(large.Memory));
            }

            foreach (BufferSlice slice in frame.Body ?? [])
            {
                CloseOpen();
                parts.Add(PeerWire.Segment(slice.Memory));
                if (parts.Count >= MaxParts)
                {
                    await wire.SendAsync(parts);
                    parts.Clear();
                }
            }
        }

        CloseOpen();
        await wire.SendAsync(parts);
        parts.Clear();

        void CloseOpen()
        {
            if (used > open)
            {
                parts.Add(new ArraySegment<byte>(scratch, open, used - open));
                open = used;
            }
        }
    }
}
