using GoQueue.Simulation.Clients;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Scenarios;

/// <summary>The phase after healing: everything must come to an end within a bound (L15).</summary>
internal static class Liveness
{
    /// <summary>Lets the clients come to their end, then runs the final reader.</summary>
    public static void Await(SimulationLoop loop, ClientWorld world, IReadOnlyList<SimulatedClient> clients, TimeSpan bound)
    {
        world.IsStopping = true;
        Until(loop, bound, () => clients.All(static client => client.IsDone), () => $"the clients come to an end");
        FinalReader reader = new(world, clients.Count);
        reader.Start();
        Until(loop, bound, () => reader.IsDone, () => $"every partition takes and gives messages again: {reader}");
    }

    /// <summary>Runs until the condition holds; fails when it does not within the bound of simulated time.</summary>
    public static void Until(SimulationLoop loop, TimeSpan bound, Func<bool> condition, Func<string> what)
    {
        loop.Run(loop.Now + bound.Ticks, long.MaxValue, condition);
        SimulationFailure.Unless(condition(), "L15", $"{bound.TotalSeconds} s after the last fault it is not so that {what()}");
    }
}
