using GoQueue.Chaos.Machine;

namespace GoQueue.Chaos.Nemesis;

/// <summary>What a fault takes for itself; decides which two can happen at once.</summary>
internal enum Grip
{
    /// <summary>Nothing: it goes with everything.</summary>
    Loose,

    /// <summary>Some nodes, which no other fault has then.</summary>
    SomeNodes,

    /// <summary>All nodes.</summary>
    AllNodes,

    /// <summary>The one node whose files may be damaged.</summary>
    DamagedNode,

    /// <summary>The roads between nodes.</summary>
    Roads,

    /// <summary>The bandwidth of links.</summary>
    Bandwidth,

    /// <summary>Clocks.</summary>
    Clocks,

    /// <summary>A client process.</summary>
    Clients,
}

/// <summary>One row of the table of faults.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Title">What happens, in words.</param>
/// <param name="Seconds">How long it lasts, at least and at most.</param>
internal sealed record FaultKind(string Name, string Title, Grip Grip, (double Least, double Most) Seconds, Func<TestBed, Random, Fault> Make)
{
    public Needs Needs { get; init; }

    /// <summary>Nodes that the cluster must have for it to make sense.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>How many nodes of a cluster it takes for itself.</summary>
    public Func<int, int> Takes { get; init; } = static _ => 1;

    /// <summary>The hooks of an attached cluster that it can be made of; null: none.</summary>
    public (string Begin, string End)? Hooks { get; init; }

    /// <summary>It only asks the cluster to do something, or happens to our own clients, so that it works on an attached one as it is.</summary>
    public bool WorksAttached { get; init; }

    /// <summary>The same fault for an attached cluster; null when it is not possible there.</summary>
    public FaultKind? Attached(IReadOnlyDictionary<string, string> hooks, int nodes)
    {
        if (WorksAttached && Nodes <= nodes)
        {
            return this;
        }

        return Hooks is { } deeds && hooks.TryGetValue(deeds.Begin, out string? begin) && hooks.TryGetValue(deeds.End, out string? end)
            ? this with { Needs = Needs.Nothing, Grip = Grip.SomeNodes, Make = (bed, random) => new HookFault(bed, random, begin, end) }
            : null;
    }

    /// <summary>Whether both can happen at once.</summary>
    public bool GoesWith(FaultKind other) => (Grip, other.Grip) switch
    {
        (Grip.Loose, _) or (_, Grip.Loose) => true,
        (Grip.SomeNodes, Grip.SomeNodes or Grip.DamagedNode) or (Grip.DamagedNode, Grip.SomeNodes) => HasRoomFor(other, Math.Max(Nodes, other.Nodes)),
        (Grip.AllNodes, Grip.SomeNodes or Grip.AllNodes or Grip.DamagedNode) => false,
        (Grip.SomeNodes or Grip.DamagedNode, Grip.AllNodes) => false,
        _ => Grip != other.Grip,
    };

    private bool HasRoomFor(FaultKind other, int nodes) => Takes(nodes) + other.Takes(nodes) <= nodes;
}
