using System.Text;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Cleaning;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;
using Record = GoQueue.Core.Records.Record;

namespace GoQueue.Storage.Tests;

/// <summary>A compacted log with a record of everything that was ever appended.</summary>
internal sealed class CompactedTopic(int seed, int maxKeys)
{
    private static readonly PartitionLogOptions Options = new() { SegmentBytes = 3000, IndexIntervalBytes = 400, TailCacheBytes = 0, ReserveBytes = 1024 };

    private readonly Random random = new(seed);
    private readonly Dictionary<long, (string? Key, string? Value)> appended = [];
    private readonly HashSet<long> control = [];
    private readonly Dictionary<long, (long Base, int Sequence)> producers = [];

    public VirtualDisk Disk { get; } = new(seed);

    public long Now { get; set; } = Batches.Now.Value;

    public long WrittenBytes { get; private set; }

    public PartitionLog Log { get; private set; } = null!;

    public LogCleaner Cleaner { get; private set; } = null!;

    public void Open()
    {
        Log = PartitionLog.Open(Disk.Root, Batches.Log, Options, new UnixMillis(Now));
        Cleaner = new LogCleaner(Log, new LogCleanerOptions { MaxKeys = maxKeys });
    }

    public void Append(int batches)
    {
        using RecordBatchBuilder builder = new();
        for (int index = 0; index < batches; index++)
        {
            bool isControl = random.Next(20) == 0;
            builder.Reset(isControl: isControl, codec: random.Next(4) == 0 ? CompressionCodec.Gzip : CompressionCodec.None);
            long next = Log.EndOffset.Value;
            int count = random.Next(1, 5);
            for (int record = 0; record < count; record++)
            {
                string? key = random.Next(15) == 0 ? null : $"key{random.Next(25)}";
                string? value = random.Next(6) == 0 ? null : new string((char)('a' + random.Next(26)), random.Next(1, 80));
                Add(builder, next + record, key, value);
                if (isControl)
                {
                    control.Add(next + record);
                }
            }

            long producer = random.Next(3) == 0 ? random.Next(4) : -1;
            Send(builder, next, producer, producer < 0 ? -1 : producers.GetValueOrDefault(producer).Sequence + 100);
        }

        Log.Flush();
    }

    public void AppendRecord(string key, string? value, long producer = -1, int sequence = -1)
    {
        using RecordBatchBuilder builder = new();
        Add(builder, Log.EndOffset.Value, key, value);
        Send(builder, Log.EndOffset.Value, producer, sequence);
    }

    /// <summary>Appends records without a key until a new segment has begun.</summary>
    public void FillSegment()
    {
        int segments = Log.SegmentCount;
        while (Log.SegmentCount == segments)
        {
            using RecordBatchBuilder builder = new();
            Add(builder, Log.EndOffset.Value, null, new string('f', 200));
            Send(builder, Log.EndOffset.Value, -1, -1);
        }

        Log.Flush();
    }

    public void Clean()
    {
        for (int turns = 0; turns < 100_000; turns++)
        {
            switch (Cleaner.TryBegin(Log.EndOffset, new UnixMillis(Now)))
            {
                case CleanerStatus.Idle:
                    return;
                case CleanerStatus.ReadyToSwap:
                    Cleaner.Swap();
                    break;
                case CleanerStatus.Working:
                    Cleaner.Work(random.Next(1, 3000));
                    break;
                default:
                    throw new InvalidOperationException(Cleaner.Problem.ToString());
            }
        }

        throw new InvalidOperationException("the cleaner never gets done");
    }

    public List<long> OffsetsOf(string key) => [.. Records().Where(record => record.Key == key).Select(record => record.Offset)];

    public void Check()
    {
        List<(long Offset, string? Key, string? Value)> left = Records();
        CleanerState state = CleanerState.Load(new LogFolder(Disk.Root, Batches.Log));
        Assert.True(left.Zip(left.Skip(1)).All(pair => pair.First.Offset < pair.Second.Offset), "offsets grow");
        foreach ((long offset, string? key, string? value) in left)
        {
            Assert.Equal(appended[offset], (key, value));
        }

        HashSet<long> present = [.. left.Select(record => record.Offset)];
        Dictionary<string, long> last = appended.Where(entry => entry.Value.Key is not null && entry.Key < Log.EndOffset.Value && !control.Contains(entry.Key))
            .GroupBy(entry => entry.Value.Key!).ToDictionary(group => group.Key, group => group.Max(entry => entry.Key));
        foreach ((long offset, (string? key, string? value)) in appended.Where(entry => entry.Key < Log.EndOffset.Value))
        {
            bool mustStay = key is null || control.Contains(offset) || offset >= state.CleanedUpTo.Value && offset >= state.GapsBelow.Value
                || (last[key] == offset && (value is not null || offset >= state.TombstonesGoBelow(new UnixMillis(Now), 24 * 3600_000L).Value));
            Assert.True(!mustStay || present.Contains(offset), $"offset {offset} ({key}={value}) is gone");
        }

        foreach (IGrouping<string?, (long Offset, string? Key, string? Value)> group in left.Where(record => record.Offset < state.CleanedUpTo.Value && record.Key is not null && !control.Contains(record.Offset)).GroupBy(record => record.Key))
        {
            Assert.True(group.Count() == 1, $"key {group.Key} has {group.Count()} records below {state.CleanedUpTo}");
        }

        foreach ((long producer, (long baseOffset, int sequence)) in producers.Where(entry => entry.Value.Base < Log.EndOffset.Value))
        {
            Assert.Contains(Log.ReadAll(), batch => new RecordBatchHeader(batch) is { } header && header.ProducerId.Value == producer && header.BaseOffset.Value == baseOffset && header.BaseSequence == sequence);
        }

        foreach (long offset in present)
        {
            LogRead read = Log.Read(new Offset(offset), Log.EndOffset, 1);
            Assert.Contains(Decode(Batches.Split(read.Slices[0].Span)[0]), record => record.Offset == offset);
            read.Slices[0].Buffer.Release();
        }
    }

    private static List<(long Offset, string? Key, string? Value)> Decode(byte[] batch)
    {
        List<(long Offset, string? Key, string? Value)> records = [];
        using RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out Error? error);
        Assert.Null(error);
        foreach (Record record in reader)
        {
            records.Add((record.Offset.Value, record.KeyIsNull ? null : Encoding.UTF8.GetString(record.Key), record.ValueIsNull ? null : Encoding.UTF8.GetString(record.Value)));
        }

        return records;
    }

    private List<(long Offset, string? Key, string? Value)> Records() => [.. Log.ReadAll().SelectMany(Decode)];

    private void Add(RecordBatchBuilder builder, long offset, string? key, string? value)
    {
        appended[offset] = (key, value);
        Assert.True(builder.TryAppend(
            new UnixMillis(Now), Encoding.UTF8.GetBytes(key ?? ""), key is null, Encoding.UTF8.GetBytes(value ?? ""), value is null, [], int.MaxValue));
    }

    private void Send(RecordBatchBuilder builder, long next, long producer, int sequence)
    {
        using SharedBuffer batch = Batches.Stamped(builder.Build(new ProducerId(producer), (short)(producer < 0 ? -1 : 0), sequence), next);
        WrittenBytes += batch.Length;
        if (producer >= 0)
        {
            producers[producer] = (next, sequence);
        }

        Log.Append([batch], new UnixMillis(Now));
    }
}
