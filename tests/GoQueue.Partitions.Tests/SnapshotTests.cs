using System.Buffers.Binary;
using GoQueue.Core;
using static GoQueue.Partitions.Tests.PartitionStateExtensions;

namespace GoQueue.Partitions.Tests;

public sealed class SnapshotTests
{
    private static readonly string GoldenFile = Path.Combine(AppContext.BaseDirectory, "Golden", "partition-state-v1.hex");

    [Fact]
    public void I5_a_restored_state_answers_as_the_one_that_was_saved()
    {
        PartitionState restored = PartitionState.ReadSnapshot(Sample().Snapshot()).Value;

        Assert.Equal(new Offset(10), restored.Decide(new Batch(7, 0, 4, Count: 4)).BaseOffset);
        Assert.Equal(ErrorCode.DuplicateSequence, restored.Decide(new Batch(7, 0, 0, Count: 4)).Error.Code);
        Assert.True(restored.Decide(new Batch(7, 0, 24)).IsAccept);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, restored.Decide(new Batch(9, 4, 0)).Error.Code);
        Assert.Equal(ErrorCode.OutOfOrderSequence, restored.Decide(new Batch(long.MaxValue, 0, int.MaxValue - 3)).Error.Code);
        Assert.Equal(0, restored.ExpireProducers(new UnixMillis(5998), TimeSpan.FromMilliseconds(999)));
        Assert.Equal(3, restored.ExpireProducers(new UnixMillis(5999), TimeSpan.FromMilliseconds(999)));
    }

    [Fact]
    public void Equal_states_give_equal_bytes_whatever_their_history()
    {
        PartitionState one = StateAfter(new Batch(1, 0, 0), new Batch(2, 0, 0), new Batch(3, 0, 0));
        PartitionState other = StateAfter(new Batch(3, 0, 0), new Batch(9, 0, 0));
        other.ExpireProducers(new UnixMillis(long.MaxValue), TimeSpan.Zero);
        other.Apply(new Batch(2, 0, 0));
        other.Apply(new Batch(3, 0, 0));
        other.Apply(new Batch(1, 0, 0));

        Assert.Equal(one.Snapshot(), other.Snapshot());
    }

    [Fact]
    public void Replicas_whose_clocks_differ_have_the_same_shared_state()
    {
        PartitionState leader = new();
        PartitionState follower = new();
        foreach (Batch batch in (Batch[])[new(1, 0, 0), new(2, 0, 0, Count: 3), new(1, 0, 1)])
        {
            leader.Apply(batch, at: 5000);
            follower.Apply(batch, at: 7000);
        }

        Assert.NotEqual(leader.Snapshot(), follower.Snapshot());
        Assert.Equal(leader.Shared(), follower.Shared());
        follower.Apply(new Batch(1, 0, 2));
        Assert.NotEqual(leader.Shared(), follower.Shared());
    }

    [Fact]
    public void The_golden_snapshot_still_reads_and_writes_the_same()
    {
        byte[] golden = Convert.FromHexString(string.Concat(File.ReadAllText(GoldenFile).Where(char.IsAsciiHexDigit)));

        Assert.Equal(golden, Sample().Snapshot());
        Assert.Equal(golden, PartitionState.ReadSnapshot(golden).Value.Snapshot());
    }

    [Fact]
    public void An_empty_state_has_a_snapshot_too()
    {
        Assert.Equal(0, PartitionState.ReadSnapshot(new PartitionState().Snapshot()).Value.ProducerCount);
    }

    [Fact]
    public void Every_shortening_and_every_flipped_bit_is_refused()
    {
        byte[] snapshot = Sample().Snapshot();
        for (int length = 0; length < snapshot.Length; length++)
        {
            Assert.Equal(ErrorCode.CorruptLog, PartitionState.ReadSnapshot(snapshot.AsSpan(0, length)).Error.Code);
        }

        for (int bit = 0; bit < snapshot.Length * 8; bit++)
        {
            byte[] damaged = [.. snapshot];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(ErrorCode.CorruptLog, PartitionState.ReadSnapshot(damaged).Error.Code);
        }

        Assert.Equal(ErrorCode.CorruptLog, PartitionState.ReadSnapshot([.. snapshot, 0]).Error.Code);
    }

    /// <summary>With the checksum made right again, whatever is accepted must be canonical: it writes back to the same bytes.</summary>
    [Fact]
    public void A_damaged_snapshot_with_a_good_checksum_is_refused_or_canonical()
    {
        Random random = new(20261121);
        byte[] snapshot = Sample().Snapshot();
        int refused = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] damaged = [.. snapshot];
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                damaged[random.Next(8, damaged.Length)] = (byte)random.Next(256);
            }

            BinaryPrimitives.WriteUInt32BigEndian(damaged.AsSpan(4), Crc32C.Compute(damaged.AsSpan(8)));
            Result<PartitionState> result = PartitionState.ReadSnapshot(damaged);
            refused += result.IsOk ? 0 : 1;
            if (result.IsOk)
            {
                Assert.Equal(damaged, result.Value.Snapshot());
            }
        }

        Assert.InRange(refused, 1, 19_999);
    }

    [Fact]
    public void A_huge_count_is_refused_without_making_room_for_it()
    {
        byte[] snapshot = new PartitionState().Snapshot();
        BinaryPrimitives.WriteInt32BigEndian(snapshot.AsSpan(8), int.MaxValue);
        BinaryPrimitives.WriteUInt32BigEndian(snapshot.AsSpan(4), Crc32C.Compute(snapshot.AsSpan(8)));

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(PartitionState.ReadSnapshot(snapshot).IsOk);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    /// <summary>Three producers: one with more than five batches, one at a higher epoch, one that is about to wrap.</summary>
    private static PartitionState Sample() => StateAfter(
    [
        .. Enumerable.Range(0, 6).Select(i => new Batch(7, 0, i * 4, Count: 4, Offset: i * 10, Timestamp: 1_700_000_000_000 + i)),
        new Batch(9, 5, 0, Offset: 200, Timestamp: 1_700_000_000_100),
        new Batch(long.MaxValue, 0, int.MaxValue - 1, Count: 4, Offset: 300, Timestamp: -1),
    ]);
}
