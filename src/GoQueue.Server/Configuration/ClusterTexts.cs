using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using GoQueue.Consensus;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Metadata.Cluster;
using Endpoint = GoQueue.Metadata.Brokers.Endpoint;

namespace GoQueue.Server.Configuration;

/// <summary>How the options about other nodes are written: <c>n1=host:port,n2=host:port</c>, <c>name:port</c>, <c>host</c> or <c>host:port</c>.</summary>
internal static class ClusterTexts
{
    /// <summary>What stands for "not given"; an empty text does too.</summary>
    public const string None = "none";

    public static bool IsNone(string text) => text.Trim() is None or "";

    /// <summary>Every node once, 1 to 105 of them (five voters and a hundred learners).</summary>
    public static bool TryPeers(string text, [NotNullWhen(true)] out IReadOnlyList<PeerAddress>? peers)
    {
        peers = null;
        List<PeerAddress> read = [];
        if (IsNone(text))
        {
            peers = read;
            return true;
        }

        foreach (string entry in text.Split(',', StringSplitOptions.TrimEntries))
        {
            int equals = entry.IndexOf('=');
            if (equals <= 0 || ClusterName.Validate(entry[..equals], "node id") is not null || !TryEndpoint(entry[(equals + 1)..], needsPort: true, out Endpoint? at))
            {
                return false;
            }

            read.Add(new PeerAddress(new NodeId(entry[..equals]), at.Host, at.Port));
        }

        if (read.DistinctBy(peer => peer.Node).Count() != read.Count || read.DistinctBy(peer => (peer.Host, peer.Port)).Count() != read.Count ||
            read.Count > Genesis.MaxVoters + Genesis.MaxMembers)
        {
            return false;
        }

        peers = read;
        return true;
    }

    /// <summary>A host name or address, with or without a port; IPv6 with a port in brackets. Port 0 when there is none.</summary>
    public static bool TryEndpoint(string text, bool needsPort, [NotNullWhen(true)] out Endpoint? endpoint)
    {
        endpoint = null;
        string host = text.Trim();
        int port = 0;
        int colon = host.LastIndexOf(':');
        bool isBareV6 = host.Count(c => c == ':') > 1 && !host.StartsWith('[');
        if (colon >= 0 && !isBareV6 && !host.EndsWith(']'))
        {
            if (!int.TryParse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > ushort.MaxValue)
            {
                return false;
            }

            host = host[..colon];
        }

        host = host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        bool isHost = IPAddress.TryParse(host, out _) ? host.Contains(':') || host.Count(c => c == '.') == 3 : Uri.CheckHostName(host) == UriHostNameType.Dns;
        if (!isHost || host.Length > Endpoint.MaxHostLength || (needsPort && port == 0))
        {
            return false;
        }

        endpoint = new Endpoint(host, port);
        return true;
    }

    /// <summary>The value of an option that may be left out.</summary>
    public static Endpoint? EndpointOrNone(string text, bool needsPort) => !IsNone(text) && TryEndpoint(text, needsPort, out Endpoint? endpoint) ? endpoint : null;

    /// <summary>An address with its port, no name.</summary>
    public static IPEndPoint? AddressOrNone(string text) =>
        EndpointOrNone(text, needsPort: true) is { } endpoint && IPAddress.TryParse(endpoint.Host, out IPAddress? address) ? new IPEndPoint(address, endpoint.Port) : null;

    public static string? TextOrNone(string text) => IsNone(text) ? null : text.Trim();
}
