using GoQueue.Chaos.Networks;

namespace GoQueue.Chaos.Nemesis;

/// <summary>Packets on some ways vanish (or are answered with a reset). A way to the clients is cut at its other end: what the node sends is lost because the client's side never answers.</summary>
internal sealed class Partition(TestBed bed, Random random, Cut cut, Func<IReadOnlyList<string>, IEnumerable<Way>> pattern) : LinkFault(bed, random, pattern)
{
    private readonly List<Way> made = [];

    protected override async Task HappenAsync(CancellationToken cancellationToken)
    {
        foreach (Way way in Ways.Where(way => way.To != Way.Clients))
        {
            await Bed.Cuts.CutAsync(cut, AddressOf(way.From), way.To);
            made.Add(way);
        }
    }

    public override async Task<string?> VerifyEffectAsync(CancellationToken cancellationToken)
    {
        foreach (Way way in made)
        {
            Reached reached = await TryAsync(way);
            if (reached == Reached.Connected)
            {
                return $"{way} still connects";
            }

            if (cut == Cut.Drop && reached == Reached.Refused)
            {
                return $"{way} is refused, not silent";
            }

            if (await Bed.Cuts.CaughtAsync(cut, way.To) == 0)
            {
                return $"the rule at {way.To} has caught nothing";
            }
        }

        return null;
    }

    public override async Task EndAsync(CancellationToken cancellationToken)
    {
        foreach (Way way in made)
        {
            await Bed.Cuts.HealAsync(cut, AddressOf(way.From), way.To);
        }
    }
}
