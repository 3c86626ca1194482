using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Directories;

namespace GoQueue.Storage.Tests;

/// <summary>
/// Goal: whatever the moment of a crash, nothing flushed is lost, nothing is invented, and the log goes on. Method: run one scripted workload once to
/// count its disk operations, then again for every operation, crash there, lose or tear what was not durable, open, and compare with what
/// the script knows.
/// </summary>
public sealed class CrashTests
{
    [Theory]
    [InlineData(CrashMode.KeepAll, 1)]
    [InlineData(CrashMode.DropUnflushed, 1)]
    [InlineData(CrashMode.Tear, 6)]
    public void A_crash_at_any_operation_loses_nothing_flushed_and_invents_nothing(CrashMode mode, int seeds)
    {
        // A longer hunt: GOQUEUE_CRASH_SEEDS=500 dotnet test --filter CrashTests
        seeds = int.TryParse(Environment.GetEnvironmentVariable("GOQUEUE_CRASH_SEEDS"), out int wanted) ? wanted : seeds;
        for (int seed = 0; seed < seeds; seed++)
        {
            CrashScript counting = new(seed);
            counting.Run(counting.Disk.Root);
            long operations = counting.Disk.Operations;
            Assert.True(operations > 150, $"the script does enough ({operations} operations)");
            for (long at = 1; at <= operations; at++)
            {
                RunWithCrashAt(at, mode, seed);
            }
        }
    }

    [Fact]
    public void A_second_crash_during_recovery_is_survived_too()
    {
        for (int seed = 100; seed < 104; seed++)
        {
            CrashScript counting = new(seed);
            counting.Run(counting.Disk.Root);
            for (long at = 5; at <= counting.Disk.Operations; at += 7)
            {
                for (int inRecovery = 1; inRecovery < 12; inRecovery++)
                {
                    CrashScript script = Crash(at, CrashMode.Tear, seed);
                    script.Disk.CrashAtOperation = script.Disk.Operations + inRecovery;
                    try
                    {
                        PartitionLog.Open(script.Disk.Root, Batches.Log, CrashScript.Options, Batches.Now).Dispose();
                    }
                    catch (VirtualCrashException)
                    {
                        // the crash that was ordered
                    }

                    script.Disk.Crash(CrashMode.Tear);
                    Check(script, $"seed {seed}, operation {at}, then {inRecovery} operations into recovery");
                }
            }
        }
    }

    private static void RunWithCrashAt(long at, CrashMode mode, int seed)
    {
        CrashScript script = Crash(at, mode, seed);
        Check(script, $"seed {seed}, operation {at}, {mode}");
    }

    private static CrashScript Crash(long at, CrashMode mode, int seed)
    {
        CrashScript script = new(seed);
        script.Disk.CrashAtOperation = at;
        Assert.Throws<VirtualCrashException>(() => script.Run(script.Disk.Root));
        script.Disk.Crash(mode);
        return script;
    }

    private static void Check(CrashScript script, string where)
    {
        try
        {
            using (PartitionLog log = PartitionLog.Open(script.Disk.Root, Batches.Log, CrashScript.Options, Batches.Now))
            {
                script.Check(log);
                for (int index = 0; index < 5; index++)
                {
                    script.AppendAfterwards(log);
                }

                log.Flush();
                script.Check(log);
                log.Close();
            }

            using PartitionLog again = PartitionLog.Open(script.Disk.Root, Batches.Log, CrashScript.Options, Batches.Now);
            Assert.True(again.Recovery.WasClean);
            script.Check(again);
        }
        catch (Exception failure) when (failure is not VirtualCrashException)
        {
            throw new InvalidOperationException($"{where}: {failure.Message}", failure);
        }
    }
}

/// <summary>A workload that touches everything that writes, and the knowledge to judge a log that a crash left.</summary>
internal sealed class CrashScript(int seed)
{
    public static readonly PartitionLogOptions Options = new()
    {
        SegmentBytes = 6000, IndexIntervalBytes = 600, CheckpointBytes = 2500, UnflushedWindowBytes = 5000, TailCacheBytes = 0, ReserveBytes = 4096,
    };

    private readonly Random random = new(seed);
    private readonly Dictionary<long, List<byte[]>> written = [];
    private readonly Dictionary<long, byte[]> states = [];
    private PartitionLog? log;
    private long notBeyond;
    private long truncatingTo = long.MaxValue;
    private int epoch;

    public VirtualDisk Disk { get; } = new(seed);

    public void Run(ILogDirectory directory)
    {
        log = PartitionLog.Open(directory, Batches.Log, Options, Batches.Now);
        for (int round = 0; round < 3; round++)
        {
            AppendSome(6);
            log.PrepareSpare(); // beside the writer in a broker; here in its turn, so that the crash comes in it too
            Snapshot();
            AppendSome(5);
            Truncate();
            AppendSome(5);
            Retain();
        }

        log.Close();
        log = PartitionLog.Open(directory, Batches.Log, Options, Batches.Now);
        AppendSome(3);
        log.Close();
    }

    /// <summary>Everything flushed is there, everything there was written, in order, without a hole.</summary>
    public void Check(PartitionLog found)
    {
        long mustReach = Math.Min(log?.FlushedOffset.Value ?? 0, truncatingTo);
        Assert.Empty(found.Recovery.CorruptRanges);
        Assert.True(found.EndOffset.Value >= mustReach, $"flushed to {mustReach}, found up to {found.EndOffset}");
        Assert.True(found.StartOffset.Value <= notBeyond, $"kept from {notBeyond}, found from {found.StartOffset}");
        Offset next = found.StartOffset;
        int lastEpoch = -1;
        foreach (byte[] batch in found.ReadAll())
        {
            RecordBatchHeader header = new(batch);
            Assert.Equal(next, header.BaseOffset);
            Assert.Contains(written[next.Value], known => known.AsSpan().SequenceEqual(batch));
            Assert.True(header.LeaderEpoch.Value >= lastEpoch);
            Assert.Equal(header.LeaderEpoch, found.Epochs.EpochAt(header.BaseOffset));
            lastEpoch = header.LeaderEpoch.Value;
            next = header.NextOffset;
        }

        Assert.Equal(found.EndOffset, next);
        Assert.True(found.Epochs.Entries.All(entry => entry.StartOffset <= found.EndOffset));
        if (found.TryLoadState(out Offset at, out byte[] state))
        {
            Assert.True(at <= found.EndOffset);
            Assert.Equal(states[at.Value], state);
        }

        foreach (long offset in new[] { found.StartOffset.Value, (found.StartOffset.Value + next.Value) / 2, next.Value - 1 })
        {
            if (offset >= found.StartOffset.Value && offset < next.Value)
            {
                Result<Offset> byTime = found.OffsetForTime(new UnixMillis(Batches.Now.Value + offset), found.EndOffset);
                Assert.Equal(new Offset(offset), byTime.Value);
            }
        }
    }

    public void AppendAfterwards(PartitionLog found)
    {
        log = found;
        truncatingTo = long.MaxValue;
        epoch = Math.Max(epoch, found.Epochs.Latest.Value) + 1;
        AppendSome(1);
    }

    private void AppendSome(int groups)
    {
        for (int group = 0; group < groups; group++)
        {
            epoch += random.Next(4) == 0 ? 1 : 0;
            List<SharedBuffer> batches = [];
            long next = log!.EndOffset.Value;
            for (int count = random.Next(1, 5); count > 0; count--)
            {
                SharedBuffer batch = Batches.Make(next, random.Next(1, 4), epoch, random.Next(10, 500), timestamp: null, seed);
                if (!written.TryGetValue(next, out List<byte[]>? known))
                {
                    written[next] = known = [];
                }

                known.Add(batch.Span.ToArray());
                batches.Add(batch);
                next = new RecordBatchHeader(batch.Span).NextOffset.Value;
            }

            log.Append([.. batches], Batches.Now);
            batches.ForEach(batch => batch.Release());
            if (random.Next(3) > 0)
            {
                log.Flush();
            }

            if (log.HasWorkBeside && random.Next(2) == 0)
            {
                log.FinishRoll(); // beside the writer in a broker, soon or late
            }
        }
    }

    private void Snapshot()
    {
        byte[] state = new byte[random.Next(2000)];
        random.NextBytes(state);
        states[log!.EndOffset.Value] = state;
        log.WriteState(state);
    }

    private void Truncate()
    {
        // Only ever in a new epoch, as a follower does, so that two histories of one offset differ in their epoch.
        long target = Math.Max(log!.StartOffset.Value, log.EndOffset.Value - random.Next(25));
        truncatingTo = target - 3; // a batch that the target cuts goes whole
        epoch++;
        log.TruncateTo(new Offset(target));
        truncatingTo = long.MaxValue;
    }

    private void Retain()
    {
        log!.Flush();
        notBeyond = log.EndOffset.Value - 20;
        log.ApplyRetention(-1, 9000, new Offset(notBeyond), Batches.Now);
    }
}
