using System.Globalization;
using GoQueue.Chaos.Nemesis;

namespace GoQueue.Chaos.Schedules;

/// <summary>The trials of a run: each fault alone, pairs, and mixtures, all from one seed.</summary>
internal static class Trials
{
    /// <param name="alone">Faults that each get a trial of their own.</param>
    /// <param name="possible">Faults that pairs and mixtures are drawn from.</param>
    /// <param name="pairs">Pairs to draw.</param>
    /// <param name="mixtures">Trials in which faults of all kinds are drawn for each window.</param>
    /// <param name="length">Of each trial.</param>
    /// <param name="seed">Of the run.</param>
    public static IEnumerable<Trial> Of(IReadOnlyList<FaultKind> alone, IReadOnlyList<FaultKind> possible, int pairs, int mixtures, TimeSpan length, int seed)
    {
        foreach (FaultKind kind in alone)
        {
            yield return new Trial(kind.Name, [kind], Mixing.Together, length, SeedOf(seed, kind.Name));
        }

        Random random = new(seed);
        List<(FaultKind, FaultKind)> all = [.. possible.SelectMany((first, i) => possible.Skip(i + 1).Where(first.GoesWith).Select(second => (first, second)))];
        for (int i = 0; i < pairs && all.Count > 0; i++)
        {
            int at = random.Next(all.Count);
            (FaultKind first, FaultKind second) = all[at];
            all.RemoveAt(at);
            string name = $"pair-{first.Name}+{second.Name}";
            yield return new Trial(name, [first, second], Mixing.Together, length, SeedOf(seed, name));
        }

        for (int i = 1; i <= mixtures; i++)
        {
            string name = "mix-" + i.ToString(CultureInfo.InvariantCulture);
            yield return new Trial(name, possible, Mixing.Drawn, length, SeedOf(seed, name));
        }
    }

    /// <summary>A seed of its own for each trial, so that it is the same whichever others are run with it.</summary>
    private static int SeedOf(int seed, string name)
    {
        uint hash = 2_166_136_261; // FNV-1a: the same in every process
        foreach (char letter in name + ":" + seed.ToString(CultureInfo.InvariantCulture))
        {
            hash = (hash ^ letter) * 16_777_619;
        }

        return (int)(hash & int.MaxValue);
    }
}
