using GoQueue.Harness.Clusters;

namespace GoQueue.Chaos.Nemesis;

/// <summary>A fault of some nodes, which nobody else touches meanwhile.</summary>
internal abstract class NodeFault(TestBed bed, Random random, int count) : Fault
{
    private IReadOnlyList<Ground> victims = [];

    protected TestBed Bed => bed;

    protected Random Random => random;

    protected IReadOnlyList<Ground> Victims => victims;

    public sealed override async Task BeginAsync(CancellationToken cancellationToken)
    {
        victims = Choose();
        Target = string.Join(", ", victims.Select(victim => victim.Node.Id));
        foreach (Ground victim in victims.Where(victim => !victim.Node.IsRunning))
        {
            bed.FoundDown(victim.Node);
        }

        await HappenAsync(cancellationToken);
    }

    public sealed override async Task EndAsync(CancellationToken cancellationToken)
    {
        if (victims.Count > 0)
        {
            try
            {
                await HealAsync(cancellationToken);
            }
            finally
            {
                bed.Release(victims);
            }
        }
    }

    protected virtual IReadOnlyList<Ground> Choose() => bed.Take(random, count);

    protected abstract Task HappenAsync(CancellationToken cancellationToken);

    protected abstract Task HealAsync(CancellationToken cancellationToken);

    /// <summary>Starts what does not run; whether it becomes ready is seen at the end of the run, as another fault may stand in its way now.</summary>
    protected static void Launch(Node node)
    {
        if (!node.IsRunning)
        {
            node.Launch();
        }
    }
}
