using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Server.Configuration;
using GoQueue.Testing;
using Endpoint = GoQueue.Metadata.Brokers.Endpoint;

namespace GoQueue.Server.Tests.Configuration;

public sealed class ClusterConfigurationTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_node_is_alone_unless_it_is_told_of_others()
    {
        ClusterOptions cluster = Load().Options!.Cluster;
        Assert.True(cluster.IsAlone);
        Assert.Equal((null, null, null), (cluster.ClusterId, cluster.Rack, cluster.Tls));
    }

    [Fact]
    public void A_list_of_peers_is_read_from_flag_environment_and_file()
    {
        const string List = "n1=host1:7000, n2=10.0.0.2:7001,n3=[fd00::3]:7002";
        PeerAddress[] expected = [new(new NodeId("n1"), "host1", 7000), new(new NodeId("n2"), "10.0.0.2", 7001), new(new NodeId("n3"), "fd00::3", 7002)];
        string file = Path.Combine(folder.Path, "goqueue.yaml");
        File.WriteAllText(file, $"node-id: n1\npeers: \"{List}\"\n");
        Assert.Equal(expected, Load("--node-id", "n1", "--peers", List).Options!.Cluster.Peers);
        Assert.Equal(expected, Load("--config", file).Options!.Cluster.Peers);
        Assert.Equal(expected, ConfigurationLoader.Load(["--node-id", "n2"], new Dictionary<string, string> { ["GOQUEUE_PEERS"] = List }).Options!.Cluster.Peers);
    }

    [Theory]
    [InlineData("n1")]
    [InlineData("n1=host")]
    [InlineData("n1=host:0")]
    [InlineData("n1=host:70000")]
    [InlineData("n1=:7000")]
    [InlineData("=host:7000")]
    [InlineData("n 1=host:7000")]
    [InlineData("n1=ho st:7000")]
    [InlineData("n1=1:7000")]
    [InlineData("n1=host:7000,")]
    [InlineData("n1=a:7000,n1=b:7000")]
    [InlineData("n1=a:7000,n2=a:7000")]
    public void A_list_that_cannot_be_meant_is_refused(string list) =>
        Assert.Contains("peers", Assert.Single(Load("--node-id", "n1", "--peers", list).Problems), StringComparison.Ordinal);

    [Fact]
    public void What_does_not_fit_together_is_reported_all_at_once()
    {
        ConfigurationOutcome outcome = Load("--node-id", "n9", "--peers", "n1=a:7000,n2=b:7000", "--seed-dns", "gq:7000", "--set", "peer-tls.key=key.pem");
        Assert.Equal(3, outcome.Problems.Count);
        Assert.Contains(outcome.Problems, problem => problem.Contains("'n9'", StringComparison.Ordinal) && problem.Contains("not in the list", StringComparison.Ordinal));
        Assert.Contains(outcome.Problems, problem => problem.Contains("one or the other", StringComparison.Ordinal));
        Assert.Contains(outcome.Problems, problem => problem.Contains("peer-tls.certificate and peer-tls.ca is not given", StringComparison.Ordinal));
    }

    [Fact]
    public void Names_racks_and_advertised_addresses_are_read()
    {
        ClusterOptions cluster = Load(
            "--seed-dns", "gq-peers.svc:7000", "--expected-nodes", "5", "--cluster-id", "prod", "--rack", "eu-1a",
            "--set", "advertise.peer=n1.gq", "--set", "advertise.http=api.example:80", "--set", "advertise.grpc=none").Options!.Cluster;
        Assert.Equal((new Endpoint("gq-peers.svc", 7000), 5, "prod", "eu-1a"), (cluster.SeedDns, cluster.ExpectedNodes, cluster.ClusterId, cluster.Rack));
        Assert.Equal((new Endpoint("n1.gq", 0), new Endpoint("api.example", 80), null), (cluster.AdvertisedPeer, cluster.AdvertisedHttp, cluster.AdvertisedGrpc));
    }

    [Fact]
    public void A_name_server_goes_with_a_name_and_is_an_address()
    {
        Assert.Equal(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 8600), Load("--seed-dns", "gq.service.consul:7000", "--seed-dns-server", "127.0.0.1:8600").Options!.Cluster.SeedDnsServer);
        Assert.Null(Load("--seed-dns", "gq:7000").Options!.Cluster.SeedDnsServer);
        Assert.Single(Load("--seed-dns-server", "127.0.0.1:8600").Problems);
        Assert.Single(Load("--seed-dns", "gq:7000", "--seed-dns-server", "resolver.example:53").Problems);
    }

    [Fact]
    public void A_certificate_that_cannot_be_read_is_a_mistake_of_the_configuration()
    {
        string missing = Path.Combine(folder.Path, "missing.pem");
        ConfigurationOutcome outcome = Load("--set", $"peer-tls.certificate={missing}", "--set", $"peer-tls.key={missing}", "--set", $"peer-tls.ca={missing}");
        Assert.Contains("missing.pem", Assert.Single(outcome.Problems), StringComparison.Ordinal);
    }

    private static ConfigurationOutcome Load(params string[] arguments) => ConfigurationLoader.Load(arguments, new Dictionary<string, string>());
}
