namespace GoQueue.History.Linearizability;

/// <summary>Whether there is an order.</summary>
public enum SearchOutcome : byte
{
    Linearizable,
    NotLinearizable,

    /// <summary>The bound on steps, states or open operations was reached.</summary>
    GaveUp,
}

/// <summary>What the search found.</summary>
/// <param name="At">Not linearizable: index of the first operation (in the list given) by whose return no order is left; else -1.</param>
/// <param name="Before">Values the register could have had before it.</param>
public sealed record SearchResult(SearchOutcome Outcome, int At, IReadOnlyList<long> Before);

/// <summary>
/// Is there one order of the operations on one register, each between its call and its return, in which every one finds what it found? The search of Wing and
/// Gong, as Lowe runs it: through the calls and returns in their order, keeping every state the register may be in together with the open operations that have
/// taken effect in it. An operation takes effect only when one must: at a return, by itself or to let the returning one happen. Equal configurations are kept
/// once, so the cost follows the concurrency, not the length.
/// </summary>
public static class RegisterSearch
{
    /// <summary>Open operations at one time, those of unknown outcome among them.</summary>
    private const int MaxOpen = 128;

    private const int MaxConfigurations = 50_000;

    /// <param name="operations">Of one register, in any order.</param>
    /// <param name="initial">Its value before all of them.</param>
    /// <param name="maxSteps">Configurations looked at before giving up.</param>
    public static SearchResult Run(IReadOnlyList<RegisterOperation> operations, long initial = RegisterOperation.Unknown, int maxSteps = 2_000_000)
    {
        List<RegisterOperation> useful = [];
        List<int> numbers = [];
        Func<RegisterOperation, bool> matters = Matters(operations);
        for (int i = 0; i < operations.Count; i++)
        {
            if (matters(operations[i]))
            {
                useful.Add(operations[i]);
                numbers.Add(i);
            }
        }

        return new Search(useful, numbers, initial, maxSteps).Run();
    }

    /// <summary>
    /// An operation of unknown outcome whose value nobody ever found can be left out: in an order with it nothing can stand between it and the next change, so
    /// the order without it is as good. (A refused compare-and-set finds any other value; where there is one, all are kept.)
    /// </summary>
    private static Func<RegisterOperation, bool> Matters(IReadOnlyList<RegisterOperation> operations)
    {
        HashSet<long> found = [];
        bool findsOthers = false;
        foreach (RegisterOperation operation in operations)
        {
            findsOthers |= operation.Action == RegisterAction.FindOther;
            if (operation.Action == RegisterAction.Read && operation.IsCertain)
            {
                found.Add(operation.Value);
            }
            else if (operation.Action == RegisterAction.CompareAndSet)
            {
                found.Add(operation.Expected);
            }
        }

        return operation => operation.IsCertain
            || (operation.Action is RegisterAction.Write or RegisterAction.CompareAndSet && (findsOthers || found.Contains(operation.Value)));
    }

    private readonly record struct Configuration(long State, UInt128 Done);

    private sealed class Search(List<RegisterOperation> operations, List<int> numbers, long initial, int maxSteps)
    {
        private readonly int[] slots = new int[MaxOpen];
        private readonly List<int> open = [];
        private readonly Dictionary<int, int> slotOf = [];
        private HashSet<Configuration> configurations = [new(initial, 0)];
        private UInt128 used;
        private int steps;

        public SearchResult Run()
        {
            foreach ((int operation, bool isCall) in Edges())
            {
                if (isCall)
                {
                    if (!TryOpen(operation))
                    {
                        return new SearchResult(SearchOutcome.GaveUp, -1, []);
                    }

                    continue;
                }

                IReadOnlyList<long> before = [.. configurations.Select(static configuration => configuration.State).Distinct().Order().Take(8)];
                switch (TryReturn(operation))
                {
                    case SearchOutcome.NotLinearizable:
                        return new SearchResult(SearchOutcome.NotLinearizable, numbers[operation], before);
                    case SearchOutcome.GaveUp:
                        return new SearchResult(SearchOutcome.GaveUp, -1, []);
                    default:
                        break;
                }
            }

            return new SearchResult(SearchOutcome.Linearizable, -1, []);
        }

        private IEnumerable<(int Operation, bool IsCall)> Edges()
        {
            List<(long At, int Order, int Operation, bool IsCall)> edges = [];
            for (int i = 0; i < operations.Count; i++)
            {
                edges.Add((operations[i].Call, 0, i, true));
                if (operations[i].IsCertain)
                {
                    edges.Add((operations[i].Return, 1, i, false));
                }
            }

            edges.Sort();
            return edges.Select(static edge => (edge.Operation, edge.IsCall));
        }

        private bool TryOpen(int operation)
        {
            int slot = 0;
            while (slot < MaxOpen && (used >> slot & 1) != 0)
            {
                slot++;
            }

            if (slot == MaxOpen)
            {
                return false;
            }

            used |= UInt128.One << slot;
            slots[slot] = operation;
            slotOf[operation] = slot;
            open.Add(slot);
            return true;
        }

        /// <summary>Every configuration must have the operation done from now on.</summary>
        private SearchOutcome TryReturn(int operation)
        {
            int slot = slotOf[operation];
            UInt128 bit = UInt128.One << slot;
            HashSet<Configuration> kept = [];
            HashSet<Configuration> visited = [];
            Stack<Configuration> left = new(configurations);
            while (left.TryPop(out Configuration configuration))
            {
                if ((configuration.Done & bit) != 0)
                {
                    kept.Add(configuration with { Done = configuration.Done & ~bit });
                    continue;
                }

                if (!visited.Add(configuration))
                {
                    continue;
                }

                if (++steps > maxSteps || kept.Count + visited.Count > MaxConfigurations)
                {
                    return SearchOutcome.GaveUp;
                }

                foreach (int candidate in open)
                {
                    UInt128 mark = UInt128.One << candidate;
                    if ((configuration.Done & mark) == 0 && IsFirstOfItsKind(candidate, configuration.Done) && operations[slots[candidate]].TryApply(configuration.State, out long next))
                    {
                        left.Push(new Configuration(next, configuration.Done | mark));
                    }
                }
            }

            configurations = kept;
            Close(slot);
            FreeWhatIsDoneEverywhere();
            return kept.Count > 0 ? SearchOutcome.Linearizable : SearchOutcome.NotLinearizable;
        }

        /// <summary>Equal operations of unknown outcome are interchangeable: only the one called first is tried. Without this a dozen of them would be 2^12 states.</summary>
        private bool IsFirstOfItsKind(int slot, UInt128 done)
        {
            RegisterOperation operation = operations[slots[slot]];
            if (operation.IsCertain)
            {
                return true;
            }

            foreach (int other in open)
            {
                if (other == slot)
                {
                    return true;
                }

                RegisterOperation earlier = operations[slots[other]];
                if ((done >> other & 1) == 0 && !earlier.IsCertain && earlier.Action == operation.Action && earlier.Value == operation.Value && earlier.Expected == operation.Expected)
                {
                    return false;
                }
            }

            return true;
        }

        private void Close(int slot)
        {
            open.Remove(slot);
            used &= ~(UInt128.One << slot);
        }

        private void FreeWhatIsDoneEverywhere()
        {
            UInt128 everywhere = UInt128.MaxValue;
            foreach (Configuration configuration in configurations)
            {
                everywhere &= configuration.Done;
            }

            if (everywhere == 0 || configurations.Count == 0)
            {
                return;
            }

            foreach (int slot in open.ToList())
            {
                if ((everywhere >> slot & 1) != 0 && !operations[slots[slot]].IsCertain)
                {
                    Close(slot);
                }
            }

            UInt128 keep = ~everywhere;
            foreach (int slot in open)
            {
                keep |= UInt128.One << slot;
            }

            configurations = [.. configurations.Select(configuration => configuration with { Done = configuration.Done & keep })];
        }
    }
}
