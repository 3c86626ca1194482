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

    public Guid Incarnation { get; private set; }

    public SimulatedProcess? Process { get; private set; }

    public INodeProgram? Program { get; private set; }

    public int Boots { get; private set; }

    /// <summary>All machines of the world, this one among them.</summary>
    public IReadOnlyList<SimulatedHost> Neighbours { get; set; } = [];

    public bool IsUp => Process is { IsAlive: true };

    /// <summary>The next start is to have this delay of turns, in ticks: how slow the disk is.</summary>
    public long TurnDelay { get; set; } = TimeSpan.TicksPerMillisecond / 2;

    /// <summary>Starts a process on what the disk holds.</summary>
    public void Boot()
    {
        if (IsUp)
        {
            return;
        }

        Boots++;
        SimulatedProcess process = new(loop, Index, $"{Node}#{Boots}", Clock);
        process.Turns.MaxDelay = TurnDelay;
        process.HasDied = () => Disk.CrashAtOperation is { } at && Disk.Operations >= at;
        Process = process;
        loop.Trace.Add(loop.Now, "boot", Index, Boots);
        process.Start(() => RunAsync(process), "start");
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
        Disk.Crash(mode);
    }

    /// <summary>A new, empty disk: the node comes back as another incarnation.</summary>
    public void Wipe()
    {
        Disk = new VirtualDisk(random.Below(int.MaxValue));
        Incarnation = random.NextGuid();
    }

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
            loop.Schedule(0, null, "exit", _ => Exit(process), null);
        }
    }

    private void Exit(SimulatedProcess process)
    {
        if (ReferenceEquals(process, Process))
        {
            Crash(CrashMode.KeepAll);
        }
    }
}
