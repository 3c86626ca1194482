using System.Net;

namespace GoQueue.Server.Formation;

/// <summary>What a SRV record says: a host with a port of its own.</summary>
internal sealed record ServiceRecord(string Host, int Port);

/// <summary>Looks names up. A name that is not there, or a server that does not answer, is an empty answer: it is asked again.</summary>
internal interface IHostResolver
{
    Task<IReadOnlyList<IPAddress>> AddressesAsync(string name, CancellationToken cancellationToken);

    Task<IReadOnlyList<ServiceRecord>> ServicesAsync(string name, CancellationToken cancellationToken);
}
