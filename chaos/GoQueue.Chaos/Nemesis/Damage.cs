using System.Diagnostics;
using GoQueue.Harness.Clusters;

namespace GoQueue.Chaos.Nemesis;

/// <summary>
/// Files of a node are damaged, while it is down or while it runs. Always the same node in a run, so that no partition is damaged on a majority. A node that cannot
/// go on with them, or no longer votes because of them, is given an empty disk at the end, as its operator would do; one whose metadata log stopped is restarted first.
/// </summary>
internal sealed class Damage(TestBed bed, Random random, DamageHow how, bool isRunning) : NodeFault(bed, random, 1)
{
    private const int MostFiles = 2;
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan FilePatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    /// <summary>What a server says whose vote file is gone: it follows, and its operator is to give it an empty disk.</summary>
    private const string VotesNoMore = "does not vote in it; remove it from the cluster";

    /// <summary>What a server says whose metadata log was damaged while it ran: it takes no part in the quorum any more, and its operator is to restart it.</summary>
    private const string MetadataStopped = "The metadata log failed and takes no more commands; restart the node";

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

    protected override Task HealAsync(CancellationToken cancellationToken) => RepairAsync(Bed, Victims[0].Node, cancellationToken);

    /// <summary>It runs, and its metadata log does not any more.</summary>
    public static bool SaysThatItStopped(Node node) => node.IsRunning && node.LoggedInThisLife(MetadataStopped);

    /// <summary>What the operator of a node with damaged files does, as far as it is needed now; some of it shows only when the fault is over.</summary>
    public static async Task RepairAsync(TestBed bed, Node node, CancellationToken cancellationToken)
    {
        if (node.IsRunning && !SaysThatItStopped(node))
        {
            return;
        }

        if (node.IsRunning)
        {
            bed.Note($"{node.Id} says that its metadata log stopped; it is restarted");
            await node.KillAsync();
        }

        int before = node.CountLogged(VotesNoMore);
        Launch(node);
        string? trouble = !await node.BecomesReadyAsync(StartPatience, cancellationToken) ? "did not start on its damaged files"
            : node.CountLogged(VotesNoMore) > before ? "does not know what it voted for and says so"
            : null;
        if (trouble is not null)
        {
            bed.Note($"{node.Id} {trouble}; it gets an empty disk");
            await WipedDisk.ReplaceAsync(node);
            Launch(node);
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
