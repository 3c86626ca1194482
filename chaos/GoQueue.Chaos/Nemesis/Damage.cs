using System.Security.Cryptography;

namespace GoQueue.Chaos.Nemesis;

/// <summary>How a file is damaged.</summary>
internal enum DamageHow
{
    FlipBits,
    Truncate,
    Zero,
    Swap,
}

/// <summary>Which files.</summary>
internal enum DamageWhat
{
    Segments,
    Indexes,
    Checkpoints,
    RaftLog,
    Vote,
    Snapshots,
}

/// <summary>
/// Files of a node are damaged, while it is down or while it runs. Always the same node in a run, so that no partition is damaged on a majority. A node that cannot
/// go on with them is given an empty disk at the end, as its operator would do.
/// </summary>
internal sealed class Damage(TestBed bed, Random random, DamageHow how, bool isRunning) : NodeFault(bed, random, 1)
{
    private const int MostFlips = 8;
    private const int ZeroedBytes = 4096;
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(20);

    private readonly List<string> damaged = [];
    private readonly List<string> unchanged = [];

    protected override IReadOnlyList<Ground> Choose() => [Bed.Take(Bed.DamagedNode)];

    protected override async Task HappenAsync(CancellationToken cancellationToken)
    {
        if (!isRunning)
        {
            await Victims[0].Node.KillAsync();
        }

        foreach (string file in ChooseFiles())
        {
            byte[] before = SHA256.HashData(await ReadAsync(file));
            string what = Spoil(file);
            byte[] after = SHA256.HashData(await ReadAsync(file));
            (before.AsSpan().SequenceEqual(after) ? unchanged : damaged).Add($"{Path.GetRelativePath(Victims[0].Node.Data, file)} ({what})");
        }

        Target = $"{Victims[0].Node.Id}: {string.Join(", ", damaged.Concat(unchanged))}";
    }

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken) =>
        Task.FromResult(damaged.Count > 0 ? null : $"no file of {Victims[0].Node.Id} was changed ({string.Join(", ", unchanged)})");

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

    /// <summary>One to three files of one or two sorts.</summary>
    private IEnumerable<string> ChooseFiles()
    {
        List<string> chosen = [];
        DamageWhat[] sorts = Enum.GetValues<DamageWhat>();
        Random.Shuffle(sorts);
        foreach (DamageWhat sort in sorts)
        {
            string[] files = [.. DataFiles.Of(Victims[0].Node.Data, sort).Where(file => new FileInfo(file).Length > 0)];
            if (files.Length > 0)
            {
                chosen.Add(files[Random.Next(files.Length)]);
            }

            if (chosen.Count == 2)
            {
                break;
            }
        }

        return chosen;
    }

    private string Spoil(string file)
    {
        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            long length = Math.Min(stream.Length, DataFiles.UsedBytes(file));
            if (length == 0)
            {
                return "empty";
            }

            switch (how)
            {
                case DamageHow.FlipBits:
                    int flips = Random.Next(1, MostFlips);
                    for (int i = 0; i < flips; i++)
                    {
                        stream.Position = Random.NextInt64(length);
                        int was = stream.ReadByte();
                        stream.Position--;
                        stream.WriteByte((byte)(was ^ (1 << Random.Next(8))));
                    }

                    return $"{flips} bits";

                case DamageHow.Truncate:
                    long left = Random.NextInt64(length);
                    stream.SetLength(left);
                    return $"cut to {left} bytes";

                case DamageHow.Zero:
                    // From a byte that is not zero: much of these files is.
                    byte[] content = new byte[length];
                    stream.Position = 0;
                    stream.ReadExactly(content);
                    int[] used = [.. Enumerable.Range(0, content.Length).Where(at => content[at] != 0)];
                    long from = used.Length > 0 ? used[Random.Next(used.Length)] : 0;
                    long count = Math.Min(length - from, ZeroedBytes);
                    stream.Position = from;
                    stream.Write(new byte[count]);
                    return $"{count} zeros at {from}";

                default:
                    return SwapWithSibling(file, stream);
            }
        }
        catch (IOException)
        {
            return "gone";
        }
    }

    /// <summary>The content of another file of the same sort stands in its place: a stale or misdirected write.</summary>
    private string SwapWithSibling(string file, FileStream stream)
    {
        string[] siblings = [.. Directory.GetFiles(Victims[0].Node.Data, $"*{Path.GetExtension(file)}", SearchOption.AllDirectories).Where(other => other != file && new FileInfo(other).Length > 0).Order(StringComparer.Ordinal)];
        if (siblings.Length == 0)
        {
            return "nothing to swap with";
        }

        string other = siblings[Random.Next(siblings.Length)];
        byte[] stale;
        using (FileStream source = new(other, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
        {
            stale = new byte[source.Length];
            source.ReadExactly(stale);
        }

        stream.SetLength(0);
        stream.Write(stale);
        return $"as {Path.GetRelativePath(Victims[0].Node.Data, other)}";
    }

    private static async Task<byte[]> ReadAsync(string file)
    {
        try
        {
            await using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[stream.Length];
            await stream.ReadExactlyAsync(bytes);
            return bytes;
        }
        catch (FileNotFoundException)
        {
            return [];
        }
    }
}
