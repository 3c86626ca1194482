using GoQueue.Chaos.Machine;
using GoQueue.Chaos.Networks;

namespace GoQueue.Chaos.Nemesis;

/// <summary>The table of faults.</summary>
internal static class Catalogue
{
    // Below, at and above the time-outs of the product: heartbeats every 0.2 s, a silent link after 1 s, a node fenced after 3 s.
    private static readonly (double Least, double Most) Short = (2, 8);
    private static readonly (double Least, double Most) Usual = (4, 14);
    private static readonly (double Least, double Most) Long = (10, 18);

    public static IReadOnlyList<FaultKind> All { get; } =
    [
        new("kill-one", "SIGKILL of one node", Grip.SomeNodes, Short, (bed, random) => new Kill(bed, random, 1)) { Hooks = ("kill", "start") },
        new("kill-minority", "SIGKILL of a minority at once", Grip.SomeNodes, Short, (bed, random) => new Kill(bed, random, Minority(bed.Grounds.Count))) { Nodes = 5, Takes = Minority },
        new("kill-majority", "SIGKILL of a majority at once", Grip.SomeNodes, Short, (bed, random) => new Kill(bed, random, Majority(bed.Grounds.Count))) { Takes = Majority },
        new("kill-all", "SIGKILL of all nodes at once", Grip.AllNodes, Short, (bed, random) => new Kill(bed, random, bed.Grounds.Count)),
        new("pause-one", "SIGSTOP of one node", Grip.SomeNodes, (0.3, 15), (bed, random) => new Pause(bed, random, 1)) { Hooks = ("pause", "resume") },
        new("pause-majority", "SIGSTOP of a majority at once", Grip.SomeNodes, (0.3, 10), (bed, random) => new Pause(bed, random, Majority(bed.Grounds.Count))) { Takes = Majority },
        new("pause-all", "SIGSTOP of all nodes at once", Grip.AllNodes, (0.3, 8), (bed, random) => new Pause(bed, random, bed.Grounds.Count)),
        new("rolling-restart", "SIGTERM and restart of one node after the other", Grip.AllNodes, (15, 25), (bed, random) => new RollingRestart(bed, random)),

        new("power-one", "power loss of one node: what was not flushed is gone", Grip.SomeNodes, Short, (bed, random) => new PowerLoss(bed, random, 1)) { Needs = Needs.Disk },
        new("power-all", "power loss of all nodes at once", Grip.AllNodes, Short, (bed, random) => new PowerLoss(bed, random, bed.Grounds.Count)) { Needs = Needs.Disk },
        new("disk-full", "no room on the disk of a node", Grip.SomeNodes, Usual, (bed, random) => new FullDisk(bed, random)) { Needs = Needs.Disk },
        new("disk-slow", "a disk that takes 64 KiB a second", Grip.SomeNodes, Usual, (bed, random) => new SlowDisk(bed, random)) { Needs = Needs.Disk | Needs.Groups },
        new("disk-error", "every write, flush and read of a disk fails with EIO", Grip.SomeNodes, Short, (bed, random) => new DiskError(bed, random)) { Needs = Needs.Disk },
        new("disk-wiped", "a node comes back with an empty disk", Grip.DamagedNode, Short, (bed, random) => new WipedDisk(bed, random)),
        new("disk-old", "the disk of an earlier life of a node comes back", Grip.DamagedNode, Long, (bed, random) => new OldDisk(bed, random)),

        .. DamageKinds(),

        new("cut-one", "one node cut off from the others", Grip.Loose, Usual, Cut(Patterns.Single)) { Needs = Needs.Network, Hooks = ("cut", "heal") },
        new("cut-halves", "two halves cut off from each other", Grip.Loose, Usual, Cut(Patterns.Halves)) { Needs = Needs.Network, Nodes = 5 },
        new("cut-bridge", "two halves that see each other through one node only", Grip.Loose, Usual, Cut(Patterns.Bridge)) { Needs = Needs.Network },
        new("cut-ring", "every node hears a majority, each another one", Grip.Loose, Usual, Cut(Patterns.MajorityRing)) { Needs = Needs.Network },
        new("cut-one-way", "one link, one way", Grip.Loose, Usual, Cut(Patterns.OneWay)) { Needs = Needs.Network },
        new("cut-mute", "a node hears all and is heard by nobody", Grip.Loose, Usual, Cut(Patterns.Mute)) { Needs = Needs.Network },
        new("cut-deaf", "a node is heard by all and hears nobody", Grip.Loose, Usual, Cut(Patterns.Deaf)) { Needs = Needs.Network },
        new("cut-clients", "the clients cut off from a node", Grip.Loose, Usual, Cut(Patterns.ClientsOnly)) { Needs = Needs.Network },
        new("reset-one", "connections of a node with the others are reset", Grip.Loose, Usual, (bed, random) => new Partition(bed, random, Networks.Cut.Reset, Patterns.Single)) { Needs = Needs.Network },
        new("flapping", "a node cut off and connected in turn", Grip.Loose, Long, (bed, random) => new Flapping(bed, random, Networks.Cut.Drop)) { Needs = Needs.Network },
        new("flapping-resets", "the same, by resets", Grip.Loose, Long, (bed, random) => new Flapping(bed, random, Networks.Cut.Reset)) { Needs = Needs.Network },
        new("link-narrow", "400 kbit/s for what a node sends", Grip.Bandwidth, Usual, (bed, random) => new SlowLink(bed, random)) { Needs = Needs.Network | Needs.Rates },
        new("link-slow", "20 to 400 ms delay each way between a node and the others", Grip.Roads, Usual, (bed, random) => new ProxiedLink(bed, random, draw => new LinkManners { Delay = TimeSpan.FromMilliseconds(draw.Next(20, 400)) })) { Needs = Needs.Network },
        new("link-stalls", "connections of a node stand still for moments and are not closed", Grip.Roads, Long, (bed, random) => new ProxiedLink(bed, random, _ => new LinkManners { IsStalled = true }, TimeSpan.FromSeconds(1.5))) { Needs = Needs.Network },
        new("link-duplicates", "requests arrive, replies are lost, connections are reset: everything is sent again", Grip.Roads, Long, (bed, random) => new ProxiedLink(bed, random, _ => new LinkManners { LoseRepliesAndReset = TimeSpan.FromMilliseconds(150) }, TimeSpan.FromSeconds(1.5))) { Needs = Needs.Network },

        new("clock-jump", "the wall clock of a node jumps by minutes", Grip.Clocks, Usual, (bed, random) => new ClockFault(bed, random, isDrift: false)) { Needs = Needs.Clock },
        new("clock-drift", "the wall clock of a node runs at a third or three times the speed", Grip.Clocks, Long, (bed, random) => new ClockFault(bed, random, isDrift: true)) { Needs = Needs.Clock },
        new("starve-cpu", "a node gets 5 % of a processor", Grip.SomeNodes, Usual, (bed, random) => new StarveProcessor(bed, random)) { Needs = Needs.Groups },
        new("starve-memory", "a node has hardly more memory than it holds", Grip.SomeNodes, Usual, (bed, random) => new StarveMemory(bed, random)) { Needs = Needs.Groups },

        new("storm-leaders", "leaderships handed on all the time", Grip.Loose, Long, (bed, random) => new AdminStorm(bed, random, AdminStorm.Sort.Leaders)) { WorksAttached = true },
        new("storm-controller", "the controller moved all the time", Grip.Loose, Long, (bed, random) => new AdminStorm(bed, random, AdminStorm.Sort.Controller)) { WorksAttached = true },
        new("reassign", "replicas moved between four nodes all the time", Grip.Loose, Long, (bed, random) => new AdminStorm(bed, random, AdminStorm.Sort.Replicas)) { Nodes = 4, WorksAttached = true },
        new("membership", "a node added, another drained and removed, and the reverse", Grip.DamagedNode, (20, 30), (bed, random) => new Membership(bed, random)),

        new("client-kill", "SIGKILL of a client in the middle of a send; another process goes on", Grip.Clients, Short, (bed, random) => new ClientKill(bed, random)) { WorksAttached = true },
        new("client-pause", "SIGSTOP of a client in the middle of a send: a sender and a reader that come back late", Grip.Clients, (0.3, 15), (bed, random) => new ClientPause(bed, random)) { WorksAttached = true },
    ];

    public static FaultKind? Find(string name) => All.FirstOrDefault(kind => kind.Name == name);

    private static int Minority(int nodes) => (nodes - 1) / 2;

    private static int Majority(int nodes) => (nodes / 2) + 1;

    private static IEnumerable<FaultKind> DamageKinds() =>
        from how in new (DamageHow How, string Name, string Title)[] { (DamageHow.FlipBits, "flip", "bits flipped in files"), (DamageHow.Truncate, "truncate", "files cut short"), (DamageHow.Zero, "zero", "zeros in files"), (DamageHow.Swap, "swap", "files with the content of others") }
        from isRunning in new[] { false, true }
        select new FaultKind(
            $"damage-{how.Name}{(isRunning ? "-running" : "")}",
            $"{how.Title} of one node, {(isRunning ? "while it runs" : "while it is down")}",
            Grip.DamagedNode,
            Short,
            (bed, random) => new Damage(bed, random, how.How, isRunning));

    private static Func<TestBed, Random, Fault> Cut(Func<IReadOnlyList<string>, IEnumerable<Way>> pattern) => (bed, random) => new Partition(bed, random, Networks.Cut.Drop, pattern);
}
