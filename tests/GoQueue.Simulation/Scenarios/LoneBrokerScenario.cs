using GoQueue.Core;
using GoQueue.Simulation.Clients;
using GoQueue.Simulation.Faults;
using GoQueue.Simulation.Hosts;
using GoQueue.Simulation.Network;
using GoQueue.Simulation.Running;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Scenarios;

/// <summary>One broker by itself: its disk and its process fail, and nothing acknowledged may be lost.</summary>
internal static class LoneBrokerScenario
{
    public static readonly Scenario Scenario = new("lone", "one broker, its disk and its process fail", Run);

    private static RunReport Run(ulong seed, RunOptions options, Action<SimulationLoop> built)
    {
        SimulationLoop loop = new(seed);
        built(loop);
        SimulatedNetwork network = new(loop, new NetworkOptions(), 1);
        SimulatedHost host = new(loop, network, 0, new NodeId("n1"), launch => new LoneBroker(launch));
        ClientWorld world = new(loop, [host]);
        SeededStream shape = new(seed, "shape");
        FaultMix mix = FaultMix.Draw(shape) with { Majority = true };
        Nemesis nemesis = new(loop, network, [host], mix);
        loop.Died = nemesis.Died;
        List<SimulatedClient> clients = [new AdminClient(world, 0, 2)];
        for (int i = 0; i < 2; i++)
        {
            clients.Add(new ProducerClient(world, clients.Count, isIdempotent: shape.Below(3) > 0));
            clients.Add(new ConsumerClient(world, clients.Count));
        }

        host.Boot();
        clients.ForEach(static client => client.Start());
        nemesis.Begin();
        loop.Run(long.MaxValue, options.Steps);

        nemesis.Heal();
        Liveness.Await(loop, world, clients, TimeSpan.FromSeconds(30));
        string summary = $"{world.Operations} operations, {world.Histories.Sum(history => history.Acknowledged)} acknowledged, {world.Histories.Sum(history => history.Read)} read, {host.Boots} boots; {mix}";
        return new RunReport(Scenario.Name, seed, loop.Trace.Digest, loop.Steps, new TimeSpan(loop.Now), summary);
    }
}
