using GoQueue.Core;
using GoQueue.Simulation.Network;
using GoQueue.Simulation.World;
using GoQueue.Storage.Directories;

namespace GoQueue.Simulation.Hosts;

/// <summary>One machine: its disk and clocks live on while processes come and go.</summary>
internal sealed class SimulatedHost
{
    private readonly SimulationLoop loop;
    private readonly SimulatedNetwork network;
    private readonly Func<NodeLaunch, INodeProgram> compose;
    private readonly SeededStream random;

    public SimulatedHost(SimulationLoop loop, SimulatedNetwork network, int index, NodeId node, Func<NodeLaunch, INodeProgram> compose)
    {
        this.loop = loop;
        this.network = network;
        this.compose = compose;
        Index = index;
        Node = node;
        random = new SeededStream(loop.Seed, $"host-{index}");
        Disk = new VirtualDisk(random.Below(int.MaxValue));
        Clock = new HostClock(random.Between(0, TimeSpan.TicksPerDay), (int)random.Between(-100, 100));
        Incarnation = random.NextGuid();
    }

    public int Index { get; }

    public NodeId Node { get; }

    public VirtualDisk Disk { get; private set; }

    public HostClock Clock { get; }

    /// <summary>Of the disk that is in the machine now.</summary>
    public Guid Incarnation { get; private set; }

    /// <summary>The cluster took this disk in after it was formed; a node keeps that on the disk.</summary>
    public bool HasJoined { get; set; }

    /// <summary>The node serves: it has joined the cluster and opened what it has.</summary>
    public bool HasServed => Program is { IsServing: true };

    /// <summary>Taken out of service by the operator: nothing starts it until it is put to use again.</summary>
    public bool IsRetired { get; private set; }

    public SimulatedProcess? Process { get; private set; }

    public INodeProgram? Program { get; private set; }

    public int Boots { get; private set; }

    /// <summary>Disks that were replaced.</summary>
    public int Wipes { get; private set; }

    /// <summary>A stop was asked for and is not over.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>All machines of the world, this one among them.</summary>
    public IReadOnlyList<SimulatedHost> Neighbours { get; set; } = [];

    /// <summary>Told when the disk is replaced.</summary>
    public Action<int>? Wiped { get; set; }

    public bool IsUp => Process is { IsAlive: true };

    /// <summary>The next start is to have this delay of turns, in ticks: how slow the disk is.</summary>
    public long TurnDelay { get; set; } = TimeSpan.TicksPerMillisecond / 2;

    /// <summary>Starts a process on what the disk holds.</summary>
    public void Boot()
    {
        if (IsUp || IsRetired)
        {
            return;
        }

        Boots++;
        IsStopping = false;
        SimulatedProcess process = new(loop, Index, $"{Node}#{Boots}", Clock);
        process.Turns.MaxDelay = TurnDelay;
        process.HasDied = () => Disk.CrashAtOperation is { } at && Disk.Operations >= at;
        Process = process;
        loop.Trace.Add(loop.Now, "boot", Index, Boots);
        process.Start(() => RunAsync(process), "start");
    }

    /// <summary>Asks the process to stop as an operator does; <paramref name="stopped"/> is told when it is gone, by itself or by a crash inside the stop.</summary>
    public void Stop(CrashMode afterwards, Action stopped)
    {
        if (Process is not { } process || IsStopping || Program is not { IsServing: true } program)
        {
            return;
        }

        IsStopping = true;
        loop.Trace.Add(loop.Now, "stop", Index, (long)afterwards);
        process.Start(() => StopAsync(process, program, afterwards, stopped), "stop");
    }

    /// <summary>Ends the process now. Any mode but KeepAll takes the power with it, and what was not flushed.</summary>
    public void Crash(CrashMode mode)
    {
        if (Process is not { } process)
        {
            return;
        }

        loop.Trace.Add(loop.Now, "crash", Index, (long)mode, 0, mode);
        process.Kill();
        network.Detach(process, mode != CrashMode.KeepAll);
        Program?.Forget();
        Program = null;
        Process = null;
        IsStopping = false;
        Disk.Crash(mode);
    }

    /// <summary>A new, empty disk: the node comes back as another incarnation. The process is down.</summary>
    public void Wipe()
    {
        Invariant.Check(!IsUp, "a disk is replaced while the machine is off");
        Disk = new VirtualDisk(random.Below(int.MaxValue));
        Incarnation = random.NextGuid();
        HasJoined = false;
        Wipes++;
        loop.Trace.Add(loop.Now, "wipe", Index, Wipes);
        Wiped?.Invoke(Index);
    }

    public void Retire() => IsRetired = true;

    public void PutToUse() => IsRetired = false;

    public void SlowDown(long turnDelay)
    {
        TurnDelay = turnDelay;
        if (Process is { } process)
        {
            process.Turns.MaxDelay = turnDelay;
        }
    }

    private async Task RunAsync(SimulatedProcess process)
    {
        SimulatedPeerTransport transport = network.Attach(process, Node, Incarnation);
        NodeLaunch launch = new()
        {
            Host = this,
            Process = process,
            Data = Disk.Root,
            Peers = transport,
            Hosts = Neighbours,
            Random = new SeededStream(loop.Seed, $"host-{Index}-life-{Boots}"),
        };
        INodeProgram program = compose(launch);
        Program = program;
        try
        {
            await program.StartAsync();
        }
        catch (IOException failure)
        {
            // A server that cannot open its data exits; somebody starts it again later.
            loop.Trace.Add(loop.Now, "exit", Index, 0, 0, failure.GetType().Name);
            loop.Schedule(0, null, "exit", _ => Exit(process, CrashMode.KeepAll), null);
        }
    }

    private async Task StopAsync(SimulatedProcess process, INodeProgram program, CrashMode afterwards, Action stopped)
    {
        try
        {
            await program.StopAsync();
        }
        catch (IOException failure)
        {
            loop.Trace.Add(loop.Now, "exit", Index, 0, 0, failure.GetType().Name);
            afterwards = CrashMode.KeepAll;
        }

        loop.Schedule(
            0,
            null,
            "stopped",
            _ =>
            {
                if (ReferenceEquals(process, Process))
                {
                    Exit(process, afterwards);
                    stopped();
                }
            },
            null);
    }

    private void Exit(SimulatedProcess process, CrashMode mode)
    {
        if (ReferenceEquals(process, Process))
        {
            Crash(mode);
        }
    }
}
