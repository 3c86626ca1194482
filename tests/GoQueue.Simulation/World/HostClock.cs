namespace GoQueue.Simulation.World;

/// <summary>
/// The clocks of one machine. The monotonic one never goes back and runs within its rate; the wall clock drifts and jumps. Both survive
/// a restart of the process.
/// </summary>
/// <param name="monotonicStart">What the monotonic clock showed when the world began.</param>
/// <param name="partsPerMillion">How much faster than true time it runs; real crystals stay within 200.</param>
internal sealed class HostClock(long monotonicStart, int partsPerMillion)
{
    private static readonly long WallStart = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).Ticks;

    private long wallOffset;
    private long wallPartsPerMillion = partsPerMillion;
    private long wallRateSince;

    public long Monotonic(long trueTime) => monotonicStart + trueTime + (trueTime * partsPerMillion / 1_000_000);

    /// <summary>True ticks in which the monotonic clock surely passes that many; two more than needed, for the rounding.</summary>
    public long TrueTicks(long monotonicTicks) => (long)((Int128)monotonicTicks * 1_000_000 / (1_000_000 + partsPerMillion)) + 2;

    public long Wall(long trueTime) => WallStart + trueTime + wallOffset + ((trueTime - wallRateSince) * wallPartsPerMillion / 1_000_000);

    public void JumpWall(TimeSpan by) => wallOffset += by.Ticks;

    public void DriftWall(long trueTime, int partsPerMillionFromNow)
    {
        wallOffset += (trueTime - wallRateSince) * wallPartsPerMillion / 1_000_000;
        wallRateSince = trueTime;
        wallPartsPerMillion = partsPerMillionFromNow;
    }
}
