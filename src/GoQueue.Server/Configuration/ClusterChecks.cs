using System.Security.Cryptography;
using GoQueue.Core.Peers;
using GoQueue.Server.Peers;

namespace GoQueue.Server.Configuration;

/// <summary>What is wrong with the options about other nodes only in combination.</summary>
internal static class ClusterChecks
{
    public static void Check(EffectiveConfiguration values, List<string> problems)
    {
        if (ClusterTexts.IsNone(values.Get(OptionCatalog.SeedDns)) && !ClusterTexts.IsNone(values.Get(OptionCatalog.SeedDnsServer)))
        {
            problems.Add($"seed-dns-server ({values.SourceOf(OptionCatalog.SeedDnsServer)}): there is no name to ask it for, give seed-dns");
        }

        if (!ClusterTexts.TryPeers(values.Get(OptionCatalog.Peers), out IReadOnlyList<PeerAddress>? peers) || peers.Count == 0)
        {
            return;
        }

        string node = values.Get(OptionCatalog.NodeId);
        if (!peers.Any(peer => peer.Node.Value == node))
        {
            problems.Add($"peers = '{values.TextOf(OptionCatalog.Peers)}' ({values.SourceOf(OptionCatalog.Peers)}): this node, '{node}' ({values.SourceOf(OptionCatalog.NodeId)}), " +
                "is not in the list; add it, or correct node-id");
        }

        if (!ClusterTexts.IsNone(values.Get(OptionCatalog.SeedDns)))
        {
            problems.Add($"seed-dns ({values.SourceOf(OptionCatalog.SeedDns)}) and peers ({values.SourceOf(OptionCatalog.Peers)}): nodes are found by one or the other, give one of them");
        }
    }

    /// <summary>Null when no file is named, or something is wrong with them.</summary>
    public static PeerTls? LoadTls(EffectiveConfiguration values, List<string> problems)
    {
        Option<string>[] files = [OptionCatalog.PeerTlsCertificate, OptionCatalog.PeerTlsKey, OptionCatalog.PeerTlsAuthority];
        Option<string>[] missing = [.. files.Where(file => ClusterTexts.IsNone(values.Get(file)))];
        if (missing.Length == files.Length)
        {
            return null;
        }

        if (missing.Length > 0)
        {
            problems.Add($"peer-tls: {string.Join(" and ", missing.Select(file => file.Key))} is not given; TLS between nodes needs certificate, key and ca");
            return null;
        }

        try
        {
            return PeerTls.Load(values.Get(files[0]), values.Get(files[1]), values.Get(files[2]));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            problems.Add($"peer-tls ({values.SourceOf(files[0])}): {failure.Message}");
            return null;
        }
    }
}
