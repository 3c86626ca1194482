using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Simulation.Network;
using GoQueue.Simulation.World;
using GoQueue.Testing.Peers;

namespace GoQueue.Simulation.Tests;

/// <summary>The simulated port keeps what the real one keeps.</summary>
public sealed class SimulatedPeerTransportContractTests : PeerTransportContract
{
    protected override PeerTransportWorld CreateWorld() => new SimulatedWorld();

    private sealed class SimulatedWorld : PeerTransportWorld
    {
        private readonly SimulationLoop loop = new(3);
        private readonly SimulatedNetwork network;
        private readonly SortedDictionary<NodeId, int> hosts = [];
        private readonly Dictionary<NodeId, SimulatedPeerTransport> transports = [];

        public SimulatedWorld()
        {
            network = new SimulatedNetwork(loop, new NetworkOptions { MayHandlersThrow = true, SilentAfter = TimeSpan.TicksPerSecond }, 4);
        }

        public override IPeerTransport Start(NodeId node, Guid incarnation)
        {
            SimulatedProcess process = new(loop, IndexOf(node), node.Value, new HostClock(0, 0));
            return transports[node] = network.Attach(process, node, incarnation);
        }

        public override PeerAddress AddressOf(NodeId node) => SimulatedNetwork.AddressOf(node, IndexOf(node));

        public override Task StopAsync(NodeId node)
        {
            SimulatedPeerTransport stopped = transports[node];
            stopped.CancelHandlers();
            stopped.Process.Kill();
            network.Detach(stopped.Process, isPowerLoss: false);
            return Task.CompletedTask;
        }

        public override void Silence(NodeId node) => ForOthers(node, network.Cut);

        public override void Restore(NodeId node) => ForOthers(node, network.Heal);

        public override Task UntilAsync(Func<bool> condition, string what)
        {
            loop.Run(loop.Now + TimeSpan.FromMinutes(1).Ticks, long.MaxValue, condition);
            return condition() ? Task.CompletedTask : throw new TimeoutException($"never became true: {what}");
        }

        public override async Task<T> ResultAsync<T>(ValueTask<T> operation)
        {
            Task<T> task = operation.AsTask();
            await UntilAsync(() => task.IsCompleted, "the operation ends");
            return await task;
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private int IndexOf(NodeId node)
        {
            if (!hosts.TryGetValue(node, out int index))
            {
                hosts.Add(node, index = hosts.Count);
            }

            return index;
        }

        private void ForOthers(NodeId node, Action<int, int> change)
        {
            int index = IndexOf(node);
            for (int other = 0; other < network.HostCount; other++)
            {
                if (other != index)
                {
                    change(index, other);
                    change(other, index);
                }
            }
        }
    }
}
