using System.Net;
using GoQueue.Core.Peers;
using GoQueue.Metadata.Brokers;
using GoQueue.Server.Configuration;
using GoQueue.Server.Hosting;
using Endpoint = GoQueue.Metadata.Brokers.Endpoint;

namespace GoQueue.Server.Formation;

/// <summary>Under which addresses others reach this node: what it was told to say, else the static list, else what it listens on.</summary>
internal static class NodeAddresses
{
    /// <summary>For other nodes; null for a node that is found by a name and leaves it to that.</summary>
    public static Endpoint? Peer(ServerOptions options, int boundPort)
    {
        if (options.Cluster.Peers.FirstOrDefault(peer => peer.Node == options.NodeId) is { } listed)
        {
            return new Endpoint(listed.Host, listed.Port);
        }

        return options.Cluster switch
        {
            { AdvertisedPeer: { } told } => told with { Port = told.Port == 0 ? boundPort : told.Port },
            { SeedDns: not null } => null,
            _ => new Endpoint(HostOf(options), boundPort),
        };
    }

    /// <summary>What is registered in the cluster's metadata.</summary>
    /// <param name="peer">As other nodes really reach this one.</param>
    public static BrokerEndpoints Registered(ServerOptions options, ServerAddresses bound, Endpoint peer)
    {
        string host = IPAddress.Any.Equals(options.Listeners.Bind) || IPAddress.IPv6Any.Equals(options.Listeners.Bind) ? peer.Host : HostOf(options);
        return new BrokerEndpoints(
            peer,
            Told(options.Cluster.AdvertisedHttp, host, bound.Http.Port),
            Told(options.Cluster.AdvertisedGrpc, host, bound.Grpc.Port));
    }

    private static Endpoint Told(Endpoint? told, string host, int port) =>
        told is null ? new Endpoint(host, port) : told with { Port = told.Port == 0 ? port : told.Port };

    private static string HostOf(ServerOptions options)
    {
        IPAddress bind = options.Listeners.Bind;
        return IPAddress.Any.Equals(bind) || IPAddress.IPv6Any.Equals(bind) ? Dns.GetHostName() : bind.ToString();
    }
}
