namespace GoQueue.History.Graphs;

/// <summary>Why one node comes before another.</summary>
[Flags]
internal enum EdgeKinds : byte
{
    None = 0,

    /// <summary>Its message stands before the other's in a partition.</summary>
    WriteWrite = 1,

    /// <summary>The other read its message.</summary>
    WriteRead = 2,

    /// <summary>It had ended before the other began.</summary>
    Time = 4,
}

internal readonly record struct Edge(int From, int To, EdgeKinds Kind);

/// <summary>A directed graph in three arrays; nodes are numbers from 0.</summary>
internal sealed class DependencyGraph
{
    private readonly int[] first;
    private readonly int[] targets;
    private readonly EdgeKinds[] kinds;

    public DependencyGraph(int nodes, IReadOnlyList<Edge> edges)
    {
        Nodes = nodes;
        first = new int[nodes + 1];
        foreach (Edge edge in edges)
        {
            first[edge.From + 1]++;
        }

        for (int i = 0; i < nodes; i++)
        {
            first[i + 1] += first[i];
        }

        targets = new int[edges.Count];
        kinds = new EdgeKinds[edges.Count];
        int[] next = first[..nodes];
        foreach (Edge edge in edges)
        {
            int at = next[edge.From]++;
            targets[at] = edge.To;
            kinds[at] = edge.Kind;
        }
    }

    public int Nodes { get; }

    /// <summary>
    /// Sets of nodes that reach each other over edges of these kinds, of two nodes or more, each ascending (Tarjan's algorithm, with a stack of its own: a
    /// chain of a million transactions must not end the program).
    /// </summary>
    public IReadOnlyList<int[]> Components(EdgeKinds allowed)
    {
        List<int[]> components = [];
        int[] order = new int[Nodes];
        int[] low = new int[Nodes];
        int[] next = first[..Nodes];
        bool[] isOpen = new bool[Nodes];
        Stack<int> open = new();
        Stack<int> path = new();
        int counter = 0;
        for (int root = 0; root < Nodes; root++)
        {
            if (order[root] != 0)
            {
                continue;
            }

            Enter(root);
            while (path.TryPeek(out int node))
            {
                if (next[node] < first[node + 1])
                {
                    int at = next[node]++;
                    if ((kinds[at] & allowed) == 0)
                    {
                        continue;
                    }

                    int target = targets[at];
                    if (order[target] == 0)
                    {
                        Enter(target);
                    }
                    else if (isOpen[target])
                    {
                        low[node] = Math.Min(low[node], order[target]);
                    }

                    continue;
                }

                path.Pop();
                if (path.TryPeek(out int parent))
                {
                    low[parent] = Math.Min(low[parent], low[node]);
                }

                if (low[node] == order[node])
                {
                    Close(node);
                }
            }
        }

        return components;

        void Enter(int node)
        {
            order[node] = low[node] = ++counter;
            isOpen[node] = true;
            open.Push(node);
            path.Push(node);
        }

        void Close(int node)
        {
            List<int> component = [];
            int member;
            do
            {
                member = open.Pop();
                isOpen[member] = false;
                component.Add(member);
            }
            while (member != node);
            if (component.Count > 1)
            {
                component.Sort();
                components.Add([.. component]);
            }
        }
    }

    /// <summary>Edges of these kinds with both ends in the component.</summary>
    public bool HasInside(int[] component, EdgeKinds kind)
    {
        HashSet<int> inside = [.. component];
        foreach (int node in component)
        {
            for (int at = first[node]; at < first[node + 1]; at++)
            {
                if ((kinds[at] & kind) != 0 && inside.Contains(targets[at]))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>A shortest cycle through the component: its edges in their order. Of a large component only the first members are tried as a beginning.</summary>
    public IReadOnlyList<Edge> ShortestCycle(int[] component, EdgeKinds allowed, int maxStarts = 32)
    {
        HashSet<int> inside = [.. component];
        List<Edge> best = [];
        foreach (int start in component.Take(maxStarts))
        {
            List<Edge> cycle = CycleThrough(start, inside, allowed);
            if (best.Count == 0 || (cycle.Count > 0 && cycle.Count < best.Count))
            {
                best = cycle;
            }
        }

        return best;
    }

    private List<Edge> CycleThrough(int start, HashSet<int> inside, EdgeKinds allowed)
    {
        Dictionary<int, Edge> reachedBy = [];
        Queue<int> left = new([start]);
        while (left.TryDequeue(out int node))
        {
            for (int at = first[node]; at < first[node + 1]; at++)
            {
                int target = targets[at];
                if ((kinds[at] & allowed) == 0 || !inside.Contains(target) || !reachedBy.TryAdd(target, new Edge(node, target, kinds[at])))
                {
                    continue;
                }

                if (target == start)
                {
                    return Back(reachedBy, start);
                }

                left.Enqueue(target);
            }
        }

        return [];
    }

    private static List<Edge> Back(Dictionary<int, Edge> reachedBy, int start)
    {
        List<Edge> cycle = [];
        int node = start;
        do
        {
            Edge edge = reachedBy[node];
            cycle.Add(edge);
            node = edge.From;
        }
        while (node != start);
        cycle.Reverse();
        return cycle;
    }
}
