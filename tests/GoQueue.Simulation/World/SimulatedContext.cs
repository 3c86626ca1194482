namespace GoQueue.Simulation.World;

/// <summary>
/// Where the awaits of one process resume: each becomes an event of the loop, at a moment the seed picks, so that any order a thread pool
/// could produce is produced by some seed.
/// </summary>
internal sealed class SimulatedContext(SimulatedProcess process) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => process.Loop.Post(process, d, state);

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new SimulationFailure("determinism", $"{process.Name} blocks on another context");

    public override SynchronizationContext CreateCopy() => this;
}
