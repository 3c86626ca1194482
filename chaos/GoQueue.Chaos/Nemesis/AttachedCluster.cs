using System.Net;
using System.Text.Json;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;

namespace GoQueue.Chaos.Nemesis;

/// <summary>A cluster that somebody else runs. It stays as it is: only topics of ours come and go, and faults are what the hooks do.</summary>
internal sealed class AttachedCluster(IReadOnlyList<(string Name, Uri Address)> members, string scratch) : ITestBedMaker
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private Cluster? cluster;

    public async Task<TestBed> MakeAsync(int count, string damagedNode, string topic, CancellationToken cancellationToken)
    {
        cluster = Cluster.Empty(string.Empty, scratch, reusesConnections: false);
        IReadOnlyDictionary<string, int> grpcPorts = await GrpcPortsAsync(cancellationToken);
        List<Ground> grounds = [];
        foreach ((string name, Uri address) in members)
        {
            string host = (await Dns.GetHostAddressesAsync(address.Host, cancellationToken))[0].ToString();
            NodePorts ports = new(address.Port, grpcPorts[name], 0, 0) { Host = host };
            Node node = new(name, ports, string.Empty, string.Empty, Path.Combine(scratch, $"{name}.log")) { IsRemote = true };
            cluster.Add(node);
            grounds.Add(new Ground(node, null, null, null));
        }

        return new TestBed(cluster, null, null, grounds, damagedNode, topic)
        {
            AddNodeAsync = _ => throw new HarnessException("nodes cannot be added to an attached cluster"),
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (cluster is not null)
        {
            await cluster.DisposeAsync();
        }
    }

    /// <summary>Asks the nodes, which must all be members of one cluster that is there.</summary>
    private async Task<IReadOnlyDictionary<string, int>> GrpcPortsAsync(CancellationToken cancellationToken)
    {
        using HttpClient http = new() { Timeout = Patience };
        List<string> failures = [];
        foreach ((string name, Uri address) in members)
        {
            try
            {
                using JsonDocument answer = JsonDocument.Parse(await http.GetStringAsync(new Uri(address, "/v1/admin/brokers"), cancellationToken));
                Dictionary<string, int> ports = answer.RootElement.GetProperty("brokers").EnumerateArray().ToDictionary(
                    broker => broker.GetProperty("node").GetString()!,
                    broker => new Uri("http://" + broker.GetProperty("grpcEndpoint").GetString()).Port);
                string? stranger = members.Select(member => member.Name).FirstOrDefault(member => !ports.ContainsKey(member));
                return stranger is null ? ports : throw new HarnessException($"{address} belongs to a cluster of {string.Join(", ", ports.Keys)}; {stranger} is none of them");
            }
            catch (Exception failure) when (failure is HttpRequestException or JsonException or KeyNotFoundException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                failures.Add($"{name} at {address}: {failure.Message}");
            }
        }

        throw new HarnessException("the cluster cannot be reached:\n  " + string.Join("\n  ", failures));
    }
}
