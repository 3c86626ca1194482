using GoQueue.Consensus.Core;
using GoQueue.Consensus.State;
using GoQueue.Consensus.Storage;
using GoQueue.Consensus.Tests.Alone;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Quorum;
using GoQueue.Storage.Directories;
using Microsoft.Extensions.Logging.Abstractions;

namespace GoQueue.Consensus.Tests.Disk;

/// <summary>
/// What a follower does to its disk (votes, entries, truncation, a snapshot from the leader, compaction), cut at every operation in turn. Goal: what was
/// promised before the cut holds after it. Method: the same steps on a fresh virtual disk for each cut, against a model of what each step may leave.
/// </summary>
public sealed class DiskCutTests
{
    private static readonly UnixMillis Now = new(1000);
    private static readonly QuorumMember[] Members = [.. Enumerable.Range(1, 3).Select(number => OneNode.Member with { Node = new NodeId($"n{number}"), Incarnation = IdOf(number) })];
    private static readonly Genesis Genesis = new("cluster", Members, []);
    private static readonly MemberId Self = MemberId.Of(Members[0]);
    private static readonly RaftOptions Options = SteppedLog.SmallSegments(snapshotEvery: 1000);

    /// <summary>What the member has promised, and what it may find instead when the step under way was cut.</summary>
    private sealed record Promise(HardState Hard, long SnapshotIndex, IReadOnlyList<RaftEntry> Durable, IReadOnlyList<RaftEntry> Written);

    [Theory]
    [InlineData(CrashMode.KeepAll, 1)]
    [InlineData(CrashMode.DropUnflushed, 1)]
    [InlineData(CrashMode.Tear, 1)]
    [InlineData(CrashMode.Tear, 2)]
    [InlineData(CrashMode.Tear, 3)]
    public void Cut_at_every_operation_a_follower_keeps_what_it_promised(CrashMode mode, int seed)
    {
        bool isCut = true;
        int cuts = 0;
        for (long cut = 1; isCut; cut++)
        {
            VirtualDisk disk = new(seed * 1000 + (int)cut) { CrashAtOperation = cut };
            List<Promise> allowed = Run(disk, out isCut);
            disk.Crash(mode);

            RecoveredRaft found = Open(disk);

            Assert.True(allowed.Exists(promise => Keeps(found, promise)), $"cut at operation {cut}: {Describe(found)} keeps none of\n{string.Join('\n', allowed.Select(Describe))}");
            Assert.True(found.Start.MayVote, $"cut at operation {cut}: the vote is lost");
            GoesOn(found, disk);
            cuts++;
        }

        Assert.True(cuts > 60, $"only {cuts} operations were cut");
    }

    [Fact]
    public void A_missing_vote_is_never_taken_for_none()
    {
        VirtualDisk disk = new();
        Run(disk, out _);
        disk.Crash(CrashMode.KeepAll);
        disk.Root.Delete("raft-state");

        RecoveredRaft found = Open(disk);

        Assert.False(found.Start.MayVote);
        found.Disk.Close(found.Start.HardState, 0);
        Assert.False(Open(disk).Start.MayVote); // and at no later start either
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    public void Damage_of_one_copy_of_the_vote_is_harmless_and_of_both_is_not(long position)
    {
        VirtualDisk disk = new();
        List<Promise> last = Run(disk, out _);
        disk.Crash(CrashMode.KeepAll);
        disk.Root.FlipBit("raft-state", position + 20, 3);
        RecoveredRaft found = Open(disk);
        Assert.True(found.Start.MayVote);
        Assert.Equal(last[^1].Hard, found.Start.HardState);

        disk.Crash(CrashMode.KeepAll);
        disk.Root.FlipBit("raft-state", 20, 3);
        disk.Root.FlipBit("raft-state", 4096 + 20, 3);
        Assert.False(Open(disk).Start.MayVote);
    }

    [Fact]
    public void The_directory_of_another_cluster_is_refused()
    {
        VirtualDisk disk = new();
        Run(disk, out _);
        disk.Crash(CrashMode.KeepAll);

        MetadataLogUnusableException refusal = Assert.Throws<MetadataLogUnusableException>(
            () => RaftRecovery.Open(disk.Root, Genesis with { ClusterId = "other" }, Options, Self, Now, NullLogger.Instance));

        Assert.Contains("another cluster", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_flush_of_the_vote_is_told()
    {
        VirtualDisk disk = new();
        RecoveredRaft raft = Open(disk);
        disk.FailFlush = disk.Flushes + 1;

        Assert.Throws<FlushFailedException>(() => raft.Disk.SaveHardState(new HardState(3, Self), 0, isFlushed: true));
    }

    /// <summary>
    /// Goal (seed cluster-1795297241399): what a member acknowledged after a snapshot that it had no room to install is there after a start. The empty log that the attempt had left
    /// was taken for the one in use, and entries that were decided were gone (M4). Method: every amount of room up to what the installation needs.
    /// </summary>
    [Theory]
    [InlineData(CrashMode.KeepAll)]
    [InlineData(CrashMode.DropUnflushed)]
    public void Entries_after_a_snapshot_that_had_no_room_are_kept(CrashMode mode)
    {
        int attempts = 0;
        for (bool isInstalled = false; !isInstalled; attempts++)
        {
            VirtualDisk disk = new();
            RaftDisk device = Open(disk).Disk;
            device.Append([.. Enumerable.Range(1, 3).Select(index => Entry(index, 1))], Now);
            device.Flush();
            disk.Capacity -= disk.Root.AvailableBytes - (attempts * 8);
            try
            {
                device.Install(Snapshot(9, 1), Now);
                isInstalled = true;
                continue;
            }
            catch (DiskFullException)
            {
                Assert.False(device.IsFailed);
            }

            Assert.Throws<DiskFullException>(() => device.Install(Snapshot(11, 1), Now)); // and another, while there is still no room
            disk.Capacity = long.MaxValue;
            device.Append([.. Enumerable.Range(4, 9).Select(index => Entry(index, 1))], Now);
            device.Flush();
            disk.Crash(mode);

            RecoveredRaft found = Open(disk);
            Assert.True(found.Disk.LastIndex == 12 && found.Start.Entries[^1].Index == 12, $"with room for {attempts * 8} bytes: {Describe(found)}");
            GoesOn(found, disk);
        }

        Assert.True(attempts > 20, $"only {attempts} attempts");
    }

    /// <summary>
    /// Goal (seed cluster-7026): entries that were taken back while there was no room to cut the log count no more, and others take their place once there is; a
    /// start in between finds the old ones, which is as good as before they were taken back.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_cut_that_found_no_room_is_made_up_for_before_the_next_entry(bool isRestarted)
    {
        VirtualDisk disk = new();
        RaftDisk device = Open(disk).Disk;
        device.Append([Entry(1, 1), Entry(2, 1), Entry(3, 1)], Now);
        device.Flush();
        disk.Capacity = 1;
        Assert.Throws<DiskFullException>(() => device.TruncateFrom(2));
        Assert.Throws<DiskFullException>(() => device.Append([Entry(2, 2)], Now));
        Assert.Equal((1, false), (device.LastIndex, device.IsFailed));
        device.Flush();
        disk.Capacity = long.MaxValue;
        if (isRestarted)
        {
            disk.Crash(CrashMode.DropUnflushed);
            RecoveredRaft found = Open(disk);
            Assert.Equal([1L, 1L, 1L], found.Start.Entries.Select(entry => entry.Term));
            device = found.Disk;
            device.TruncateFrom(2);
        }

        device.Append([Entry(2, 2)], Now);
        device.Flush();
        disk.Crash(CrashMode.DropUnflushed);
        Assert.Equal([(1L, 1L), (2L, 2L)], Open(disk).Start.Entries.Select(entry => (entry.Index, entry.Term)));
    }

    /// <summary>Takes the steps until the disk dies; answers what may be found then.</summary>
    private static List<Promise> Run(VirtualDisk disk, out bool isCut)
    {
        Promise now = new(default, 0, [], []);
        List<Promise> allowed = [now];
        isCut = true;
        try
        {
            RecoveredRaft raft = Open(disk);
            RaftDisk device = raft.Disk;

            void Step(Promise next, Action action)
            {
                allowed = [now, next];
                action();
                now = next;
                allowed = [now];
            }

            void Vote(long term, MemberId? vote) => Step(now with { Hard = new HardState(term, vote) }, () => device.SaveHardState(new HardState(term, vote), 0, true));

            void Append(long term, int count)
            {
                List<RaftEntry> added = [.. Enumerable.Range(1, count).Select(i => Entry(Last(now) + i, term))];
                Step(now with { Written = [.. now.Written, .. added] }, () => device.Append(added, Now));
            }

            void Flush() => Step(now with { Durable = now.Written }, device.Flush);

            void Truncate(long from)
            {
                RaftEntry[] kept = [.. now.Written.Where(entry => entry.Index < from)];
                Step(now with { Durable = kept, Written = kept }, () => device.TruncateFrom(from));
            }

            void Install(long index, long term)
            {
                RaftSnapshot snapshot = Snapshot(index, term);
                Step(now with { SnapshotIndex = index, Durable = [], Written = [] }, () => device.Install(snapshot, Now));
            }

            Vote(1, null);
            Vote(1, MemberId.Of(Members[1]));
            Append(1, 3);
            Append(1, 2);
            Flush();
            Vote(2, MemberId.Of(Members[2]));
            Truncate(4);
            Append(2, 3);
            Flush();
            Install(20, 2);
            Append(2, 2);
            Flush();
            Vote(5, Self);
            Truncate(22);
            Append(5, 4);
            Flush();
            RaftSnapshot own = Snapshot(23, 5);
            Step(now with { SnapshotIndex = 23, Durable = [.. now.Durable.Where(e => e.Index > 23)], Written = [.. now.Written.Where(e => e.Index > 23)] }, () => device.SaveSnapshot(own));
            Step(now, () => device.Compact(20, Now));
            Install(50, 5);
            Append(5, 1);
            Flush();
            device.Close(now.Hard, 0);
            isCut = false;
        }
        catch (VirtualCrashException)
        {
            // As ordered.
        }

        return allowed;
    }

    private static long Last(Promise promise) => promise.Written.Count > 0 ? promise.Written[^1].Index : promise.SnapshotIndex;

    private static bool Keeps(RecoveredRaft found, Promise promise)
    {
        IReadOnlyList<RaftEntry> entries = found.Start.Entries;
        bool isPrefix = entries.Count >= promise.Durable.Count && entries.Count <= promise.Written.Count
            && entries.Zip(promise.Written).All(pair => pair.First.Index == pair.Second.Index && pair.First.Term == pair.Second.Term && pair.First.Payload.Span.SequenceEqual(pair.Second.Payload.Span));
        return found.Start.HardState == promise.Hard && (found.Start.Snapshot?.Index ?? 0) == promise.SnapshotIndex && isPrefix;
    }

    /// <summary>The member works: it takes further entries, and finds them again.</summary>
    private static void GoesOn(RecoveredRaft found, VirtualDisk disk)
    {
        long last = found.Disk.LastIndex;
        Assert.Equal(found.Start.Entries.Count > 0 ? found.Start.Entries[^1].Index : found.Start.Snapshot?.Index ?? 0, last);
        found.Disk.SaveHardState(new HardState(9, null), 0, true);
        found.Disk.Append([Entry(last + 1, 9)], Now);
        found.Disk.Flush();
        disk.Crash(CrashMode.DropUnflushed);
        RecoveredRaft again = Open(disk);
        Assert.Equal((last + 1, 9L), (again.Start.Entries[^1].Index, again.Start.Entries[^1].Term));
        Assert.Equal(9, again.Start.HardState.Term);
        again.Disk.Dispose();
    }

    private static RecoveredRaft Open(VirtualDisk disk) => RaftRecovery.Open(disk.Root, Genesis, Options, Self, Now, NullLogger.Instance);

    private static RaftEntry Entry(long index, long term) => new(index, term, RaftEntryKind.Command, new byte[] { (byte)index, (byte)term });

    private static RaftSnapshot Snapshot(long index, long term)
    {
        byte[] state = ReplicatedState.WriteSnapshot(new ReplicatedState().WriteSessions(), MetadataImage.Empty);
        return RaftSnapshot.Make(index, term, RaftConfiguration.Of(Genesis), state);
    }

    private static string Describe(RecoveredRaft found) =>
        $"{found.Start.HardState} snapshot {found.Start.Snapshot?.Index} entries {string.Join(' ', found.Start.Entries.Select(e => $"{e.Index}/{e.Term}"))}";

    private static string Describe(Promise promise) =>
        $"{promise.Hard} snapshot {promise.SnapshotIndex} durable {promise.Durable.Count} of {string.Join(' ', promise.Written.Select(e => $"{e.Index}/{e.Term}"))}";

    private static Guid IdOf(int number) => new(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
}
