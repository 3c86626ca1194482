using GoQueue.Chaos.Machine;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;

namespace GoQueue.Chaos.Nemesis;

/// <summary>A fault of a node of an attached cluster, by the commands its operator gave: one makes it happen, another takes it back.</summary>
internal sealed class HookFault(TestBed bed, Random random, string begin, string end) : NodeFault(bed, random, 1)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    protected override Task HappenAsync(CancellationToken cancellationToken) => RunAsync(begin);

    /// <summary>The node answers nobody, or (when it is only cut off from the others) one of the others holds it for gone.</summary>
    public override async Task<string?> VerifyEffectAsync(CancellationToken cancellationToken)
    {
        Node victim = Victims[0].Node;
        RestAnswer own = await Bed.Cluster.Rest.SendAsync(victim, HttpMethod.Get, "/health", null, Patience, cancellationToken);
        if (own.Status == 0)
        {
            return null;
        }

        foreach (Node other in Bed.Cluster.Nodes.Where(node => node != victim))
        {
            RestAnswer brokers = await Bed.Cluster.Rest.SendAsync(other, HttpMethod.Get, "/v1/admin/brokers", null, Patience, cancellationToken);
            if (brokers.IsOk && brokers.Body.GetProperty("brokers").EnumerateArray().Any(broker => broker.GetProperty("node").GetString() == victim.Id && broker.GetProperty("state").GetString() != "online"))
            {
                return null;
            }
        }

        return $"{victim.Id} answers, and the others hold it for online";
    }

    protected override Task HealAsync(CancellationToken cancellationToken) => RunAsync(end);

    private async Task RunAsync(string hook)
    {
        string command = hook.Replace("{node}", Victims[0].Node.Id, StringComparison.Ordinal);
        ToolResult result = await Tool.TryAsync("sh", "-c", command);
        if (!result.IsOk)
        {
            throw new HarnessException($"'{command}' ended with {result.Code}: {(result.Errors + result.Output).Trim()}");
        }
    }
}
