using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Server.Peers;
using GoQueue.Testing;

namespace GoQueue.Server.Tests.Peers;

public sealed class PeerTlsTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Nodes_with_certificates_of_one_authority_talk()
    {
        using X509Certificate2 authority = MakeAuthority("prod");
        await using PeerNodes nodes = new();
        PeerTransport a = await nodes.StartAsync("a", tls: TlsOf(authority, authority, "a"), silence: TimeSpan.FromSeconds(30));
        PeerTransport b = await nodes.StartAsync("b", tls: TlsOf(authority, authority, "b"), silence: TimeSpan.FromSeconds(30));
        b.OnCall(PeerMessageKind.ReplicaFetch, static (message, _) => ValueTask.FromResult<Result<PeerReply>>(
            new PeerReply(SharedBuffer.CopyOf([7]), [new BufferSlice(message.Payload.Retain(), 0, message.Payload.Length)])));
        Func<NodeId, PeerLinkState?> links = PeerNodes.Watch(a);
        a.SetPeers([PeerNodes.AddressOf(b)]);
        await Eventually.TrueAsync(() => links(b.Self) == PeerLinkState.Up, "the link is up");
        byte[] large = RandomNumberGenerator.GetBytes(3 << 20);
        Result<SharedBuffer> reply = await a.CallAsync(
            b.Self, PeerMessageKind.ReplicaFetch, PeerChannel.Bulk, SharedBuffer.CopyOf(large), TimeSpan.FromSeconds(20), CancellationToken.None);
        Assert.True(reply.IsOk, reply.Error.ToString());
        Assert.Equal([7, .. large], reply.Value.Span.ToArray());
        reply.Value.Release();
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused_whichever_side_shows_it()
    {
        using X509Certificate2 ours = MakeAuthority("ours");
        using X509Certificate2 theirs = MakeAuthority("theirs");
        await using PeerNodes nodes = new();
        PeerTransport good = await nodes.StartAsync("good", tls: TlsOf(ours, ours, "good"));
        PeerTransport bad = await nodes.StartAsync("bad", tls: TlsOf(theirs, ours, "bad")); // it trusts our authority, ours does not trust its certificate
        Func<NodeId, PeerLinkState?> fromGood = PeerNodes.Watch(good);
        Func<NodeId, PeerLinkState?> fromBad = PeerNodes.Watch(bad);
        good.SetPeers([PeerNodes.AddressOf(bad)]);
        bad.SetPeers([PeerNodes.AddressOf(good)]);
        await Eventually.TrueAsync(() => fromGood(bad.Self) == PeerLinkState.Silent && fromBad(good.Self) == PeerLinkState.Silent, "neither gets a link");
        await Eventually.TrueAsync(() => nodes.Log.About("TLS: ").Length > 0, "the log says why");
    }

    [Fact]
    public async Task A_node_without_TLS_gets_no_link_to_a_node_with_it_nor_the_reverse()
    {
        using X509Certificate2 authority = MakeAuthority("prod");
        await using PeerNodes nodes = new();
        PeerTransport secured = await nodes.StartAsync("secured", tls: TlsOf(authority, authority, "secured"));
        PeerTransport plain = await nodes.StartAsync("plain");
        Func<NodeId, PeerLinkState?> fromSecured = PeerNodes.Watch(secured);
        Func<NodeId, PeerLinkState?> fromPlain = PeerNodes.Watch(plain);
        secured.SetPeers([PeerNodes.AddressOf(plain)]);
        plain.SetPeers([PeerNodes.AddressOf(secured)]);
        await Eventually.TrueAsync(() => fromSecured(plain.Self) == PeerLinkState.Silent && fromPlain(secured.Self) == PeerLinkState.Silent, "neither gets a link");
        await Eventually.TrueAsync(() => nodes.Log.About("it speaks TLS").Length > 0, "the log of the plain one says why");
    }

    [Fact]
    public void Files_that_do_not_fit_are_refused_when_they_are_loaded()
    {
        using X509Certificate2 authority = MakeAuthority("prod");
        (string certificate, _) = Write(authority, "a");
        (_, string key) = Write(authority, "b");
        string trusted = Path.Combine(folder.Path, "ca.pem");
        File.WriteAllText(trusted, authority.ExportCertificatePem());
        Assert.ThrowsAny<Exception>(() => PeerTls.Load(certificate, key, trusted)); // the key of another certificate
        Assert.ThrowsAny<IOException>(() => PeerTls.Load(certificate, Path.Combine(folder.Path, "missing.key"), trusted));
        Assert.ThrowsAny<CryptographicException>(() => PeerTls.Load(certificate, key, key)); // no certificate in it
    }

    private PeerTls TlsOf(X509Certificate2 issuer, X509Certificate2 trusted, string name)
    {
        (string certificate, string key) = Write(issuer, name);
        string authorities = Path.Combine(folder.Path, $"{name}-ca.pem");
        File.WriteAllText(authorities, trusted.ExportCertificatePem());
        return PeerTls.Load(certificate, key, authorities);
    }

    private (string Certificate, string Key) Write(X509Certificate2 issuer, string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.Create(issuer, new DateTimeOffset(issuer.NotBefore), new DateTimeOffset(issuer.NotAfter), RandomNumberGenerator.GetBytes(8));
        string certificateFile = Path.Combine(folder.Path, $"{name}.pem");
        string keyFile = Path.Combine(folder.Path, $"{name}.key");
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        return (certificateFile, keyFile);
    }

    private static X509Certificate2 MakeAuthority(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow - TimeSpan.FromDays(1), DateTimeOffset.UtcNow + TimeSpan.FromDays(1));
    }
}
