using System.Net;
using System.Net.Sockets;

namespace GoQueue.Server.Formation;

/// <summary>Asks name servers over UDP, one after the other until one answers.</summary>
internal static class NameServers
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>What the first server that answers knows of the name; null when none does, or the name is none that DNS has.</summary>
    public static async Task<DnsAnswer?> AskAsync(IReadOnlyList<IPEndPoint> servers, string name, DnsType type, CancellationToken cancellationToken)
    {
        foreach (IPEndPoint server in servers)
        {
            if (await AskAsync(server, name, type, cancellationToken) is { } answer)
            {
                return answer;
            }
        }

        return null;
    }

    private static async Task<DnsAnswer?> AskAsync(IPEndPoint server, string name, DnsType type, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            ushort id = (ushort)Random.Shared.Next(ushort.MaxValue + 1);
            if (DnsMessage.Question(id, name, type) is not { } question)
            {
                return null;
            }

            using Socket socket = new(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            await socket.ConnectAsync(server, patience.Token); // answers of others are not taken
            await socket.SendAsync(question, patience.Token);
            byte[] answer = new byte[DnsMessage.MaxBytes];
            while (true)
            {
                int length = await socket.ReceiveAsync(answer, patience.Token);
                if (DnsMessage.TryRead(answer.AsSpan(0, length), id, name, out DnsAnswer? read))
                {
                    return read;
                }
            }
        }
        catch (SocketException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
