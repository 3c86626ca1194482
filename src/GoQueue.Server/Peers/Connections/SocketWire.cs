using System.Net.Sockets;

namespace GoQueue.Server.Peers.Connections;

/// <summary>A plain socket that this side made. Sends are vectored and come straight from the shared buffers.</summary>
internal sealed class SocketWire(Socket socket) : PeerWire(SocketSending.RemoteOf(socket))
{
    public override ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken cancellationToken) =>
        socket.ReceiveAsync(destination, SocketFlags.None, cancellationToken);

    public override ValueTask SendAsync(List<ArraySegment<byte>> parts) => SocketSending.SendAllAsync(socket, parts);

    public override void Abort() => socket.Dispose();

    public override ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>Sending on a socket without a copy.</summary>
internal static class SocketSending
{
    public static async ValueTask SendAllAsync(Socket socket, List<ArraySegment<byte>> parts)
    {
        while (parts.Count > 0)
        {
            int sent = parts.Count == 1
                ? await socket.SendAsync(parts[0].AsMemory(), SocketFlags.None)
                : await socket.SendAsync(parts, SocketFlags.None);
            Drop(parts, sent);
        }
    }

    public static string RemoteOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint?.ToString() ?? "?";
        }
        catch (SocketException)
        {
            return "?"; // it broke in the meantime, which its next use will say
        }
    }

    private static void Drop(List<ArraySegment<byte>> parts, int sent)
    {
        int whole = 0;
        while (whole < parts.Count && sent >= parts[whole].Count)
        {
            sent -= parts[whole++].Count;
        }

        parts.RemoveRange(0, whole);
        if (sent > 0)
        {
            parts[0] = parts[0][sent..];
        }
    }
}
