using System.Text;
using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Fuzz.Kafka;

/// <summary>The two halves of the judge <c>kafka-batches</c>: files <c>NAME.bin</c> with one batch, and beside each <c>NAME.json</c> with what it says.</summary>
internal static class BatchFiles
{
    private static readonly string[] HeaderKeys = ["h", "trace-id", "schlüssel", "鍵", "🔑", new('k', 200)];

    /// <summary>Writes random batches of ours, the same for the same seed.</summary>
    public static void Write(string folder, int seed, int count)
    {
        Directory.CreateDirectory(folder);
        for (int i = 0; i < count; i++)
        {
            (byte[] batch, BatchDescription said) = Make(new Random(unchecked((seed * 7919) + i)), i);
            string path = Path.Combine(folder, $"goqueue-{i:d4}");
            File.WriteAllBytes(path + ".bin", batch);
            File.WriteAllText(path + ".json", said.ToJson());
        }

        Console.WriteLine($"{count} batches written");
    }

    /// <summary>Reads every batch of a folder and compares it with its description. Answers the number of differences; an empty folder is one.</summary>
    public static int Read(string folder)
    {
        string[] files = Directory.GetFiles(folder, "*.bin");
        Array.Sort(files, StringComparer.Ordinal);
        int differences = files.Length == 0 ? 1 : 0;
        foreach (string file in files)
        {
            string expected = BatchDescription.Parse(File.ReadAllText(Path.ChangeExtension(file, ".json"))).ToJson();
            Result<BatchDescription> read = BatchDescription.Of(File.ReadAllBytes(file));
            string seen = read.TryGet(out BatchDescription? said, out Error error) ? said.ToJson() : error.ToString();
            if (seen != expected)
            {
                differences++;
                Console.WriteLine($"{Path.GetFileName(file)} differs\n--- expected\n{expected}\n--- seen\n{seen}");
            }
        }

        Console.WriteLine($"{files.Length} batches read, {differences} differ");
        return differences;
    }

    /// <summary>A batch and what it must say. The description comes from what was put in, not from reading the batch back.</summary>
    private static (byte[] Batch, BatchDescription Said) Make(Random random, int index)
    {
        using RecordBatchBuilder builder = new();
        PriorityLane lane = (PriorityLane)random.Next(5);
        CompressionCodec codec = (CompressionCodec)(index % 3);
        bool isTransactional = random.Next(4) == 0;
        builder.Reset(lane: lane, codec: codec, isTransactional: isTransactional);
        long firstTimestamp = random.NextInt64(0, 4_000_000_000_000);
        List<RecordDescription> records = [];
        int count = random.Next(5) switch { 0 => 1, 1 => random.Next(200, 2000), _ => random.Next(1, 30) };
        long maxTimestamp = 0;
        for (int i = 0; i < count; i++)
        {
            long timestamp = i == 0 ? firstTimestamp : Math.Max(0, firstTimestamp + random.NextInt64(-100_000, 10_000_000));
            byte[]? key = Field(random);
            byte[]? value = Field(random);
            RecordHeader[] headers = [.. Enumerable.Range(0, random.Next(4)).Select(_ => Header(random))];
            Invariant.Check(
                builder.TryAppend(new UnixMillis(timestamp), key, key is null, value, value is null, headers, 64 << 20), "the record fits");
            maxTimestamp = Math.Max(maxTimestamp, timestamp);
            records.Add(new RecordDescription
            {
                Offset = BatchDescription.Text(i),
                Timestamp = BatchDescription.Text(timestamp),
                Key = Base64(key),
                Value = Base64(value),
                Headers = [.. headers.Select(h => new[] { h.Key, h.ValueIsNull ? null : Convert.ToBase64String(h.Value.Span) })],
            });
        }

        bool hasProducer = random.Next(2) == 0;
        ProducerId producer = hasProducer ? new ProducerId(random.NextInt64()) : ProducerId.None;
        (short epoch, int sequence) = hasProducer ? ((short)random.Next(32768), random.Next()) : ((short)-1, -1);
        using SharedBuffer batch = builder.Build(producer, epoch, sequence);
        return (batch.Span.ToArray(), new BatchDescription
        {
            BaseOffset = "0",
            LeaderEpoch = -1,
            Compression = (int)new RecordBatchHeader(batch.Span).Compression, // plain when compression would not have helped
            Lane = (int)lane,
            IsTransactional = isTransactional,
            IsControl = false,
            LastOffsetDelta = count - 1,
            BaseTimestamp = BatchDescription.Text(firstTimestamp),
            MaxTimestamp = BatchDescription.Text(maxTimestamp),
            ProducerId = BatchDescription.Text(producer.Value),
            ProducerEpoch = epoch,
            BaseSequence = sequence,
            Records = records,
        });
    }

    private static RecordHeader Header(Random random)
    {
        byte[]? value = Field(random);
        return new RecordHeader(HeaderKeys[random.Next(HeaderKeys.Length)], value, value is null);
    }

    private static byte[]? Field(Random random)
    {
        switch (random.Next(8))
        {
            case 0:
                return null;
            case 1:
                return [];
            case 2:
                byte[] noise = new byte[random.Next(1, 300)];
                random.NextBytes(noise);
                return noise;
            default:
                return Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($"item {random.Next(100)}, ", random.Next(1, 20))));
        }
    }

    private static string? Base64(byte[]? bytes) => bytes is null ? null : Convert.ToBase64String(bytes);
}
