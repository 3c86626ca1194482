using System.Net;
using System.Net.Sockets;

namespace GoQueue.Server.Tests.Peers;

/// <summary>A port that stays the same while what is behind it comes and goes. While silent it takes connections and bytes, and passes nothing on.</summary>
internal sealed class Relay
{
    private readonly Lock gate = new();
    private readonly List<Socket> open = [];
    private Socket? listener;
    private IPEndPoint? target;
    private volatile bool isSilent;

    public Relay()
    {
        using Socket finding = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        finding.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Port = ((IPEndPoint)finding.LocalEndPoint!).Port;
    }

    public int Port { get; }

    public bool IsSilent
    {
        get => isSilent;
        set => isSilent = value;
    }

    public void Open(IPEndPoint to)
    {
        Socket made = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        made.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        made.Listen(64);
        lock (gate)
        {
            target = to;
            listener = made;
        }

        _ = Task.Run(() => AcceptAsync(made));
    }

    public void Close()
    {
        lock (gate)
        {
            listener?.Dispose();
            listener = null;
            open.ForEach(static socket => socket.Dispose());
            open.Clear();
        }
    }

    private async Task AcceptAsync(Socket from)
    {
        try
        {
            while (true)
            {
                Socket outer = await from.AcceptAsync();
                outer.NoDelay = true;
                _ = Task.Run(() => ServeAsync(outer));
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The relay was closed.
        }
    }

    private async Task ServeAsync(Socket outer)
    {
        Socket inner = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            lock (gate)
            {
                open.AddRange([outer, inner]);
            }

            await SilenceEndsAsync();
            await inner.ConnectAsync(target!);
            await Task.WhenAll(PumpAsync(outer, inner), PumpAsync(inner, outer));
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // Either side went away; so does the other.
        }
        finally
        {
            outer.Dispose();
            inner.Dispose();
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[64 << 10];
        try
        {
            while (await from.ReceiveAsync(buffer) is var count and > 0)
            {
                await SilenceEndsAsync();
                for (int sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
                }
            }
        }
        finally
        {
            from.Dispose();
            to.Dispose();
        }
    }

    private async Task SilenceEndsAsync()
    {
        while (isSilent)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }
}
