using GoQueue.History.Linearizability;
using static GoQueue.History.Linearizability.RegisterAction;

namespace GoQueue.History.Tests.Linearizability;

public sealed class RegisterSearchTests
{
    /// <summary>
    /// Goal: the search says what trying every order says. Method: 60,000 random histories of up to six operations on one register, of which about half have an order.
    /// </summary>
    [Fact]
    public void The_search_agrees_with_trying_every_order()
    {
        Random random = new(4711);
        int linearizable = 0;
        const int histories = 60_000;
        for (int i = 0; i < histories; i++)
        {
            RegisterOperation[] operations = Draw(random);
            bool expected = BruteForce(operations, 0);

            SearchResult found = RegisterSearch.Run(operations, initial: 0);

            Assert.True(
                found.Outcome == (expected ? SearchOutcome.Linearizable : SearchOutcome.NotLinearizable),
                $"history {i} is {(expected ? "" : "not ")}linearizable, the search says {found.Outcome}: {string.Join("; ", operations.Select(static operation => $"{operation} [{operation.Call},{operation.Return}]"))}");
            linearizable += expected ? 1 : 0;
        }

        Assert.InRange(linearizable, histories / 5, histories * 4 / 5);
    }

    [Fact]
    public void The_operation_by_whose_return_no_order_is_left_is_named()
    {
        SearchResult found = RegisterSearch.Run([new(Write, 1, 0, 0, 1), new(Write, 2, 0, 2, 3), new(Read, 1, 0, 4, 5), new(Read, 2, 0, 6, 7)], initial: 0);

        Assert.Equal((SearchOutcome.NotLinearizable, 2), (found.Outcome, found.At));
        Assert.Equal([2L], found.Before);
    }

    [Fact]
    public void A_long_history_of_little_concurrency_costs_little()
    {
        List<RegisterOperation> operations = [];
        for (int i = 0; i < 100_000; i++)
        {
            operations.Add(new RegisterOperation(i % 2 == 0 ? Write : Read, i / 2, 0, 2 * i, (2 * i) + 3));
        }

        Assert.Equal(SearchOutcome.Linearizable, RegisterSearch.Run(operations, maxSteps: 1_000_000).Outcome);
    }

    [Fact]
    public void Many_equal_operations_of_unknown_outcome_are_one_kind()
    {
        List<RegisterOperation> operations = [];
        for (int i = 0; i < 30; i++)
        {
            operations.Add(new RegisterOperation(CompareAndSet, 1, 0, i, RegisterOperation.Never));
            operations.Add(new RegisterOperation(CompareAndSet, 0, 1, i, RegisterOperation.Never));
        }

        for (int i = 0; i < 30; i++)
        {
            operations.Add(new RegisterOperation(Read, i % 2, 0, 100 + (2 * i), 101 + (2 * i)));
        }

        Assert.Equal(SearchOutcome.Linearizable, RegisterSearch.Run(operations, initial: 0).Outcome);
        operations.Add(new RegisterOperation(Read, 7, 0, 500, 501));
        Assert.Equal(SearchOutcome.NotLinearizable, RegisterSearch.Run(operations, initial: 0).Outcome);
    }

    [Fact]
    public void The_search_gives_up_at_its_bound()
    {
        List<RegisterOperation> operations = [.. Enumerable.Range(0, 20).Select(static i => new RegisterOperation(Write, i, 0, 0, 1000 + i))];
        operations.Add(new RegisterOperation(Read, 99, 0, 1, 2000));

        Assert.Equal(SearchOutcome.GaveUp, RegisterSearch.Run(operations, initial: 0, maxSteps: 10_000).Outcome);
        List<RegisterOperation> tooMany = [.. Enumerable.Range(0, 200).Select(static i => new RegisterOperation(Write, i, 0, 0, 1000 + i))];
        Assert.Equal(SearchOutcome.GaveUp, RegisterSearch.Run(tooMany, initial: 0).Outcome);
    }

    private static RegisterOperation[] Draw(Random random)
    {
        int count = random.Next(1, 7);
        int[] moments = [.. Enumerable.Range(0, 2 * count)];
        if (random.Next(3) > 0)
        {
            random.Shuffle(moments);
        }

        RegisterOperation[] operations = new RegisterOperation[count];
        for (int i = 0; i < count; i++)
        {
            int call = Math.Min(moments[2 * i], moments[(2 * i) + 1]);
            int end = Math.Max(moments[2 * i], moments[(2 * i) + 1]);
            operations[i] = new RegisterOperation((RegisterAction)random.Next(4), random.Next(3), random.Next(3), call, random.Next(5) == 0 ? RegisterOperation.Never : end);
        }

        return operations;
    }

    private static bool BruteForce(RegisterOperation[] left, long state)
    {
        if (Array.TrueForAll(left, static operation => !operation.IsCertain))
        {
            return true;
        }

        long firstReturn = left.Min(static operation => operation.Return);
        for (int i = 0; i < left.Length; i++)
        {
            if (left[i].Call > firstReturn)
            {
                continue;
            }

            RegisterOperation[] rest = [.. left[..i], .. left[(i + 1)..]];
            if ((left[i].TryApply(state, out long next) && BruteForce(rest, next)) || (!left[i].IsCertain && BruteForce(rest, state)))
            {
                return true;
            }
        }

        return false;
    }
}
