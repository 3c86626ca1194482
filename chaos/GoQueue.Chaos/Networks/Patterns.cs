namespace GoQueue.Chaos.Networks;

/// <summary>Shapes of partitions: which ways are cut, for nodes in some order.</summary>
internal static class Patterns
{
    /// <summary>The first node from all others, both ways.</summary>
    public static IEnumerable<Way> Single(IReadOnlyList<string> nodes) => nodes.Skip(1).SelectMany(other => Both(nodes[0], other));

    /// <summary>The first half (the smaller one) from the second.</summary>
    public static IEnumerable<Way> Halves(IReadOnlyList<string> nodes) =>
        nodes.Take(nodes.Count / 2).SelectMany(one => nodes.Skip(nodes.Count / 2).SelectMany(other => Both(one, other)));

    /// <summary>Two halves that see each other only through the last node.</summary>
    public static IEnumerable<Way> Bridge(IReadOnlyList<string> nodes)
    {
        string[] rest = [.. nodes.SkipLast(1)];
        return rest.Take(rest.Length / 2).SelectMany(one => rest.Skip(rest.Length / 2).SelectMany(other => Both(one, other)));
    }

    /// <summary>Every node hears a majority, and no two hear the same one: each hears itself and those right behind it in a ring.</summary>
    public static IEnumerable<Way> MajorityRing(IReadOnlyList<string> nodes)
    {
        int heard = nodes.Count / 2; // besides itself
        for (int to = 0; to < nodes.Count; to++)
        {
            for (int step = heard + 1; step < nodes.Count; step++)
            {
                yield return new Way(nodes[(to + step) % nodes.Count], nodes[to]);
            }
        }
    }

    /// <summary>The first node is heard by nobody and hears all.</summary>
    public static IEnumerable<Way> Mute(IReadOnlyList<string> nodes) => nodes.Skip(1).Select(other => new Way(nodes[0], other));

    /// <summary>The first node hears nobody and is heard by all.</summary>
    public static IEnumerable<Way> Deaf(IReadOnlyList<string> nodes) => nodes.Skip(1).Select(other => new Way(other, nodes[0]));

    /// <summary>One link, one way.</summary>
    public static IEnumerable<Way> OneWay(IReadOnlyList<string> nodes) => [new Way(nodes[0], nodes[1])];

    /// <summary>The clients from the first node; the nodes see each other.</summary>
    public static IEnumerable<Way> ClientsOnly(IReadOnlyList<string> nodes) => Both(Way.Clients, nodes[0]);

    private static IEnumerable<Way> Both(string one, string other) => [new Way(one, other), new Way(other, one)];
}
