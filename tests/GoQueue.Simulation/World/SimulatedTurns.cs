using GoQueue.Core.Scheduling;

namespace GoQueue.Simulation.World;

/// <summary>
/// Turns of one process: each is one event, later than it was asked by as long as the disk seems to take. Turns of several objects change places
/// with each other; that is all a scheduler promises.
/// </summary>
internal sealed class SimulatedTurns(SimulatedProcess process) : ITurnScheduler
{
    /// <summary>Longest a turn waits, in ticks; a slow disk raises it.</summary>
    public long MaxDelay { get; set; } = TimeSpan.TicksPerMillisecond;

    public void Schedule(ITurn turn) => process.Loop.ScheduleTurn(process, turn, MaxDelay);
}
