using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GoQueue.Server.Peers.Connections;

namespace GoQueue.Server.Peers;

/// <summary>
/// Mutual TLS between nodes: each side shows a certificate, and takes the other's only when it chains to the configured authority. That authority
/// is the cluster's own: whoever it certifies is a node. Names in certificates are not compared with host names, because nodes move.
/// </summary>
internal sealed class PeerTls
{
    private readonly SslStreamCertificateContext own;
    private readonly X509Certificate2Collection authorities;

    private PeerTls(SslStreamCertificateContext own, X509Certificate2Collection authorities)
    {
        this.own = own;
        this.authorities = authorities;
    }

    /// <summary>Reads PEM files: the certificate (with intermediates after it), its key, the authorities.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    /// <exception cref="CryptographicException">A file is not what it should be, or key and certificate do not belong together.</exception>
    public static PeerTls Load(string certificateFile, string keyFile, string authorityFile)
    {
        X509Certificate2Collection authorities = [];
        authorities.ImportFromPemFile(authorityFile);
        if (authorities.Count == 0)
        {
            throw new CryptographicException($"{authorityFile} holds no certificate");
        }

        X509Certificate2Collection chain = [];
        chain.ImportFromPemFile(certificateFile);
        X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        return new PeerTls(SslStreamCertificateContext.Create(certificate, chain, offline: true), authorities);
    }

    public async Task<PeerWire> AcceptAsync(PeerWire wire, CancellationToken cancellationToken)
    {
        SslStream stream = new(new WireStream(wire));
        SslServerAuthenticationOptions options = new()
        {
            ServerCertificateContext = own,
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = IsOfTheCluster,
        };
        await stream.AuthenticateAsServerAsync(options, cancellationToken);
        return new StreamWire(stream, wire);
    }

    public async Task<PeerWire> ConnectAsync(PeerWire wire, string host, CancellationToken cancellationToken)
    {
        SslStream stream = new(new WireStream(wire));
        SslClientAuthenticationOptions options = new()
        {
            TargetHost = host,
            ClientCertificateContext = own,
            RemoteCertificateValidationCallback = IsOfTheCluster,
        };
        await stream.AuthenticateAsClientAsync(options, cancellationToken);
        return new StreamWire(stream, wire);
    }

    private bool IsOfTheCluster(object sender, X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 shown)
        {
            return false;
        }

        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // an authority of the cluster's own publishes no lists
        chain.ChainPolicy.DisableCertificateDownloads = true;
        foreach (X509ChainElement element in presented?.ChainElements ?? new X509Chain().ChainElements)
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(shown);
    }
}
