using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage;
using GoQueue.Storage.Cleaning;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;
using GoQueue.Storage.Recovery;
using GoQueue.Storage.Segments;

namespace GoQueue.Fuzz.Targets;

/// <summary>The small files of a partition log, as given and with the checksum made right: refused, or sane.</summary>
internal sealed class StorageFileTarget : IFuzzTarget
{
    private static readonly uint Place = FramedFile.Place(SeedLog.Identity, FlushCheckpoint.FileName);

    public string Name => "storage-files";

    public IEnumerable<byte[]> Seeds { get; } = [.. SeedLog.Files(name => !name.EndsWith(".log", StringComparison.Ordinal))];

    public void Run(ReadOnlySpan<byte> input)
    {
        Check(input);
        if (input.Length >= FramedFile.HeaderSize)
        {
            byte[] repaired = input.ToArray();
            "GQ\u0002"u8.CopyTo(repaired);
            BinaryPrimitives.WriteInt32BigEndian(repaired.AsSpan(4), repaired.Length - FramedFile.HeaderSize);
            BinaryPrimitives.WriteUInt32BigEndian(repaired.AsSpan(8), Crc32C.Append(Crc32C.Append(Place, repaired.AsSpan(0, 8)), repaired.AsSpan(12)));
            Check(repaired);
        }

        if (input.Length >= FlushCheckpoint.SlotSize)
        {
            byte[] slot = input[..FlushCheckpoint.SlotSize].ToArray();
            "GQ\u0002\u0001"u8.CopyTo(slot);
            BinaryPrimitives.WriteUInt32BigEndian(slot.AsSpan(4), Crc32C.Append(Crc32C.Append(Place, slot.AsSpan(0, 4)), slot.AsSpan(8)));
            Check(slot);
        }
    }

    private static void Check(ReadOnlySpan<byte> input)
    {
        try
        {
            if (FlushCheckpoint.TryParse(input, Place, "fuzz", out long sequence, out CheckpointEntry entry))
            {
                Invariant.Check(sequence > 0 && entry.End >= entry.SegmentBase && entry.Position >= 0, "a checkpoint makes sense");
            }

            foreach (FileKind kind in Enum.GetValues<FileKind>())
            {
                if (FramedFile.TryParse(input, Place, kind, "fuzz", out ReadOnlySpan<byte> payload))
                {
                    CheckPayload(kind, payload);
                }
            }
        }
        catch (NewerFormatException)
        {
            // the one refusal that is an exception
        }
    }

    private static void CheckPayload(FileKind kind, ReadOnlySpan<byte> payload)
    {
        switch (kind)
        {
            case FileKind.LeaderEpochs when LeaderEpochs.Parse(payload) is { } entries:
                Invariant.Check(entries.Zip(entries.Skip(1)).All(pair => pair.First.Epoch < pair.Second.Epoch && pair.First.StartOffset < pair.Second.StartOffset), "epochs rise");
                break;
            case FileKind.CleanShutdown when CleanMarker.Parse(payload) is { } end:
                Invariant.Check(end.End >= end.SegmentBase, "a clean end makes sense");
                break;
            case FileKind.CleanerState when CleanerState.Parse(payload) is { } state:
                Invariant.Check(state.CleanedUpTo.Value >= 0, "a cleaner state makes sense");
                break;
            case FileKind.CleanerSwap when CleanerSwap.Parse(payload) is { } sources:
                Invariant.Check(sources.Count > 0, "a swap has sources");
                break;
        }
    }
}

/// <summary>Arbitrary bytes as the index files of a sound log: no answer changes.</summary>
internal sealed class SegmentIndexTarget : IFuzzTarget
{
    public string Name => "segment-index";

    public IEnumerable<byte[]> Seeds { get; } = [.. SeedLog.Files(name => name.EndsWith("index", StringComparison.Ordinal))];

    public long MaxAllocatedBytes => 64 << 20;

    public void Run(ReadOnlySpan<byte> input)
    {
        VirtualDisk disk = SeedLog.Make();
        foreach (LogDirectoryEntry entry in disk.Root.List().Where(entry => entry.Name.EndsWith("index", StringComparison.Ordinal)))
        {
            using ILogFile file = disk.Root.Open(entry.Name, writable: true);
            file.SetLength(0);
            file.Write(0, input);
        }

        using PartitionLog log = PartitionLog.Open(disk.Root, SeedLog.Identity, SeedLog.Options, SeedLog.Now);
        for (Offset at = log.StartOffset; at < log.EndOffset; at = at.Next)
        {
            LogRead read = log.Read(at, log.EndOffset, 1);
            Invariant.Check(read.Error is null && new RecordBatchHeader(read.Slices[0].Span).BaseOffset == at, "every offset is found");
            read.Slices[0].Buffer.Release();
            Result<Offset> byTime = log.OffsetForTime(new UnixMillis(SeedLog.Now.Value + at.Value), log.EndOffset);
            Invariant.Check(byTime.IsOk && byTime.Value == at, "every time is found");
        }
    }
}

/// <summary>Arbitrary bytes as a segment file, header and all: refused by version, or damage as a whole, or the log's own; and the same with the header's checksum made right.</summary>
internal sealed class SegmentHeaderTarget : IFuzzTarget
{
    private const string Name0 = "00000000000000000000.log";

    public string Name => "segment-header";

    public IEnumerable<byte[]> Seeds { get; } = [.. SeedLog.Files(name => name == Name0), SegmentHeader.Make(default, Offset.Zero), SegmentHeader.Make(SeedLog.Identity, new Offset(7))];

    public long MaxAllocatedBytes => 64 << 20;

    public void Run(ReadOnlySpan<byte> input)
    {
        Check(input);
        if (input.Length >= SegmentHeader.Size)
        {
            byte[] repaired = input.ToArray();
            "GQ\u0002\u000c"u8.CopyTo(repaired);
            BinaryPrimitives.WriteUInt32BigEndian(repaired.AsSpan(4), Crc32C.Append(Crc32C.Compute(repaired.AsSpan(0, 4)), repaired.AsSpan(8, SegmentHeader.Size - 8)));
            Check(repaired);
        }
    }

    private static void Check(ReadOnlySpan<byte> input)
    {
        VirtualDisk disk = new();
        using (ILogFile file = disk.Root.Create(Name0))
        {
            file.Write(0, input);
        }

        try
        {
            bool isOwn = SegmentHeader.TryParse(input, "fuzz", out LogIdentity identity, out Offset first) && identity == SeedLog.Identity && first == Offset.Zero;
            using PartitionLog log = PartitionLog.Open(disk.Root, SeedLog.Identity, SeedLog.Options, SeedLog.Now);
            LogRead read = log.Read(Offset.Zero, log.EndOffset, 1);
            Invariant.Check(isOwn || read.Error is { Code: ErrorCode.CorruptLog }, "what is not the log's own is not served");
            foreach (BufferSlice slice in read.Slices)
            {
                slice.Buffer.Release();
            }
        }
        catch (Exception refusal) when (refusal is NewerFormatException or OlderFormatException)
        {
            // by version
        }
    }
}

/// <summary>Arbitrary bytes as the batches of a segment of a log that was not closed: what is recovered is sound, and the log goes on.</summary>
internal sealed class LogRecoveryTarget : IFuzzTarget
{
    public string Name => "log-recovery";

    public IEnumerable<byte[]> Seeds { get; } = [.. SeedLog.Files(name => name.EndsWith(".log", StringComparison.Ordinal)).Select(file => file[SegmentHeader.Size..])];

    public long MaxAllocatedBytes => 64 << 20;

    public void Run(ReadOnlySpan<byte> input)
    {
        VirtualDisk disk = new();
        using (ILogFile file = disk.Root.Create("00000000000000000000.log"))
        {
            file.Write(0, SegmentHeader.Make(SeedLog.Identity, Offset.Zero));
            file.Write(SegmentHeader.Size, input);
        }

        Offset end;
        using (PartitionLog log = PartitionLog.Open(disk.Root, SeedLog.Identity, SeedLog.Options, SeedLog.Now))
        {
            end = log.EndOffset;
            Read(log);
            if (end.Value < int.MaxValue)
            {
                SeedLog.Append(log, Math.Max(0, log.Epochs.Latest.Value));
                Invariant.Check(log.EndOffset == end.Next, "the log goes on");
                LogRead read = log.Read(end, log.EndOffset, 1);
                Invariant.Check(read.Error is null && read.Slices.Count == 1, "what was appended is read");
                read.Slices[0].Buffer.Release();
            }
        }

        using PartitionLog again = PartitionLog.Open(disk.Root, SeedLog.Identity, SeedLog.Options, SeedLog.Now);
        Invariant.Check(again.EndOffset >= end, "nothing accepted once is lost later");
    }

    private static void Read(PartitionLog log)
    {
        Offset at = log.StartOffset;
        while (at < log.EndOffset)
        {
            LogRead read = log.Read(at, log.EndOffset, 4096);
            if (read.Error is Error error)
            {
                Invariant.Check(error.Code == ErrorCode.CorruptLog, "stored data is refused for damage only");
                CorruptRange range = log.CorruptRanges.First(known => known.Start <= at && at < known.End);
                at = range.End;
                continue;
            }

            Invariant.Check(read.NextOffset > at, "a read moves on");
            foreach (ReadOnlySpan<byte> batch in new RecordBatchSequence(read.Slices[0].Span))
            {
                Invariant.Check(Crc32C.Compute(RecordBatchHeader.CrcCovered(batch)) == new RecordBatchHeader(batch).Crc, "what is served is sound");
            }

            read.Slices[0].Buffer.Release();
            at = read.NextOffset;
        }
    }
}

/// <summary>A log with a few segments, the same in every process.</summary>
internal static class SeedLog
{
    public static readonly UnixMillis Now = new(1_700_000_000_000);

    public static readonly LogIdentity Identity = new(new Guid("00112233-4455-6677-8899-aabbccddeeff"), 3);

    public static readonly PartitionLogOptions Options = new() { SegmentBytes = 1024, IndexIntervalBytes = 100, TailCacheBytes = 0, ReserveBytes = 1024, RecycleSegments = false };

    public static VirtualDisk Make()
    {
        VirtualDisk disk = new();
        using PartitionLog log = PartitionLog.Open(disk.Root, SeedLog.Identity, Options, Now);
        for (int index = 0; index < 20; index++)
        {
            Append(log, index / 8);
        }

        log.WriteState("state"u8);
        new CleanerState(new Offset(0), HasTombstones: true, [new(new(1), new(2))]).Store(new LogFolder(disk.Root, Identity));
        log.Close();
        return disk;
    }

    public static void Append(PartitionLog log, int epoch)
    {
        using RecordBatchBuilder builder = new();
        builder.TryAppend(new UnixMillis(Now.Value + log.EndOffset.Value), "key"u8, "a value of some length"u8, 1000);
        using SharedBuffer batch = builder.Build();
        RecordBatchHeader.Stamp(batch.Span, log.EndOffset, new LeaderEpoch(epoch));
        log.Append([batch], Now);
    }

    public static IEnumerable<byte[]> Files(Func<string, bool> isWanted)
    {
        ILogDirectory root = Make().Root;
        foreach (LogDirectoryEntry entry in root.List().Where(entry => isWanted(entry.Name)))
        {
            using ILogFile file = root.Open(entry.Name, writable: false);
            byte[] bytes = new byte[entry.Length];
            file.Read(0, bytes);
            yield return bytes;
        }
    }
}
