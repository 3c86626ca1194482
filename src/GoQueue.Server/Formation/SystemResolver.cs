using System.Net;
using System.Net.Sockets;

namespace GoQueue.Server.Formation;

/// <summary>
/// Addresses come from the operating system. It does not look up SRV records, so those are asked for here, over UDP from the name servers of
/// /etc/resolv.conf, with its search list.
/// </summary>
internal sealed class SystemResolver(string configurationFile = "/etc/resolv.conf") : IHostResolver
{
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
            // One that knows of none: perhaps the name is meant with another suffix.
            DnsAnswer? answer = await NameServers.AskAsync(configuration.Servers, candidate, DnsType.Service, cancellationToken);
            if (answer is { Services.Count: > 0 })
            {
                return answer.Services;
            }
        }

        return [];
    }
}
