using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Simulation.Hosts;
using GoQueue.Storage.Directories;

namespace GoQueue.Simulation.Clients;

/// <summary>
/// Takes nodes out of the cluster for good and brings machines in, the way an operator does: drains a node, stops it, has it forgotten, and starts it again with an
/// empty disk, as another member (M7). Three nodes always stay.
/// </summary>
internal sealed class MembershipClient(ClientWorld world, int number, IReadOnlyList<SimulatedHost> hosts) : SimulatedClient(world, number, "membership")
{
    private const int FewestNodes = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    /// <summary>No disk is being lost, and the cluster bears that a node goes for good: an operator looks before he takes one away.</summary>
    public required Func<bool> IsHealthy { get; init; }

    /// <summary>Told of every disk that the cluster said it has forgotten.</summary>
    public required Action<NodeId, Guid> Removed { get; init; }

    /// <summary>Nodes that were removed.</summary>
    public int Removals { get; private set; }

    protected override async Task WorkAsync()
    {
        while (!World.IsStopping)
        {
            await PauseAsync(1500);
            SimulatedHost victim = Random.Pick(hosts);
            bool mayGo = victim.HasServed && hosts.Count(host => !host.IsRetired) > FewestNodes;
            // Looked at again in the moment of the removal: while the cluster was not healthy, somebody may have let the node back in and put replicas on it.
            if (mayGo && !World.IsStopping && await DrainAsync(victim.Node) && await AwaitHealthAsync() && IsEmpty(victim.Node))
            {
                await RemoveAsync(victim);
                await PauseAsync(Random.Coin() ? 100 : 3000);
                victim.PutToUse();
                victim.Boot();
            }
            else if (mayGo)
            {
                await AskAsync(cluster => cluster.UndrainAsync(victim.Node, CancellationToken.None));
            }
        }
    }

    /// <summary>True when nothing is left on it.</summary>
    private async Task<bool> DrainAsync(NodeId node)
    {
        for (int i = 0; i < 40 && !World.IsStopping; i++)
        {
            await BeginDrainAsync(node);
            await PauseAsync(400);
            if (IsEmpty(node))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsEmpty(NodeId node) =>
        World.NewestImage() is { } image && image.TryGetBroker(node, out BrokerImage? broker) && broker.IsDraining && !image.TopicsOn(node).Any();

    private async Task<bool> AwaitHealthAsync()
    {
        for (int i = 0; i < 100 && !World.IsStopping; i++)
        {
            if (IsHealthy())
            {
                return true;
            }

            await PauseAsync(60);
        }

        return false;
    }

    /// <summary>Once begun it is brought to its end, also while the run ends: half of a removal is nothing that an operator leaves behind.</summary>
    private async Task RemoveAsync(SimulatedHost victim)
    {
        Guid disk = victim.Incarnation;
        victim.Retire();
        if (Random.Coin())
        {
            victim.Stop(CrashMode.KeepAll, () => { });
            await PauseAsync(2000);
        }

        victim.Crash(CrashMode.KeepAll);
        while (true)
        {
            await BeginDrainAsync(victim.Node); // somebody may have moved a replica there meanwhile
            ClientAnswer<Error?> answer = await AskAsync(cluster => cluster.RemoveAsync(victim.Node, CancellationToken.None));
            if (answer.IsKnown && (answer.Value is null || answer.Value.Value.Code == ErrorCode.UnknownNode))
            {
                break;
            }

            await PauseAsync(500);
        }

        Removed(victim.Node, disk);
        Removals++;
        victim.Wipe();
    }

    private Task BeginDrainAsync(NodeId node) => AskAsync(async cluster => (await cluster.DrainAsync(node, CancellationToken.None)).IsOk ? null : (Error?)new Error(ErrorCode.PreconditionFailed, "not now"));

    private async Task<ClientAnswer<Error?>> AskAsync(Func<IClusterRequests, ValueTask<Error?>> ask)
    {
        World.Operations++;
        return await World.Network.CallAsync(Process, AnyHost(), node => ask(node.Cluster), Patience);
    }
}
