using GoQueue.Core.Scheduling;
using GoQueue.Storage.Directories;

namespace GoQueue.Simulation.World;

/// <summary>
/// The one thread and the one clock of a simulated world. Everything that happens is an event with a due time; a step runs the earliest. Time
/// stands still inside a step and jumps between steps.
/// </summary>
internal sealed class SimulationLoop
{
    /// <summary>Longest a continuation waits for its thread, in ticks.</summary>
    private const int MaxContinuationDelay = 300;

    /// <summary>Events at one moment after which the world counts as stuck in a circle.</summary>
    private const int MaxEventsWithoutTime = 200_000;

    private readonly EventHeap events = new();
    private readonly SeededStream order;
    private int thread = Environment.CurrentManagedThreadId;
    private SimulatedContext? current;
    private SimulationFailure? failure;
    private int withoutTime;

    public SimulationLoop(ulong seed)
    {
        Seed = seed;
        order = new SeededStream(seed, "order");
    }

    public ulong Seed { get; }

    /// <summary>True time in ticks since the world began.</summary>
    public long Now { get; private set; }

    /// <summary>Events that ran.</summary>
    public long Steps { get; private set; }

    public Trace Trace { get; } = new();

    /// <summary>What processes log from this level on stands in the trace. It never changes a run.</summary>
    public Microsoft.Extensions.Logging.LogLevel LogLevel { get; set; } = Microsoft.Extensions.Logging.LogLevel.Warning;

    /// <summary>Runs after every event, with the process it belonged to.</summary>
    public Action<SimulatedProcess?>? AfterStep { get; set; }

    /// <summary>A process whose disk crashed inside the step, before anything of it is taken away: what it said in the step before the crash is on its way.</summary>
    public Action<SimulatedProcess>? Dying { get; set; }

    /// <summary>A process whose disk crashed inside the step; it is told before anything else happens.</summary>
    public Action<SimulatedProcess>? Died { get; set; }

    /// <summary>Says how everything stands, for the report of a failure.</summary>
    public Func<string>? Describe { get; set; }

    /// <summary>An event <paramref name="delay"/> ticks from now.</summary>
    public void Schedule(long delay, SimulatedProcess? owner, string kind, SendOrPostCallback callback, object? state) =>
        events.Push(new ScheduledEvent(Now + Math.Max(0, delay), order.Next(), owner, kind, callback, state));

    /// <summary>An event at a moment; those of one sequence that must keep their order have different moments.</summary>
    public void ScheduleAt(long due, SimulatedProcess? owner, string kind, SendOrPostCallback callback, object? state) =>
        events.Push(new ScheduledEvent(Math.Max(Now, due), order.Next(), owner, kind, callback, state));

    public void ScheduleTimer(long delay, SimulatedProcess owner, ICancellableEvent timer) =>
        Schedule(delay, owner, "timer", static state => ((ICancellableEvent)state!).Run(), timer);

    public void ScheduleTurn(SimulatedProcess owner, ITurn turn, long maxDelay)
    {
        CheckThread(turn);
        Schedule(order.Between(1, maxDelay), owner, "turn", static state => ((ITurn)state!).RunTurn(), turn);
    }

    /// <summary>A continuation of a process.</summary>
    public void Post(SimulatedProcess owner, SendOrPostCallback callback, object? state)
    {
        if (!owner.IsAlive)
        {
            return; // also what finalizers of a dead process's timers stir up, on their own thread
        }

        CheckThread(state);
        events.Push(new ScheduledEvent(Now + order.Below(MaxContinuationDelay), order.Next(), owner, "resume", callback, state));
    }

    /// <summary>A failure of something a process runs. Dead processes may fail as they like.</summary>
    public void ReportFailure(SimulatedProcess process, Exception cause, string what)
    {
        if (process.IsAlive && process.HasDied?.Invoke() != true && cause is not VirtualCrashException)
        {
            failure ??= cause as SimulationFailure ?? new SimulationFailure("unhandled", $"{what} of {process.Name} failed: {cause.Message}", cause);
        }
    }

    /// <summary>Runs events until the time is reached, the step count is reached or <paramref name="isDone"/> says so. False when nothing is left to run.</summary>
    public bool Run(long untilTime, long untilStep, Func<bool>? isDone = null)
    {
        SynchronizationContext? outer = SynchronizationContext.Current;
        thread = Environment.CurrentManagedThreadId;
        try
        {
            while (events.Count > 0)
            {
                if (events.NextDue > untilTime)
                {
                    Now = untilTime;
                    return true;
                }

                if (Steps >= untilStep || isDone?.Invoke() == true)
                {
                    return true;
                }

                Step();
            }

            return false;
        }
        finally
        {
            current = null;
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    /// <summary>Gives back what a paused process was due, in its order.</summary>
    internal void Release(List<ScheduledEvent> held)
    {
        for (int i = 0; i < held.Count; i++)
        {
            events.Push(held[i] with { Due = Now + i });
        }

        held.Clear();
    }

    private void Step()
    {
        ScheduledEvent item = events.Pop();
        SimulatedProcess? owner = item.Owner;
        if ((owner is not null && !owner.IsAlive) || item.State is ICancellableEvent { IsCancelled: true })
        {
            return;
        }

        if (owner is { IsPaused: true })
        {
            owner.Held.Add(item);
            return;
        }

        withoutTime = item.Due > Now ? 0 : withoutTime + 1;
        SimulationFailure.Unless(withoutTime < MaxEventsWithoutTime, "livelock", $"{withoutTime} events ran at {Now} and the clock did not move");
        Now = item.Due;
        Steps++;
        Trace.Add(Now, item.Kind, owner?.Index ?? -1, 0, 0, item.State);
        Enter(owner?.Context);
        try
        {
            item.Callback(item.State);
        }
        catch (SimulationFailure)
        {
            throw;
        }
        catch (Exception cause)
        {
            if (owner is null)
            {
                throw new SimulationFailure("harness", cause.Message, cause);
            }

            ReportFailure(owner, cause, item.Kind);
        }

        if (owner?.HasDied?.Invoke() == true && owner.IsAlive)
        {
            Dying?.Invoke(owner);
            owner.Kill();
            Died?.Invoke(owner);
        }

        AfterStep?.Invoke(owner);
        if (failure is not null)
        {
            throw failure;
        }
    }

    private void Enter(SimulatedContext? context)
    {
        if (!ReferenceEquals(context, current))
        {
            current = context;
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>
    /// Work that arrives from another thread took a way around the simulator: its moment is the operating system's choice, and the run
    /// could not be replayed.
    /// </summary>
    private void CheckThread(object? what)
    {
        if (Environment.CurrentManagedThreadId != thread)
        {
            Trace oneLine = new();
            oneLine.Add(0, "foreign", -1, 0, 0, what);
            failure ??= new SimulationFailure("determinism", "resumed from a thread of the pool: " + oneLine.Newest(1).Trim());
        }
    }
}
