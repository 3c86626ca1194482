using System.Net;

namespace GoQueue.Server.Formation;

/// <summary>Everything comes from one name server, and nothing from the operating system: for names that only this server knows, as those of Consul.</summary>
internal sealed class NameServerResolver(IPEndPoint server) : IHostResolver
{
    private readonly IPEndPoint[] servers = [server];

    public async Task<IReadOnlyList<IPAddress>> AddressesAsync(string name, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(name, out IPAddress? address))
        {
            return [address];
        }

        string full = name.TrimEnd('.');
        DnsAnswer?[] answers = await Task.WhenAll(
            NameServers.AskAsync(servers, full, DnsType.Address, cancellationToken),
            NameServers.AskAsync(servers, full, DnsType.AddressV6, cancellationToken));
        return [.. answers.SelectMany(static answer => answer?.Addresses ?? [])];
    }

    /// <summary>With addresses for the hosts, which nobody else could look up; a host without one is left out until it has one.</summary>
    public async Task<IReadOnlyList<ServiceRecord>> ServicesAsync(string name, CancellationToken cancellationToken)
    {
        DnsAnswer? answer = await NameServers.AskAsync(servers, name.TrimEnd('.'), DnsType.Service, cancellationToken);
        List<ServiceRecord> found = [];
        foreach (ServiceRecord service in answer?.Services ?? [])
        {
            IReadOnlyList<IPAddress> addresses = await AddressesAsync(service.Host, cancellationToken);
            if (addresses.Count > 0)
            {
                found.Add(service with { Host = addresses[0].ToString() });
            }
        }

        return found;
    }
}
