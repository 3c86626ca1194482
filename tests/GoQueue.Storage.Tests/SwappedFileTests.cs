using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage.Tests;

/// <summary>
/// Files with the sound bytes of another place (reliability.md section 4, "swapped file"): a misdirected write, a file restored where it does not belong. Goal: such a segment is
/// damage as a whole, never served, counted or cut away, and such an index changes no answer. Method: two logs of one node with batches at the same offsets and positions.
/// </summary>
public sealed class SwappedFileTests
{
    private const string First = "00000000000000000000.log";

    private static readonly PartitionLogOptions Options = new() { SegmentBytes = 4096, IndexIntervalBytes = 256, TailCacheBytes = 0, ReserveBytes = 8192, RecycleSegments = false };
    private static readonly LogIdentity Other = Batches.Log with { Number = 8 };

    private readonly VirtualDisk disk = new();

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void A_segment_of_another_partition_is_damage_and_not_served(bool isActive, bool isClean)
    {
        List<string> names = Write(isClean);
        string victim = isActive ? names[^1] : names[0];
        Copy(victim, victim);
        using PartitionLog log = Open();
        CorruptRange range = Assert.Single(log.CorruptRanges);
        Assert.Equal(long.Parse(victim.AsSpan(0, 20)), range.Start.Value);
        Assert.Equal(range.Start, log.DamagedAt);
        for (Offset at = range.Start; at < range.End; at = at.Next)
        {
            Assert.Equal(ErrorCode.CorruptLog, log.Read(at, log.EndOffset, 1 << 20).Error?.Code);
        }

        Assert.Equal(ErrorCode.CorruptLog, log.OffsetForTime(new UnixMillis(Batches.Now.Value + range.Start.Value), log.EndOffset).Error.Code);
        Assert.Equal(0, log.Recovery.TruncatedBytes);
        Assert.All(new[] { Offset.Zero, range.End }.Where(at => at < range.Start || at >= range.End), at => Assert.All(ReadFrom(log, at), batch => IsOwn(batch)));
        log.AppendOne(); // it goes on behind
        Assert.Single(log.ReadAll(new Offset(log.EndOffset.Value - 1)));
        log.Close();
        using PartitionLog again = Open();
        Assert.Equal(range.Start, again.DamagedAt);
        Assert.Equal(range.End, again.CorruptRanges[0].End);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_segment_of_another_base_offset_of_the_same_log_is_damage(bool isClean)
    {
        List<string> names = Write(isClean);
        using (ILogFile from = Mine.Open(names[0], writable: false))
        {
            Put(Mine, names[1], Bytes(from));
        }

        using PartitionLog log = Open();
        Assert.Equal(long.Parse(names[1].AsSpan(0, 20)), Assert.Single(log.CorruptRanges).Start.Value);
        Assert.Equal(log.CorruptRanges[0].Start.Value, ReadFrom(log, Offset.Zero).Count); // all before it, one record each
    }

    [Fact]
    public void An_active_segment_that_is_not_ours_loses_no_offset_that_was_known_to_be_flushed()
    {
        using (PartitionLog log = Open(Options with { SegmentBytes = 1 << 20 }))
        {
            Fill(log, 20);
            log.NoteCommitted(log.EndOffset);
        }

        using (PartitionLog log = OpenOther(Options with { SegmentBytes = 1 << 20 }))
        {
            Fill(log, 5);
        }

        disk.Crash(CrashMode.DropUnflushed);
        Copy(First, First);
        using PartitionLog found = Open();
        Assert.Equal(new Offset(20), found.EndOffset);
        Assert.Equal(new CorruptRange(new(0), new(20), new(0), 0, found.CorruptRanges[0].EndPosition), Assert.Single(found.CorruptRanges));
    }

    [Theory]
    [InlineData(0, 4096)]
    [InlineData(0, 1)]
    [InlineData(4, 4)]
    [InlineData(16, 20)]
    [InlineData(4000, 10)]
    public void A_header_that_is_zeroed_or_changed_over_data_is_damage_and_not_a_torn_tail(int from, int count)
    {
        using (PartitionLog log = Open())
        {
            Fill(log, 5);
        }

        disk.Crash(CrashMode.DropUnflushed);
        using (ILogFile file = Mine.Open(First, writable: true))
        {
            byte[] bytes = new byte[count];
            file.Read(from, bytes);
            file.Write(from, bytes.Select(one => (byte)(count == 4096 ? 0 : ~one)).ToArray());
        }

        using PartitionLog found = Open();
        Assert.Equal(0, found.Recovery.TruncatedBytes);
        Assert.Equal(Offset.Zero, found.DamagedAt);
        Assert.True(found.EndOffset > Offset.Zero, "its offsets are not used again at once");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(4095)]
    public void A_segment_cut_into_its_header_is_damage(int length)
    {
        Write(isClean: true);
        using (ILogFile file = Mine.Open(First, writable: true))
        {
            file.SetLength(length);
        }

        using PartitionLog log = Open();
        Assert.Equal(Offset.Zero, log.DamagedAt);
        Assert.Equal(ErrorCode.CorruptLog, log.Read(Offset.Zero, log.EndOffset, 100).Error?.Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_segment_overwritten_under_a_running_log_is_not_served(bool isActive)
    {
        List<string> names = Write(isClean: true);
        using PartitionLog log = Open();
        Assert.NotEmpty(log.ReadAll()); // all files are open
        string victim = isActive ? names[^1] : names[0];
        Copy(victim, victim);
        Offset at = new(long.Parse(victim.AsSpan(0, 20)));
        Assert.Equal(ErrorCode.CorruptLog, log.Read(at, log.EndOffset, 1 << 20).Error?.Code);
        Assert.Equal(at, log.DamagedAt);
        Assert.False(log.DescribeSealed(at).IsOk);
    }

    [Fact]
    public void A_segment_overwritten_while_it_grows_is_found_when_it_is_sealed()
    {
        Write(isClean: true);
        using PartitionLog log = Open();
        Offset active = log.ActiveSegmentStart;
        string name = $"{active.Value:D20}.log";
        Copy(name, name);
        while (log.ActiveSegmentStart == active)
        {
            log.AppendOne(valueBytes: 200);
        }

        log.FinishRoll();
        Assert.Equal(active, log.DamagedAt);
    }

    /// <summary>Both logs have batches of the same sizes, so every entry of the other index points to a batch here. Where gaps are allowed nothing else would show.</summary>
    [Theory]
    [InlineData(".index")]
    [InlineData(".timeindex")]
    public void An_index_of_another_partition_hides_no_record_and_expires_none(string suffix)
    {
        long now = Batches.Now.Value;
        using (PartitionLog log = Open())
        {
            Fill(log, 60, timestamp: offset => now + (offset * 1000));
            log.Close();
        }

        using (PartitionLog log = OpenOther(Options))
        {
            Fill(log, 60, timestamp: _ => now - 1_000_000); // older: by its time index all of the other log is expired
            log.Close();
        }

        foreach (LogDirectoryEntry entry in Mine.List().Where(entry => entry.Name.EndsWith(suffix, StringComparison.Ordinal)))
        {
            Copy(entry.Name, entry.Name);
        }

        using PartitionLog found = Open();
        for (long offset = 0; offset < 60; offset++)
        {
            Assert.Equal(new Offset(offset), Batches.BaseOffset(found.ReadAll(new Offset(offset), maxBytes: 1)[0]));
            Assert.Equal(new Offset(offset), found.OffsetForTime(new UnixMillis(now + (offset * 1000)), found.EndOffset).Value);
        }

        Assert.Equal(Offset.Zero, found.ApplyRetention(500_000, -1, found.EndOffset, new UnixMillis(now)));
    }

    /// <summary>The fold of another partition, or of another offset, would forget producers and remember strangers; another epoch list would cut what is right.</summary>
    [Fact]
    public void Small_files_of_another_place_are_as_good_as_missing()
    {
        foreach (bool isOther in new[] { true, false })
        {
            using PartitionLog log = isOther ? OpenOther(Options) : Open();
            for (byte index = 1; index <= 6; index++)
            {
                log.AppendOne(epoch: isOther ? index : index / 2);
                log.WriteState([index, (byte)(isOther ? 1 : 0)]);
            }

            log.Close();
        }

        Copy(LeaderEpochs.FileName, LeaderEpochs.FileName);
        Copy("committed", "committed");
        Copy("clean", "clean");
        Copy("checkpoint", "checkpoint");
        Copy($"{6:D20}.state", $"{6:D20}.state");
        using (PartitionLog log = Open())
        {
            Assert.False(log.Recovery.WasClean);
            Assert.Equal(new Offset(6), log.EndOffset);
            Assert.Empty(log.CorruptRanges);
            Assert.Equal([0, 1, 2, 3], log.Epochs.Entries.Select(entry => entry.Epoch.Value));
            Assert.Equal(Offset.Zero, log.CommittedEnd);
            Assert.True(log.TryLoadState(out Offset at, out byte[] state));
            Assert.Equal((new Offset(5), 5, 0), (at, state[0], state[1]));
        }

        using (ILogFile older = Mine.Open($"{5:D20}.state", writable: false))
        {
            Put(Mine, $"{6:D20}.state", Bytes(older)); // of the same log, in the place of another one
        }

        using PartitionLog again = Open();
        Assert.True(again.TryLoadState(out Offset found, out _));
        Assert.Equal(new Offset(5), found);
    }

    [Fact]
    public void A_segment_of_version_1_is_refused_by_name_and_left_alone()
    {
        using (PartitionLog log = Open())
        {
            Fill(log, 3);
            log.Close();
        }

        using (ILogFile file = Mine.Open(First, writable: true))
        {
            byte[] batches = Bytes(file)[SegmentHeader.Size..];
            Put(Mine, First, batches);
        }

        string[] before = [.. Mine.List().Select(entry => entry.ToString())];
        OlderFormatException refused = Assert.Throws<OlderFormatException>(() => Open());
        Assert.Contains($"{First} has format version 1", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Mine.List().Select(entry => entry.ToString()));
    }

    [Fact]
    public void A_segment_of_a_newer_version_is_refused()
    {
        Write(isClean: true);
        using (ILogFile file = Mine.Open(First, writable: true))
        {
            byte[] header = SegmentHeader.Make(Batches.Log, Offset.Zero);
            header[2] = 9;
            uint checksum = Crc32C.Append(Crc32C.Compute(header.AsSpan(0, 4)), header.AsSpan(8));
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), checksum);
            file.Write(0, header);
        }

        Assert.Contains("version 9", Assert.Throws<NewerFormatException>(() => Open()).Message, StringComparison.Ordinal);
    }

    public SwappedFileTests()
    {
        _ = (Mine, Theirs);
        disk.Root.Sync();
    }

    private VirtualLogDirectory Mine => (VirtualLogDirectory)disk.Root.Subdirectory("mine");

    private ILogDirectory Theirs => disk.Root.Subdirectory("theirs");

    /// <summary>In the metadata's directory stands a checkpoint of a version that nobody has, to keep older programs out. In a log it is damage like any other.</summary>
    [Fact]
    public void A_checkpoint_of_a_later_version_that_is_not_of_this_log_counts_as_none()
    {
        Write(isClean: false);
        byte[] guard = [(byte)'G', (byte)'Q', 255, 1, .. new byte[44]];
        BinaryPrimitives.WriteUInt32BigEndian(guard.AsSpan(4), Crc32C.Append(Crc32C.Compute(guard.AsSpan(0, 4)), guard.AsSpan(8)));
        Put(Mine, "checkpoint", guard);
        using PartitionLog log = Open();
        Assert.Equal(new Offset(40), log.EndOffset);
    }

    private PartitionLog Open(PartitionLogOptions? options = null) => PartitionLog.Open(Mine, Batches.Log, options ?? Options, Batches.Now);

    private PartitionLog OpenOther(PartitionLogOptions options) => PartitionLog.Open(Theirs, Other, options, Batches.Now);

    /// <summary>Both logs, each with several segments of the same names and positions; the segment names.</summary>
    private List<string> Write(bool isClean)
    {
        using (PartitionLog log = Open())
        {
            Fill(log, 40);
            Close(log, isClean);
        }

        using (PartitionLog log = OpenOther(Options))
        {
            Fill(log, 40, seed: 1);
            Close(log, isClean);
        }

        disk.Root.Sync();
        if (!isClean)
        {
            disk.Crash(CrashMode.DropUnflushed);
        }

        List<string> names = [.. Mine.List().Select(entry => entry.Name).Where(name => name.EndsWith(".log", StringComparison.Ordinal))];
        Assert.Equal(names, Theirs.List().Select(entry => entry.Name).Where(name => name.EndsWith(".log", StringComparison.Ordinal)));
        Assert.True(names.Count > 2);
        return names;
    }

    private static void Fill(PartitionLog log, int count, int seed = 0, Func<long, long>? timestamp = null)
    {
        for (int index = 0; index < count; index++)
        {
            log.AppendOne(valueBytes: 200, seed: seed, timestamp: timestamp?.Invoke(log.EndOffset.Value));
        }

        log.Flush();
    }

    private static void Close(PartitionLog log, bool isClean)
    {
        if (isClean)
        {
            log.Close();
        }
    }

    private void Copy(string from, string to)
    {
        using ILogFile source = Theirs.Open(from, writable: false);
        Put(Mine, to, Bytes(source));
    }

    private static void Put(ILogDirectory directory, string name, byte[] bytes)
    {
        using ILogFile target = directory.Open(name, writable: true);
        target.SetLength(0);
        target.Write(0, bytes);
        target.Flush();
    }

    private static byte[] Bytes(ILogFile file)
    {
        byte[] bytes = new byte[file.Length];
        file.Read(0, bytes);
        return bytes;
    }

    /// <summary>Everything that is readable from there on without an error.</summary>
    private static List<byte[]> ReadFrom(PartitionLog log, Offset at)
    {
        List<byte[]> all = [];
        while (at < log.EndOffset)
        {
            LogRead read = log.Read(at, log.EndOffset, 1 << 20);
            if (read.Error is not null || read.Slices.Count == 0)
            {
                break;
            }

            foreach (BufferSlice slice in read.Slices)
            {
                all.AddRange(Batches.Split(slice.Span));
                slice.Buffer.Release();
            }

            at = read.NextOffset;
        }

        return all;
    }

    private static void IsOwn(byte[] batch)
    {
        using SharedBuffer expected = Batches.Make(Batches.BaseOffset(batch).Value, valueBytes: 200);
        Assert.Equal(expected.Span.ToArray(), batch);
    }
}
