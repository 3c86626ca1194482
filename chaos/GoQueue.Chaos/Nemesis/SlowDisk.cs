using System.Diagnostics;

namespace GoQueue.Chaos.Nemesis;

/// <summary>The disk of a node writes and reads a few kilobytes a second only, by a bound of the block layer. Seen by a flushed write of ours in the same control group.</summary>
internal sealed class SlowDisk(TestBed bed, Random random) : NodeFault(bed, random, 1)
{
    private const long BytesPerSecond = 64 << 10;
    private const int ProbeKibibytes = 64;
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(0.5);

    protected override Task HappenAsync(CancellationToken cancellationToken)
    {
        Victims[0].Group!.BoundDisk(Victims[0].Disk!.Number, BytesPerSecond);
        return Task.CompletedTask;
    }

    public override async Task<string?> VerifyEffectAsync(CancellationToken cancellationToken)
    {
        // The bound is on the group, so the probe must be in it; the node's own writes stand in the same line.
        string[] into = [.. Victims[0].Group!.Into()];
        string probe = Path.Combine(Victims[0].Disk!.Folder, "slow-probe");
        long began = Stopwatch.GetTimestamp();
        Machine.ToolResult wrote = await Machine.Tool.TryAsync(into[0], [.. into[1..], "dd", "if=/dev/zero", $"of={probe}", "bs=1k", $"count={ProbeKibibytes}", "conv=fdatasync"]);
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        return took >= Slow ? null
            : wrote.IsOk ? $"{ProbeKibibytes} KiB were flushed on the disk of {Target} in {took.TotalMilliseconds:0} ms"
            : $"the disk of {Target} could not be looked at: {wrote.Errors.Trim()}";
    }

    protected override Task HealAsync(CancellationToken cancellationToken)
    {
        Victims[0].Group!.BoundDisk(Victims[0].Disk!.Number, null);
        return Task.CompletedTask;
    }
}
