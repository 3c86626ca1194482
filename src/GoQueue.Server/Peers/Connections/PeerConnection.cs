using System.Buffers;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Server.Peers.Protocol;

namespace GoQueue.Server.Peers.Connections;

/// <summary>
/// One channel of a link after its handshake: a reader, a bounded queue that its users write out, and signs of life both ways. Both ends run the same; calls and
/// messages go from the side that made the connection, replies come back.
/// </summary>
/// <remarks>
/// Each side sends a sign of life in every tick in which it queued nothing, and counts ticks without a received byte, but only while it waits for
/// one: a slow handler is not the other side's silence. Counting ticks instead of reading a clock keeps a process that was paused from blaming
/// its peers when it goes on.
/// </remarks>
internal sealed partial class PeerConnection : IAsyncDisposable
{
    /// <summary>Small enough for many connections, large enough that a burst of small frames is one system call.</summary>
    private const int ReceiveBufferBytes = 32 << 10;

    private readonly PeerWire wire;
    private readonly IFrameReceiver receiver;
    private readonly ILogger log;
    private readonly FrameQueue queue;
    private readonly PendingCalls calls;
    private readonly CancellationTokenSource ending = new();
    private readonly TaskCompletionSource<ConnectionEnd> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int endGiven;
    private int callsHandled;
    private Task reading = Task.CompletedTask;

    // Of the signs of life: written by the reader and the ticking timer, each field by one of them.
    private volatile bool isReceiving;
    private long received;
    private long receivedAtTick;
    private long addedAtTick;
    private int silentTicks;

    public PeerConnection(PeerWire wire, PeerChannel channel, PeerIdentity peer, bool sharesCluster, IFrameReceiver receiver, ILogger log)
    {
        this.wire = wire;
        this.receiver = receiver;
        this.log = log;
        Channel = channel;
        Peer = peer;
        SharesCluster = sharesCluster;
        queue = new FrameQueue(channel);
        calls = new PendingCalls(peer.Node);
    }

    public PeerChannel Channel { get; }

    public PeerIdentity Peer { get; }

    /// <summary>Both sides belonged to the same cluster, or both to none, when they met. Otherwise only formation may speak.</summary>
    public bool SharesCluster { get; }

    public string Remote => wire.Remote;

    /// <summary>Calls of the other side that are being handled here.</summary>
    public int CallsHandled => Volatile.Read(ref callsHandled);

    /// <summary>Completes when it ends, before its loops have.</summary>
    public Task<ConnectionEnd> Ended => ended.Task;

    /// <summary>Cancelled when it ends: nobody waits for what is done for it.</summary>
    public CancellationToken Ending => ending.Token;

    public void BeganCall() => Interlocked.Increment(ref callsHandled);

    public void EndedCall() => Interlocked.Decrement(ref callsHandled);

    public void Run() => reading = Task.Run(ReadAsync);

    /// <summary>Queues a frame and takes over its references; sends it on this thread if nobody is sending. False when it was dropped.</summary>
    public bool TrySend(in OutgoingFrame frame)
    {
        if (!queue.TryAdd(frame, out bool mustWrite))
        {
            frame.Release();
            return false;
        }

        if (mustWrite)
        {
            _ = WriteAsync(); // never fails
        }

        return true;
    }

    public ValueTask<Result<SharedBuffer>> CallAsync(PeerMessageKind kind, SharedBuffer payload, TimeProvider time, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!calls.Begin().TryGet(out PeerCall? call, out Error refusal))
        {
            payload.Release();
            return ValueTask.FromResult<Result<SharedBuffer>>(refusal);
        }

        ValueTask<Result<SharedBuffer>> task = call.Task;
        if (TrySend(new OutgoingFrame(FrameType.Request, kind, call.Correlation, payload, Call: call)))
        {
            call.Arm(time, timeout, cancellationToken);
            return task;
        }

        if (calls.TryTake(call.Correlation, out _))
        {
            return ValueTask.FromResult<Result<SharedBuffer>>(endGiven != 0
                ? new Error(ErrorCode.Unreachable, $"the link to {Peer.Node} just broke")
                : new Error(ErrorCode.Overloaded, $"the {Channel} queue to {Peer.Node} is full"));
        }

        return task; // the end of the connection completed it
    }

    /// <summary>For the receiver: gives a reply or refusal to the call that waits for it. Late ones are dropped.</summary>
    public void CompleteCall(in FrameHeader header, SharedBuffer payload)
    {
        if (!calls.TryTake(header.Correlation, out PeerCall? call))
        {
            payload.Release();
            return;
        }

        if (header.Type == FrameType.Reply)
        {
            if (header.Kind == PeerMessageKind.ReplicaFetch)
            {
                call.CompleteHere(payload); // its taker posts to the partitions and asks again: less than waking another thread
            }
            else
            {
                call.Complete(payload);
            }

            return;
        }

        Error refusal = RefusalPayload.Read(payload.Span);
        payload.Release();
        call.Complete(refusal);
    }

    /// <summary>Once in every interval of signs of life.</summary>
    public void Tick(int ticksOfSilence)
    {
        long added = queue.Added;
        if (added == addedAtTick)
        {
            TrySend(new OutgoingFrame(FrameType.KeepAlive, PeerMessageKind.None, 0, null));
        }

        addedAtTick = queue.Added;
        long heard = Volatile.Read(ref received);
        silentTicks = heard == receivedAtTick && isReceiving ? silentTicks + 1 : 0;
        receivedAtTick = heard;
        if (silentTicks >= ticksOfSilence)
        {
            End(ConnectionEnd.Silent);
        }
    }

    /// <summary>Ends it for a reason; the first reason counts. What is under way fails, what is queued is dropped.</summary>
    public void End(ConnectionEnd reason)
    {
        if (Interlocked.Exchange(ref endGiven, 1) != 0)
        {
            return;
        }

        queue.Close(); // first: what has not left by now never will
        ended.SetResult(reason);
        calls.Close();
        wire.Abort();
        ending.Cancel();
    }

    /// <summary>Ends it and waits for its reader and writer.</summary>
    public async ValueTask DisposeAsync()
    {
        End(ConnectionEnd.EndedHere);
        await reading;
        await queue.WhenIdleAsync();
        if (Interlocked.Exchange(ref scratch, null) is { } rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        await wire.DisposeAsync();
    }

    private async Task ReadAsync()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReceiveBufferBytes);
        try
        {
            End(await ReceiveFramesAsync(buffer));
        }
        catch (Exception failure)
        {
            EndAfter(failure);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<ConnectionEnd> ReceiveFramesAsync(byte[] buffer)
    {
        int start = 0;
        int end = 0;
        while (true)
        {
            while (end - start < FrameHeader.Size)
            {
                if (start > 0)
                {
                    buffer.AsSpan(start..end).CopyTo(buffer);
                    (start, end) = (0, end - start);
                }

                int count = await ReceiveAsync(buffer.AsMemory(end));
                if (count == 0)
                {
                    return ConnectionEnd.ClosedByPeer;
                }

                end += count;
            }

            if (!FrameHeader.TryRead(buffer.AsSpan(start, FrameHeader.Size), Channel, out FrameHeader header, out string? problem))
            {
                return Violated(problem);
            }

            start += FrameHeader.Size;
            SharedBuffer payload = SharedBuffer.Rent(header.Length);
            int have = Math.Min(header.Length, end - start);
            buffer.AsSpan(start, have).CopyTo(payload.Span);
            start += have;
            try
            {
                while (have < header.Length)
                {
                    int count = await ReceiveAsync(payload.Memory[have..]);
                    if (count == 0)
                    {
                        payload.Release();
                        return ConnectionEnd.ClosedByPeer;
                    }

                    have += count;
                }
            }
            catch
            {
                payload.Release();
                throw;
            }

            if (Crc32C.Compute(payload.Span) != header.PayloadCrc)
            {
                payload.Release();
                return Violated("a payload fails its checksum");
            }

            if (!receiver.Receive(this, header, payload))
            {
                return Violated($"a frame of type {header.Type} has no place here");
            }
        }
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> destination)
    {
        isReceiving = true;
        int count = await wire.ReceiveAsync(destination, ending.Token);
        isReceiving = false;
        Volatile.Write(ref received, received + count);
        return count;
    }

    private ConnectionEnd Violated(string problem)
    {
        Log.ProtocolViolated(log, Peer.Node, Remote, Channel, problem);
        return ConnectionEnd.Violation;
    }

    private static bool IsOfTheNetwork(Exception failure) =>
        failure is IOException or System.Net.Sockets.SocketException or ObjectDisposedException or OperationCanceledException or
            Microsoft.AspNetCore.Connections.ConnectionAbortedException or Microsoft.AspNetCore.Connections.ConnectionResetException;
}
