using System.Net;
using System.Net.Sockets;

namespace GoQueue.Server.Formation;

/// <summary>
/// Addresses come from the operating system. It does not look up SRV records, so those are asked for here, over UDP from the name servers of
/// /etc/resolv.conf, with its search list.
/// </summary>
internal sealed class SystemResolver(string configurationFile = "/etc/resolv.conf") : IHostResolver
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public async Task<IReadOnlyList<IPAddress>> AddressesAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(name, cancellationToken);
        }
        catch (SocketException)
        {
            return [];
        }
    }

    public async Task<IReadOnlyList<ServiceRecord>> ServicesAsync(string name, CancellationToken cancellationToken)
    {
        ResolverConfiguration configuration = ResolverConfiguration.Read(configurationFile);
        foreach (string candidate in configuration.Candidates(name))
        {
            foreach (IPEndPoint server in configuration.Servers)
            {
                if (await AskAsync(server, candidate, cancellationToken) is not { } answer)
                {
                    continue; // it does not answer; perhaps the next does
                }

                if (answer.Count > 0)
                {
                    return answer;
                }

                break; // it knows of none; perhaps the name is meant with another suffix
            }
        }

        return [];
    }

    private static async Task<IReadOnlyList<ServiceRecord>?> AskAsync(IPEndPoint server, string name, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            ushort id = (ushort)Random.Shared.Next(ushort.MaxValue + 1);
            if (DnsMessage.Question(id, name) is not { } question)
            {
                return [];
            }

            using Socket socket = new(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            await socket.ConnectAsync(server, patience.Token); // answers of others are not taken
            await socket.SendAsync(question, patience.Token);
            byte[] answer = new byte[DnsMessage.MaxBytes];
            while (true)
            {
                int length = await socket.ReceiveAsync(answer, patience.Token);
                if (DnsMessage.TryReadServices(answer.AsSpan(0, length), id, name, out IReadOnlyList<ServiceRecord>? services))
                {
                    return services;
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
