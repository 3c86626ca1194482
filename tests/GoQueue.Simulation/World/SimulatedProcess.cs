namespace GoQueue.Simulation.World;

/// <summary>
/// One life of a node or a client: what it asked to run belongs to it and dies with it. A restart is another process of the same index.
/// </summary>
internal sealed class SimulatedProcess
{
    public SimulatedProcess(SimulationLoop loop, int index, string name, HostClock clock)
    {
        Loop = loop;
        Index = index;
        Name = name;
        Clock = clock;
        Context = new SimulatedContext(this);
        Time = new SimulatedTime(this, clock);
        Turns = new SimulatedTurns(this);
    }

    public SimulationLoop Loop { get; }

    /// <summary>Of the machine it runs on.</summary>
    public int Index { get; }

    public string Name { get; }

    public HostClock Clock { get; }

    public SimulatedContext Context { get; }

    public SimulatedTime Time { get; }

    public SimulatedTurns Turns { get; }

    public bool IsAlive { get; private set; } = true;

    /// <summary>Stopped by a signal: it runs nothing, its clocks go on, its machine answers for it.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>Asked after every step of this process and before it sends: a disk that crashed inside the step takes the process along.</summary>
    public Func<bool>? HasDied { get; set; }

    internal List<ScheduledEvent> Held { get; } = [];

    public void Kill()
    {
        IsAlive = false;
        IsPaused = false;
        Held.Clear();
    }

    public void Pause() => IsPaused = IsAlive;

    public void Resume()
    {
        if (IsPaused)
        {
            IsPaused = false;
            Loop.Release(Held);
        }
    }

    /// <summary>Starts asynchronous work of this process. Its failure is the run's failure.</summary>
    public void Start(Func<Task> work, string what) => Loop.Schedule(0, this, "start", _ => _ = WatchAsync(work, what), what);

    private async Task WatchAsync(Func<Task> work, string what)
    {
        try
        {
            await work();
        }
        catch (Exception failure)
        {
            Loop.ReportFailure(this, failure, what);
        }
    }

    public override string ToString() => Name;
}
