using System.Diagnostics;

namespace GoQueue.Chaos.Nemesis;

/// <summary>
/// Files of a node are damaged, while it is down or while it runs. Always the same node in a run, so that no partition is damaged on a majority. A node that cannot
/// go on with them is given an empty disk at the end, as its operator would do.
/// </summary>
internal sealed class Damage(TestBed bed, Random random, DamageHow how, bool isRunning) : NodeFault(bed, random, 1)
{
    private const int MostFiles = 2;
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan FilePatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    private readonly List<string> damaged = [];
    private readonly List<string> unchanged = [];

    private string Data => Victims[0].Node.Data;

    protected override IReadOnlyList<Ground> Choose() => [Bed.Take(Bed.DamagedNode)];

    protected override async Task HappenAsync(CancellationToken cancellationToken)
    {
        // A node that was given an empty disk a moment ago has nothing yet.
        await DataFiles.AreThereAsync(Data, DamageWhat.Segments, cancellationToken);
        if (!isRunning)
        {
            await Victims[0].Node.KillAsync();
        }

        long began = Stopwatch.GetTimestamp();
        while (!Spoil() && Stopwatch.GetElapsedTime(began) < FilePatience)
        {
            await Task.Delay(LookAgain, cancellationToken);
        }

        Target = $"{Victims[0].Node.Id}: {string.Join(", ", damaged)}";
        if (damaged.Count == 0)
        {
            throw new NothingLeftException($"no file of {Victims[0].Node.Id} could be changed this way ({string.Join(", ", unchanged.Distinct())})");
        }
    }

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken) =>
        Task.FromResult(damaged.Count > 0 ? null : $"no file of {Victims[0].Node.Id} was changed ({string.Join(", ", unchanged.Distinct())})");

    protected override async Task HealAsync(CancellationToken cancellationToken)
    {
        bool isUp = Victims[0].Node.IsRunning;
        if (!isUp)
        {
            Launch(Victims[0].Node);
            isUp = await Victims[0].Node.BecomesReadyAsync(StartPatience, cancellationToken);
        }

        if (!isUp)
        {
            Bed.Note($"{Victims[0].Node.Id} did not start on its damaged files; it gets an empty disk");
            await WipedDisk.ReplaceAsync(Victims[0].Node);
            Launch(Victims[0].Node);
        }
    }

    /// <summary>One file each of one or two sorts, whichever can be changed; says whether any was.</summary>
    private bool Spoil()
    {
        DamageWhat[] sorts = Enum.GetValues<DamageWhat>();
        Random.Shuffle(sorts);
        foreach (DamageWhat sort in sorts)
        {
            string[] files = [.. DataFiles.Of(Data, sort).Where(DataFiles.IsUsed)];
            Random.Shuffle(files);
            foreach (string file in files)
            {
                FileChange change = FileDamage.Spoil(file, Data, how, Random);
                (change.IsChanged ? damaged : unchanged).Add($"{Path.GetRelativePath(Data, file)} ({change.Words})");
                if (change.IsChanged)
                {
                    Bed.Damaged(Victims[0].Node.Id);
                    break;
                }
            }

            if (damaged.Count == MostFiles)
            {
                break;
            }
        }

        return damaged.Count > 0;
    }
}
