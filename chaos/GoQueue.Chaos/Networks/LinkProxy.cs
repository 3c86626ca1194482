using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace GoQueue.Chaos.Networks;

/// <summary>What the proxy does to what it carries. Takes effect on connections that are there already too.</summary>
internal sealed record LinkManners
{
    public static readonly LinkManners Plain = new();

    /// <summary>Every byte arrives this much later, each way.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Nothing arrives, and nothing is closed, until the manners change.</summary>
    public bool IsStalled { get; init; }

    /// <summary>
    /// Requests arrive, replies do not; after this long the connection is reset. Whoever sent will send again what has happened already: the duplicates that a
    /// network makes by reconnecting. Zero: no.
    /// </summary>
    public TimeSpan LoseRepliesAndReset { get; init; }
}

/// <summary>
/// Carries TCP connections to one address, with bad manners where told. At most <see cref="MaxConnections"/> at once, and at most <see cref="MaxHeld"/> pieces held back on
/// each way: then the sender feels it, as with a real slow link.
/// </summary>
internal sealed class LinkProxy : IAsyncDisposable
{
    private const int MaxConnections = 256;
    private const int MaxHeld = 256;
    private const int PieceBytes = 16 << 10;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    private readonly TcpListener listener;
    private readonly IPEndPoint target;
    private readonly CancellationTokenSource stop = new();
    private readonly HashSet<Socket> open = [];
    private readonly Lock gate = new();
    private readonly Task accepting;
    private LinkManners manners = LinkManners.Plain;
    private long connections;
    private long bytes;
    private long held;

    public LinkProxy(IPAddress listenOn, IPEndPoint target)
    {
        this.target = target;
        listener = new TcpListener(listenOn, 0);
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Connections that came so far.</summary>
    public long Connections => Interlocked.Read(ref connections);

    /// <summary>Bytes that were delivered so far, both ways.</summary>
    public long Bytes => Interlocked.Read(ref bytes);

    /// <summary>How often bytes were due and held back because the link is stalled.</summary>
    public long Held => Interlocked.Read(ref held);

    public LinkManners Manners
    {
        get => Volatile.Read(ref manners);
        set => Volatile.Write(ref manners, value);
    }

    /// <summary>Resets every connection that is there now.</summary>
    public void Reset()
    {
        Socket[] now;
        lock (gate)
        {
            now = [.. open];
            open.Clear();
        }

        foreach (Socket socket in now)
        {
            Abort(socket);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        Reset();
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        listener.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            Socket caller = await listener.AcceptSocketAsync(stop.Token);
            _ = CarryAsync(caller); // ends with its sockets, which Reset closes
        }
    }

    private async Task CarryAsync(Socket caller)
    {
        Interlocked.Increment(ref connections);
        using Socket called = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (caller)
        {
            caller.NoDelay = true;
            try
            {
                lock (gate)
                {
                    if (open.Count >= 2 * MaxConnections || stop.IsCancellationRequested)
                    {
                        Abort(caller);
                        return;
                    }

                    open.Add(caller);
                    open.Add(called);
                }

                await called.ConnectAsync(target, stop.Token);
                await CarryBothWaysAsync(caller, called);
            }
            catch (Exception failure) when (failure is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One end went away.
            }
            finally
            {
                lock (gate)
                {
                    open.Remove(caller);
                    open.Remove(called);
                }

                Abort(caller);
                Abort(called);
            }
        }
    }

    private async Task CarryBothWaysAsync(Socket caller, Socket called)
    {
        Channel<(byte[] Piece, long At)> requests = Pieces();
        Channel<(byte[] Piece, long At)> replies = Pieces();
        Task[] receiving = [ReceiveAsync(caller, requests.Writer), ReceiveAsync(called, replies.Writer)];
        Task[] delivering = [DeliverAsync(requests.Reader, called, isReply: false), DeliverAsync(replies.Reader, caller, isReply: true)];
        await Task.WhenAny(delivering);

        // What ends one way ends both, by a reset: peers here never half-close.
        Abort(caller);
        Abort(called);
        requests.Writer.TryComplete();
        replies.Writer.TryComplete();
        await Task.WhenAll([.. receiving, .. delivering]);
    }

    private static Channel<(byte[] Piece, long At)> Pieces() => Channel.CreateBounded<(byte[] Piece, long At)>(new BoundedChannelOptions(MaxHeld) { SingleReader = true });

    private async Task ReceiveAsync(Socket from, ChannelWriter<(byte[] Piece, long At)> pieces)
    {
        try
        {
            byte[] buffer = new byte[PieceBytes];
            while (await from.ReceiveAsync(buffer, stop.Token) is > 0 and int count)
            {
                await pieces.WriteAsync((buffer[..count], Stopwatch.GetTimestamp()), stop.Token);
            }
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException or ObjectDisposedException or ChannelClosedException)
        {
            // The end of this way.
        }

        pieces.TryComplete();
    }

    private async Task DeliverAsync(ChannelReader<(byte[] Piece, long At)> pieces, Socket to, bool isReply)
    {
        try
        {
            await foreach ((byte[] piece, long at) in pieces.ReadAllAsync(stop.Token))
            {
                while (true)
                {
                    LinkManners now = Manners;
                    if (isReply && now.LoseRepliesAndReset > TimeSpan.Zero)
                    {
                        await Task.Delay(now.LoseRepliesAndReset, stop.Token);
                        return; // and with it the connection
                    }

                    TimeSpan left = now.Delay - Stopwatch.GetElapsedTime(at);
                    if (!now.IsStalled && left <= TimeSpan.Zero)
                    {
                        break;
                    }

                    if (now.IsStalled)
                    {
                        Interlocked.Increment(ref held);
                    }

                    await Task.Delay(now.IsStalled || left > Look ? Look : TimeSpan.FromMilliseconds(1), stop.Token);
                }

                for (int sent = 0; sent < piece.Length;)
                {
                    sent += await to.SendAsync(piece.AsMemory(sent), stop.Token);
                }

                Interlocked.Add(ref bytes, piece.Length);
            }
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other end went away.
        }
    }

    private static void Abort(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        }
        catch (ObjectDisposedException)
        {
            // It is closed.
        }
        catch (SocketException)
        {
            // It never was open.
        }
    }
}
