using GoQueue.History.Checking.Facts;
using GoQueue.History.Events;
using GoQueue.History.Graphs;

namespace GoQueue.History.Checking.Transactions;

/// <summary>
/// T1 and T4: cycles of dependencies between transactions. Edges: order of writes in a partition (by offsets), who read from whom, and time (one had ended before
/// the other began, which holds for one process too). A read that did not see a later write proves no order: polls end where they like. So there are no edges from
/// readers to later writers.
/// </summary>
internal sealed class CycleCheck(CheckContext context) : Check(context)
{
    private List<TransactionFacts> All => Context.Transactions.All;

    public override void Finish()
    {
        if (All.Count < 2)
        {
            return;
        }

        DependencyGraph graph = Build();
        HashSet<int> reported = [];
        foreach (int[] component in graph.Components(EdgeKinds.WriteRead | EdgeKinds.Time))
        {
            reported.UnionWith(component);
            Report(graph, component, EdgeKinds.WriteRead | EdgeKinds.Time, "T4", AnomalyLevel.Error);
        }

        foreach (int[] component in graph.Components(EdgeKinds.WriteRead | EdgeKinds.Time | EdgeKinds.WriteWrite))
        {
            if (!component.Any(reported.Contains))
            {
                bool hasReads = graph.HasInside(component, EdgeKinds.WriteRead);
                Report(graph, component, EdgeKinds.WriteRead | EdgeKinds.Time | EdgeKinds.WriteWrite, hasReads ? "T4" : "T1", AnomalyLevel.Information);
            }
        }
    }

    /// <summary>Nodes below the count of transactions are these; above it are moments between which time passes, so that time costs two edges a transaction.</summary>
    private DependencyGraph Build()
    {
        List<Edge> edges = [];
        AddWrites(edges);
        for (int reader = 0; reader < All.Count; reader++)
        {
            foreach (int message in All[reader].Reads)
            {
                int writer = Context.Messages[message].Transaction;
                if (writer >= 0 && writer != reader && All[writer].MayBeCommitted && All[reader].MayBeCommitted)
                {
                    edges.Add(new Edge(writer, reader, EdgeKinds.WriteRead));
                }
            }
        }

        return new DependencyGraph(All.Count + AddTime(edges), edges);
    }

    private void AddWrites(List<Edge> edges)
    {
        for (int partition = 0; partition < Context.Partitions.Count; partition++)
        {
            int last = -1;
            foreach ((long _, int slot) in Context.Partitions[partition].MessageAt.Entries())
            {
                int writer = Context.Messages[slot - 1].Transaction;
                if (writer < 0 || !All[writer].MayBeCommitted || !Context.Messages[slot - 1].Has(MessageMarks.SeenCommitted))
                {
                    continue;
                }

                if (last >= 0 && last != writer)
                {
                    edges.Add(new Edge(last, writer, EdgeKinds.WriteWrite));
                }

                last = writer;
            }
        }
    }

    private int AddTime(List<Edge> edges)
    {
        List<(long Event, int Transaction, bool IsEnd)> moments = [];
        for (int i = 0; i < All.Count; i++)
        {
            if (All[i].MayBeCommitted)
            {
                moments.Add((All[i].InvokeEvent, i, false));
                if (All[i] is { Outcome: EventType.Ok, EndEvent: >= 0 })
                {
                    moments.Add((All[i].EndEvent, i, true));
                }
            }
        }

        moments.Sort();
        int nodes = 0;
        foreach ((long _, int transaction, bool isEnd) in moments)
        {
            if (isEnd)
            {
                int moment = All.Count + nodes++;
                edges.Add(new Edge(transaction, moment, EdgeKinds.Time));
                if (nodes > 1)
                {
                    edges.Add(new Edge(moment - 1, moment, EdgeKinds.Time));
                }
            }
            else if (nodes > 0)
            {
                edges.Add(new Edge(All.Count + nodes - 1, transaction, EdgeKinds.Time));
            }
        }

        return nodes;
    }

    private void Report(DependencyGraph graph, int[] component, EdgeKinds allowed, string id, AnomalyLevel level)
    {
        IReadOnlyList<Edge> cycle = graph.ShortestCycle(component, allowed);
        List<long> events = [];
        List<string> words = [];
        foreach (Edge edge in cycle)
        {
            if (edge.From < All.Count)
            {
                events.Add(All[edge.From].InvokeEvent);
                words.Add($"{Context.Transactions.Producers[All[edge.From].Producer]} at event {All[edge.From].InvokeEvent} {Words(edge.Kind)}");
            }
        }

        Report(id, $"a cycle: {string.Join(" ", words)} the first", [.. events], level: level);
    }

    private static string Words(EdgeKinds kind) => kind switch
    {
        EdgeKinds.WriteRead => "was read by",
        EdgeKinds.WriteWrite => "wrote before",
        _ => "had ended before",
    };
}
