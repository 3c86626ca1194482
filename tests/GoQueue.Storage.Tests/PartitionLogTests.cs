using GoQueue.Core;
using GoQueue.Storage.Directories;
using GoQueue.Testing;

namespace GoQueue.Storage.Tests;

public sealed class PartitionLogTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly PartitionLogOptions small = new() { SegmentBytes = 4096, IndexIntervalBytes = 256, CheckpointBytes = 2048 };

    private PhysicalLogDirectory Directory => new(Path.Join(folder.Path, "log"));

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_was_appended_is_read_back_from_the_cache_and_from_disk()
    {
        foreach (long cacheBytes in new long[] { 0, 1 << 20 })
        {
            using PartitionLog log = PartitionLog.Open(new PhysicalLogDirectory(Path.Join(folder.Path, $"log{cacheBytes}")), Batches.Log, small with { TailCacheBytes = cacheBytes }, Batches.Now);
            List<byte[]> written = [];
            for (int index = 0; index < 200; index++)
            {
                written.Add(log.AppendOne(count: 1 + (index % 3), valueBytes: 10 + (index * 7 % 400)));
            }

            Assert.Equal(written, log.ReadAll());
            Assert.True(log.SegmentCount > 5);
            foreach (byte[] batch in written)
            {
                Assert.Equal(batch, log.ReadAll(Batches.BaseOffset(batch), maxBytes: 1)[0]);
            }
        }
    }

    [Fact]
    public void A_clean_stop_is_not_scanned_and_goes_on_where_it_was()
    {
        List<byte[]> written = [];
        for (int round = 0; round < 4; round++)
        {
            PartitionLog log = PartitionLog.Open(Directory, Batches.Log, small, Batches.Now);
            Assert.True(log.Recovery.WasClean);
            Assert.Equal(0, log.Recovery.ScannedBytes);
            Assert.Equal(log.EndOffset, log.FlushedOffset);
            Assert.Equal(written, log.ReadAll());
            for (int index = 0; index < 20; index++)
            {
                written.Add(log.AppendOne(count: 2, valueBytes: 100));
            }

            log.Close();
        }
    }

    [Fact]
    public void Without_a_clean_stop_the_tail_is_scanned_from_the_checkpoint()
    {
        List<byte[]> written = [];
        for (int round = 0; round < 4; round++)
        {
            using PartitionLog log = PartitionLog.Open(Directory, Batches.Log, small, Batches.Now);
            Assert.Equal(round == 0, log.Recovery.WasClean);
            Assert.Equal(written, log.ReadAll());
            Assert.InRange(log.Recovery.ScannedBytes, 0, 3 * 4096);
            for (int index = 0; index < 50; index++)
            {
                written.Add(log.AppendOne(count: 2, valueBytes: 100));
                log.Flush();
            }
        }
    }

    [Fact]
    public void Reads_stop_at_the_limit_and_refuse_offsets_outside_the_log()
    {
        using PartitionLog log = PartitionLog.Open(Directory, Batches.Log, small with { TailCacheBytes = 0 }, Batches.Now);
        for (int index = 0; index < 10; index++)
        {
            log.AppendOne(count: 3);
        }

        LogRead read = log.Read(new Offset(4), new Offset(10), 1 << 20);
        Assert.Equal(new Offset(9), read.NextOffset); // the batch 9..11 reaches beyond the limit
        Assert.Equal([new Offset(3), new Offset(6)], Batches.Split(read.Slices[0].Span).Select(Batches.BaseOffset));
        read.Slices[0].Buffer.Release();
        Assert.Empty(log.Read(new Offset(30), new Offset(99), 100).Slices);
        Assert.Null(log.Read(new Offset(30), new Offset(99), 100).Error);
        Assert.Equal(ErrorCode.OffsetOutOfRange, log.Read(new Offset(31), new Offset(99), 100).Error?.Code);
        Assert.Equal(ErrorCode.OffsetOutOfRange, log.Read(new Offset(-1), new Offset(99), 100).Error?.Code);
    }

    [Fact]
    public void The_first_batch_is_whole_even_when_it_is_larger_than_asked()
    {
        using PartitionLog log = PartitionLog.Open(Directory, Batches.Log, new PartitionLogOptions { TailCacheBytes = 0 }, Batches.Now);
        byte[] large = log.AppendOne(valueBytes: 3_000_000);
        byte[] next = log.AppendOne();
        Assert.Equal([large, next], log.ReadAll(maxBytes: 100));
    }

    [Fact]
    public void One_append_of_many_batches_spreads_over_segments()
    {
        using PartitionLog log = PartitionLog.Open(Directory, Batches.Log, small with { TailCacheBytes = 0 }, Batches.Now);
        SharedBuffer[] batches = [.. Enumerable.Range(0, 30).Select(index => Batches.Make(index, valueBytes: 900))];
        log.Append(batches, Batches.Now);
        Assert.All(batches, batch => batch.Release());
        Assert.Equal(new Offset(30), log.EndOffset);
        Assert.Equal(30, log.ReadAll().Count);
        Assert.True(log.SegmentCount >= 7);
    }

    [Fact]
    public void An_append_that_is_not_at_the_end_breaks_an_invariant()
    {
        using PartitionLog log = PartitionLog.Open(Directory, Batches.Log, small, Batches.Now);
        using SharedBuffer wrong = Batches.Make(5);
        Assert.Throws<InvariantViolationException>(() => log.Append([wrong], Batches.Now));
        log.AppendOne(epoch: 3);
        using SharedBuffer older = Batches.Make(1, epoch: 2);
        Assert.Throws<InvariantViolationException>(() => log.Append([older], Batches.Now));
    }

    [Fact]
    public void A_second_holder_of_the_lock_is_refused_with_the_process_named()
    {
        using IDisposable held = Directory.Lock("lock");
        DirectoryInUseException refused = Assert.Throws<DirectoryInUseException>(() => Directory.Lock("lock"));
        Assert.Contains(Environment.ProcessId.ToString(), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void State_snapshots_come_back_newest_first_and_survive_damage_of_the_newest()
    {
        using PartitionLog log = PartitionLog.Open(Directory, Batches.Log, small, Batches.Now);
        Assert.False(log.TryLoadState(out _, out _));
        for (int index = 0; index < 4; index++)
        {
            log.AppendOne();
            log.WriteState([(byte)index]);
        }

        Assert.True(log.TryLoadState(out Offset at, out byte[] state));
        Assert.Equal((new Offset(4), 3), (at, state[0]));
        string[] files = [.. System.IO.Directory.GetFiles(Directory.Path, "*.state").Order()];
        Assert.Equal(2, files.Length);
        byte[] bytes = File.ReadAllBytes(files[^1]);
        bytes[^1] ^= 1;
        File.WriteAllBytes(files[^1], bytes);
        Assert.True(log.TryLoadState(out at, out state));
        Assert.Equal((new Offset(3), 2), (at, state[0]));
    }
}
