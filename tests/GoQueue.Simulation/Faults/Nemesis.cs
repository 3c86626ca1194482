using GoQueue.Simulation.Hosts;
using GoQueue.Simulation.Network;
using GoQueue.Simulation.World;
using GoQueue.Storage.Directories;

namespace GoQueue.Simulation.Faults;

/// <summary>Brings the faults of a mix upon the hosts and the network, each for a while, until it is told to heal everything.</summary>
internal sealed class Nemesis(SimulationLoop loop, SimulatedNetwork network, IReadOnlyList<SimulatedHost> hosts, FaultMix mix)
{
    private readonly SeededStream random = new(loop.Seed, "faults");
    private readonly List<Action> faults = [];
    private bool isOver;

    /// <summary>Finds disks that may be lost; null where none may.</summary>
    public DiskLoss? DiskLoss { get; init; }

    private int MaxDown => mix.Majority ? hosts.Count : Math.Max(1, (hosts.Count - 1) / 2);

    public void Begin()
    {
        Add(mix.Kill, () => TakeDown(CrashMode.KeepAll));
        Add(mix.PowerLoss, () => TakeDown(random.Coin() ? CrashMode.DropUnflushed : CrashMode.Tear));
        Add(mix.PowerLoss && mix.Majority, AllLosePower);
        Add(mix.CrashInOperation, CrashInOperation);
        Add(mix.Pause, Pause);
        Add(mix.FlushFailure, FailFlush);
        Add(mix.DiskFull, FillDisk);
        Add(mix.SlowDisk, SlowDisk);
        Add(mix.ClockJump, JumpClock);
        if (hosts.Count > 1)
        {
            Add(mix.CutBothWays, () => Cut(isOneWay: false));
            Add(mix.CutOneWay, () => Cut(isOneWay: true));
            Add(mix.CutBothWays, Isolate);
            Add(mix.Reset, () => network.Reset(random.Below(hosts.Count), random.Below(hosts.Count)));
            network.Options.LostPerMillion = mix.LossyNetwork ? 20_000 : 0;
            network.Options.SlowPerMillion = mix.SlowNetwork ? 30_000 : 0;
            network.Options.RefusedPerMillion = mix.FullQueues ? 10_000 : 0;
        }

        Add(mix.OrderlyStop, StopOrderly);
        Add(mix.WipedDisk, LoseDisk);

        if (faults.Count > 0)
        {
            Next();
        }
    }

    /// <summary>Ends every fault: all hosts run, all links carry, all disks have room.</summary>
    public void Heal()
    {
        isOver = true;
        network.IsCalm = true;
        Calm();
        bool isDiskLost = DiskLoss is { HasHappened: true };
        DiskLoss?.End();
        foreach (SimulatedHost host in hosts)
        {
            bool mayHaveStopped = mix.FlushFailure; // a log that stopped says so, and waits for somebody to start the node again
            if (mayHaveStopped && !isDiskLost)
            {
                host.Crash(CrashMode.KeepAll);
            }
            else if (mayHaveStopped)
            {
                // After the loss of a disk is known, because until then it is one fault too many.
                loop.Schedule(
                    (10 + host.Index) * TimeSpan.TicksPerSecond,
                    null,
                    "operator",
                    _ =>
                    {
                        host.Crash(CrashMode.KeepAll);
                        host.Boot();
                    },
                    null);
            }

            host.Boot();
        }
    }

    private void Calm()
    {
        network.HealAll();
        foreach (SimulatedHost host in hosts)
        {
            host.Disk.FailFlush = null;
            host.Disk.CrashAtOperation = null;
            host.Disk.Capacity = long.MaxValue;
            host.SlowDown(TimeSpan.TicksPerMillisecond / 2);
            host.Process?.Resume();
        }
    }

    /// <summary>A host whose process died by a crash inside a disk operation.</summary>
    public void Died(SimulatedProcess process)
    {
        SimulatedHost host = hosts[process.Index];
        host.Crash((CrashMode)random.Below(3));
        RestartLater(host);
    }

    private void Add(bool isIn, Action fault)
    {
        if (isIn)
        {
            faults.Add(fault);
        }
    }

    private void Next() => loop.Schedule(
        random.Between(TimeSpan.TicksPerMillisecond, mix.MaxMillisBetween * TimeSpan.TicksPerMillisecond),
        null,
        "fault",
        _ =>
        {
            if (!isOver)
            {
                if (DiskLoss is not { IsUnderWay: true })
                {
                    RestartStopped();
                    random.Pick(faults)();
                }

                Next();
            }
        },
        null);

    /// <summary>Somebody starts a node again whose process gave up by itself.</summary>
    private void RestartStopped()
    {
        foreach (SimulatedHost host in hosts)
        {
            if (!host.IsUp && random.Below(4) == 0)
            {
                host.Boot();
            }
        }
    }

    private SimulatedHost? PickUp()
    {
        int down = hosts.Count(host => !host.IsUp);
        SimulatedHost host = random.Pick(hosts);
        return host.IsUp && down < MaxDown ? host : null;
    }

    private void TakeDown(CrashMode mode)
    {
        if (PickUp() is { } host)
        {
            host.Crash(mode);
            RestartLater(host);
        }
    }

    private void AllLosePower()
    {
        if (random.Below(3) == 0)
        {
            foreach (SimulatedHost host in hosts)
            {
                host.Crash(random.Coin() ? CrashMode.DropUnflushed : CrashMode.Tear);
                RestartLater(host);
            }
        }
    }

    private void CrashInOperation()
    {
        if (PickUp() is { } host)
        {
            host.Disk.CrashAtOperation = host.Disk.Operations + random.Between(1, 40);
        }
    }

    private void RestartLater(SimulatedHost host) => loop.Schedule(
        random.Between(TimeSpan.TicksPerMillisecond, (random.Coin() ? 200 : 5000) * TimeSpan.TicksPerMillisecond),
        null,
        "restart",
        _ => host.Boot(),
        null);

    private void Pause()
    {
        if (PickUp() is { Process: { IsPaused: false } process })
        {
            process.Pause();
            loop.Trace.Add(loop.Now, "pause", process.Index);
            long time = random.Between(TimeSpan.TicksPerMillisecond, (random.Coin() ? 400 : 8000) * TimeSpan.TicksPerMillisecond);
            loop.Schedule(time, null, "continue", _ => process.Resume(), null);
        }
    }

    /// <summary>One of the next flushes fails. The log concerned stops; the node is started again after a while, as an operator would.</summary>
    private void FailFlush()
    {
        if (PickUp() is { } host)
        {
            host.Disk.FailFlush = host.Disk.Flushes + random.Between(1, 5);
            loop.Schedule(random.Between(TimeSpan.TicksPerMillisecond, 3000 * TimeSpan.TicksPerMillisecond), null, "operator", _ => Replace(host), null);
        }
    }

    private void Replace(SimulatedHost host)
    {
        if (isOver)
        {
            return; // healing has seen to it
        }

        if (DiskLoss is { HasHappened: true })
        {
            loop.Schedule(TimeSpan.TicksPerSecond, null, "operator", _ => Replace(host), null);
            return;
        }

        host.Disk.FailFlush = null;
        if (host.IsUp)
        {
            host.Crash(CrashMode.KeepAll);
            RestartLater(host);
        }
    }

    private void FillDisk()
    {
        SimulatedHost host = random.Pick(hosts);
        long used = long.MaxValue - host.Disk.Root.AvailableBytes;
        if (host.Disk.Capacity == long.MaxValue)
        {
            host.Disk.Capacity = used + random.Below(2000);
            loop.Schedule(random.Between(TimeSpan.TicksPerMillisecond, 3000 * TimeSpan.TicksPerMillisecond), null, "room", _ => host.Disk.Capacity = long.MaxValue, null);
        }
    }

    private void SlowDisk()
    {
        SimulatedHost host = random.Pick(hosts);
        host.SlowDown(random.Between(1, 300) * TimeSpan.TicksPerMillisecond);
        loop.Schedule(
            random.Between(TimeSpan.TicksPerMillisecond, 5000 * TimeSpan.TicksPerMillisecond), null, "fast", _ => host.SlowDown(TimeSpan.TicksPerMillisecond / 2), null);
    }

    /// <summary>After a clean stop everything that counts is on the device: the power may go as well.</summary>
    private void StopOrderly()
    {
        if (PickUp() is { IsStopping: false } host)
        {
            host.Stop((CrashMode)random.Below(3), () => RestartLater(host));
        }
    }

    /// <summary>
    /// A disk is lost for good: a fault that the others must be whole for. So the world calms down first, and other faults go on once the cluster knows of the loss.
    /// </summary>
    private void LoseDisk()
    {
        if (DiskLoss is { } loss && random.Coin())
        {
            loss.Begin(random.Pick(hosts));
            Calm();
            foreach (SimulatedHost host in hosts)
            {
                host.Boot();
            }

            AwaitLoss(loss, loop.Now + (8 * TimeSpan.TicksPerSecond));
        }
    }

    private void AwaitLoss(DiskLoss loss, long deadline) => loop.Schedule(
        20 * TimeSpan.TicksPerMillisecond,
        null,
        "disk-loss",
        _ =>
        {
            if (isOver || (loop.Now > deadline && !loss.HasHappened))
            {
                loss.End();
            }
            else if (loss.MayHappen())
            {
                SimulatedHost victim = loss.Victim!;
                loss.Happen(random.Coin() ? CrashMode.KeepAll : CrashMode.DropUnflushed);
                RestartLater(victim);
                int other = (victim.Index + 1 + random.Below(hosts.Count - 1)) % hosts.Count;
                if (random.Coin())
                {
                    // It comes back and registers, and one of the others knows that and has not heard of it: what its old disk proved there counts no more (R6).
                    CutFor(victim.Index, other, isOneWay: false, random.Between(2, 10) * TimeSpan.TicksPerSecond);
                }
            }

            if (loss.IsUnderWay && loss.IsKnown())
            {
                loss.End();
            }

            if (loss.IsUnderWay)
            {
                AwaitLoss(loss, deadline);
            }
        },
        null);

    private void JumpClock()
    {
        SimulatedHost host = random.Pick(hosts);
        host.Clock.JumpWall(TimeSpan.FromMilliseconds(random.Between(-3_600_000, 3_600_000)));
        host.Clock.DriftWall(loop.Now, (int)random.Between(-50_000, 50_000));
    }

    private void Cut(bool isOneWay)
    {
        int from = random.Below(hosts.Count);
        int to = random.Below(hosts.Count);
        if (from != to)
        {
            CutFor(from, to, isOneWay, Duration());
        }
    }

    private void Isolate()
    {
        int alone = random.Below(hosts.Count);
        long time = Duration();
        bool isOneWay = mix.CutOneWay && random.Coin();
        bool isDeaf = random.Coin();
        for (int other = 0; other < hosts.Count; other++)
        {
            if (other != alone)
            {
                CutFor(isDeaf ? other : alone, isDeaf ? alone : other, isOneWay, time);
            }
        }
    }

    /// <summary>Cuts a host off from all others for a while, unless a disk is being lost or all is over.</summary>
    public void Isolate(int alone, long time)
    {
        for (int other = 0; other < hosts.Count && !isOver && DiskLoss is not { IsUnderWay: true }; other++)
        {
            if (other != alone)
            {
                CutFor(alone, other, isOneWay: false, time);
            }
        }
    }

    private void CutFor(int from, int to, bool isOneWay, long time)
    {
        network.Cut(from, to);
        if (!isOneWay)
        {
            network.Cut(to, from);
        }

        loop.Schedule(
            time,
            null,
            "heal",
            _ =>
            {
                network.Heal(from, to);
                network.Heal(to, from);
            },
            null);
    }

    private long Duration() => random.Between(TimeSpan.TicksPerMillisecond, (random.Coin() ? 500 : 8000) * TimeSpan.TicksPerMillisecond);
}
