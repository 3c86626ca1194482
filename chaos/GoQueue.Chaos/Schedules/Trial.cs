using GoQueue.Chaos.Nemesis;

namespace GoQueue.Chaos.Schedules;

/// <summary>What of a list of faults happens at a time.</summary>
internal enum Mixing
{
    /// <summary>All of the list in each window: a single fault, or a pair.</summary>
    Together,

    /// <summary>One or two of the list in each window, drawn.</summary>
    Drawn,
}

/// <summary>One cluster from start to verdict: what is to happen to it.</summary>
/// <param name="Name">Name of its folder: <c>kill-one</c>, <c>pair-cut-one+power-all</c>, <c>mix-1</c>.</param>
internal sealed record Trial(string Name, IReadOnlyList<FaultKind> Kinds, Mixing Mixing, TimeSpan Length, int Seed)
{
    /// <summary>Nodes that its faults need.</summary>
    public int Nodes => Kinds.Select(kind => kind.Nodes).DefaultIfEmpty(3).Max();
}
