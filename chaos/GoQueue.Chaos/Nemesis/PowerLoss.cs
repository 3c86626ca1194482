namespace GoQueue.Chaos.Nemesis;

/// <summary>
/// The power of some nodes goes at the same moment: the process ends, and of its disk only what was flushed stays. Seen by two files of ours: one that was flushed and must
/// still be there, and one that was not and must be gone.
/// </summary>
internal sealed class PowerLoss(TestBed bed, Random random, int count) : NodeFault(bed, random, count)
{
    private const string Flushed = "power-flushed";
    private const string Unflushed = "power-unflushed";
    private readonly byte[] mark = new byte[64];
    private readonly string number = random.Next().ToString(System.Globalization.CultureInfo.InvariantCulture);

    protected override async Task HappenAsync(CancellationToken cancellationToken)
    {
        Random.NextBytes(mark);
        foreach (Ground victim in Victims)
        {
            // Always new files: what replaces the content of an old one is flushed by ext4 when it is closed.
            Write(victim, Flushed, isFlushed: true);
            Write(victim, Unflushed, isFlushed: false);
        }

        foreach (Ground victim in Victims)
        {
            // First stopped, so that nothing it sees of the dying disk gets out, then the disk, then the end.
            if (victim.Node.IsRunning)
            {
                victim.Node.Pause();
            }

            victim.Disk!.ShutDown();
            victim.Node.KillNow();
        }

        foreach (Ground victim in Victims)
        {
            await victim.Node.GoneAsync();
            await victim.Disk!.RemountAsync();
        }
    }

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken)
    {
        foreach (Ground victim in Victims)
        {
            string id = victim.Node.Id;
            if (!Holds(victim, Flushed))
            {
                return Task.FromResult<string?>($"what was flushed on the disk of {id} is gone too");
            }

            if (Holds(victim, Unflushed))
            {
                return Task.FromResult<string?>($"what was not flushed on the disk of {id} is still there");
            }
        }

        return Task.FromResult<string?>(null);
    }

    protected override Task HealAsync(CancellationToken cancellationToken)
    {
        foreach (Ground victim in Victims)
        {
            Launch(victim.Node);
        }

        return Task.CompletedTask;
    }

    private void Write(Ground victim, string name, bool isFlushed)
    {
        using FileStream file = new(PathOf(victim, name), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        file.Write(mark);
        if (isFlushed)
        {
            file.Flush(flushToDisk: true);
        }
    }

    private string PathOf(Ground victim, string name) => Path.Combine(victim.Disk!.Folder, $"{name}-{number}");

    private bool Holds(Ground victim, string name)
    {
        string path = PathOf(victim, name);
        return File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(mark);
    }
}
