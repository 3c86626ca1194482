namespace GoQueue.Core.Scheduling;

/// <summary>
/// Runs turns. The object asks for a turn when it has work and none is asked for yet; the scheduler gives every asked turn once, in about
/// the order asked. Dedicated threads in a server, one deterministic queue in the simulator.
/// </summary>
public interface ITurnScheduler
{
    void Schedule(ITurn turn);
}
