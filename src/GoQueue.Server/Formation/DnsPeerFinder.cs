using System.Net;
using GoQueue.Consensus.Formation;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Server.Peers;
using GoQueue.Server.Peers.Protocol;
using Endpoint = GoQueue.Metadata.Brokers.Endpoint;

namespace GoQueue.Server.Formation;

/// <summary>
/// Finds nodes under a DNS name: SRV records when it has any, else its addresses with the given port. Whoever answers there is asked for its node id.
/// </summary>
internal sealed class DnsPeerFinder(Endpoint name, IHostResolver resolver, PeerTransport transport, ILogger log) : IPeerFinder
{
    /// <summary>More answers than any cluster has nodes are cut.</summary>
    private const int MaxTargets = 128;

    private string said = string.Empty;

    public async ValueTask<IReadOnlyList<PeerAddress>> FindAsync(CancellationToken cancellationToken)
    {
        List<Endpoint> targets = [.. (await TargetsAsync(cancellationToken)).Distinct().Take(MaxTargets)];
        Say(targets);
        PeerAddress?[] found = await Task.WhenAll(targets.Select(target => AskAsync(target, cancellationToken)));

        // Two addresses of one node: the lowest counts, so that all nodes come to the same.
        return [.. found.OfType<PeerAddress>().OrderBy(peer => peer.Host, StringComparer.Ordinal).DistinctBy(peer => peer.Node)];
    }

    private async Task<IEnumerable<Endpoint>> TargetsAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<ServiceRecord> services = await resolver.ServicesAsync(name.Host, cancellationToken);
        if (services.Count > 0)
        {
            return services.Select(service => new Endpoint(service.Host, service.Port));
        }

        IReadOnlyList<IPAddress> addresses = await resolver.AddressesAsync(name.Host, cancellationToken);
        return addresses.Select(address => new Endpoint(address.ToString(), name.Port));
    }

    private async Task<PeerAddress?> AskAsync(Endpoint target, CancellationToken cancellationToken)
    {
        Result<PeerIdentity> answer = await transport.ProbeAsync(target.Host, target.Port, cancellationToken);
        if (answer.TryGet(out PeerIdentity? who, out Error refusal))
        {
            return new PeerAddress(who.Node, who.Host.Length > 0 ? who.Host : target.Host, who.Host.Length > 0 ? who.Port : target.Port);
        }

        Log.NobodyThere(log, target.ToString(), refusal.Detail);
        return null;
    }

    private void Say(List<Endpoint> targets)
    {
        string now = targets.Count == 0 ? "nothing" : string.Join(", ", targets);
        if (now != said)
        {
            said = now;
            Log.NameResolved(log, name.ToString(), now);
        }
    }
}
