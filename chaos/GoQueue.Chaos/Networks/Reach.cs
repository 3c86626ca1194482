using System.Net;
using System.Net.Sockets;

namespace GoQueue.Chaos.Networks;

/// <summary>How an attempt to connect ended.</summary>
internal enum Reached
{
    Connected,

    /// <summary>The other end refused or reset.</summary>
    Refused,

    /// <summary>Nothing came back.</summary>
    Silence,
}

/// <summary>Tries whether one place reaches another, the same way a node would.</summary>
internal static class Reach
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(700);

    /// <summary>Blocks for up to <see cref="Patience"/>; for threads of <see cref="PrivateNetwork.InsideAsync"/>.</summary>
    public static Reached Try(string host, int port)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            socket.Connect(new IPEndPoint(IPAddress.Parse(host), port));
            return Reached.Connected;
        }
        catch (SocketException pending) when (pending.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            if (!socket.Poll(Patience, SelectMode.SelectWrite))
            {
                return Reached.Silence;
            }
        }
        catch (SocketException)
        {
            return Reached.Refused;
        }

        int error = (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        return error == 0 ? Reached.Connected : error is (int)SocketError.TimedOut or 110 or (int)SocketError.HostUnreachable ? Reached.Silence : Reached.Refused;
    }
}
