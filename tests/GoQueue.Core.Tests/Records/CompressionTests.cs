using System.Buffers.Binary;
using System.IO.Compression;
using GoQueue.Core.Records;

namespace GoQueue.Core.Tests.Records;

public class CompressionTests
{
    private static readonly byte[] SnappyFraming = [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1];

    [Fact]
    public void Snappy_is_written_in_the_framing_of_Kafka_clients_in_blocks_of_32_KiB()
    {
        PlainRecord[] records = [new(0, 1, null, Text(100_000), [])];
        byte[] batch = TestBatches.Encode(records, CompressionCodec.Snappy);
        ReadOnlySpan<byte> body = batch.AsSpan(RecordBatchLayout.HeaderSize);

        Assert.True(body.StartsWith(SnappyFraming));
        List<int> blockSizes = [];
        body = body[SnappyFraming.Length..];
        while (!body.IsEmpty)
        {
            int size = BinaryPrimitives.ReadInt32BigEndian(body);
            blockSizes.Add(IronSnappy.Snappy.Decode(body.Slice(4, size)).Length);
            body = body[(4 + size)..];
        }

        Assert.Equal([32768, 32768, 32768], blockSizes[..3]);
        Assert.Equal(4, blockSizes.Count);
        TestBatches.AssertSame(records, TestBatches.Decode(batch));
    }

    [Fact]
    public void Snappy_as_one_raw_block_is_read_too()
    {
        byte[] plain = TestBatches.Small(200);
        byte[] raw = IronSnappy.Snappy.Encode(plain.AsSpan(RecordBatchLayout.HeaderSize));
        byte[] batch = TestBatches.Around(raw, 200, CompressionCodec.Snappy);

        AssertSameRecords(plain, batch);
    }

    [Fact]
    public void Gzip_in_several_members_is_read_as_one()
    {
        byte[] plain = TestBatches.Small(100);
        ReadOnlySpan<byte> records = plain.AsSpan(RecordBatchLayout.HeaderSize);
        byte[] batch = TestBatches.Around([.. Gzip(records[..500]), .. Gzip(records[500..])], 100, CompressionCodec.Gzip);

        AssertSameRecords(plain, batch);
    }

    [Fact]
    public void Our_snappy_decoder_agrees_with_the_library_on_any_mix_of_text_and_noise()
    {
        Random random = new(3);
        for (int run = 0; run < 300; run++)
        {
            byte[] source = Mixed(random, random.Next(1, 5000));
            byte[] raw = IronSnappy.Snappy.Encode(source);
            byte[] record = WrapAsValue(source);
            byte[] batch = TestBatches.Around(IronSnappy.Snappy.Encode(record), 1, CompressionCodec.Snappy);

            Assert.Equal(source, IronSnappy.Snappy.Decode(raw));
            Assert.Equal(source, Assert.Single(TestBatches.Decode(batch)).Value);
        }
    }

    // Elements by hand: size, then literals (tag 00), copies with 1, 2 and 4 offset bytes (tags 01, 10, 11).
    [Theory]
    [InlineData("07 04 0c00 0d 01", false)] // copy of 7 where 4 are left
    [InlineData("07 18 0c000000010100", true)]
    [InlineData("0b 18 0c000000010100 0d 00", false)] // copy from offset 0
    [InlineData("0b 18 0c000000010100 01 08", false)] // copy from before the start
    [InlineData("07 18 0c0000000101", false)] // literal ends early
    [InlineData("08 18 0c000000010100", false)] // fewer bytes than announced
    [InlineData("06 18 0c000000010100", false)] // more bytes than announced
    [InlineData("07 f0 06 0c000000010100", true)] // literal with a length byte
    [InlineData("07 f4 06", false)]
    [InlineData("07 fc ffffffff 0c000000010100", false)] // literal of 4 GiB
    [InlineData("07 08 0c0000 02 0100 04 0101 00 00", true)] // copy with two offset bytes
    [InlineData("07 08 0c0000 03 01000000 04 0101 00 00", true)] // copy with four offset bytes
    [InlineData("07 08 0c0000 03 010000", false)]
    [InlineData("80", false)]
    [InlineData("ffffffff7f 00", false)] // announces 2 GiB and more from one byte
    public void Snappy_elements_are_checked_one_by_one(string hexadecimal, bool isSound)
    {
        byte[] batch = TestBatches.Around(Convert.FromHexString(hexadecimal.Replace(" ", "", StringComparison.Ordinal)), 1, CompressionCodec.Snappy);
        using RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out Error? error);

        Assert.Equal(isSound ? null : ErrorCode.CorruptBatch, error?.Code);
    }

    [Fact]
    public void A_gzip_bomb_is_refused_within_the_memory_of_its_cap()
    {
        byte[] bomb = TestBatches.Around(Gzip(new byte[64 << 20]), 1, CompressionCodec.Gzip);
        Assert.True(bomb.Length < 1 << 20);
        AssertRefusedWithinBounds(bomb, 1 << 20, ErrorCode.DecompressionTooLarge, maxAllocated: 4 << 20);
    }

    [Fact]
    public void A_snappy_bomb_is_refused_before_anything_is_inflated()
    {
        byte[] block = IronSnappy.Snappy.Encode(new byte[32768]);
        byte[] framed = [.. SnappyFraming, .. Enumerable.Repeat<byte[]>([0, 0, (byte)(block.Length >> 8), (byte)block.Length, .. block], 600).SelectMany(b => b)];
        AssertRefusedWithinBounds(TestBatches.Around(framed, 1, CompressionCodec.Snappy), 16 << 20, ErrorCode.DecompressionTooLarge, maxAllocated: 1 << 20);
    }

    [Fact]
    public void A_snappy_block_that_announces_more_than_it_can_hold_is_refused_before_memory_is_taken()
    {
        byte[] liar = TestBatches.Around([0x80, 0x80, 0x80, 0x14, 0, 1, 0, 1], 1, CompressionCodec.Snappy); // 40 MiB, below the cap, from 4 bytes
        AssertRefusedWithinBounds(liar, 1 << 26, ErrorCode.CorruptBatch, maxAllocated: 1 << 20);
    }

    [Fact]
    public void The_cap_itself_is_allowed_and_one_byte_more_is_not()
    {
        foreach (CompressionCodec codec in (CompressionCodec[])[CompressionCodec.Gzip, CompressionCodec.Snappy])
        {
            byte[] plain = TestBatches.Small(500);
            byte[] batch = TestBatches.Small(500, codec);
            int inflatedBytes = plain.Length - RecordBatchLayout.HeaderSize;

            Assert.Null(RecordBatchValidator.ValidateRecords(batch, new RecordReadLimits(inflatedBytes)));
            Assert.Equal(ErrorCode.DecompressionTooLarge, RecordBatchValidator.ValidateRecords(batch, new RecordReadLimits(inflatedBytes - 1))?.Code);
            Assert.Equal(ErrorCode.DecompressionTooLarge, RecordBatchValidator.ValidateRecords(batch, new RecordReadLimits(0))?.Code);
        }
    }

    [Theory]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Snappy)]
    public void Compressed_records_damaged_anywhere_are_refused_or_read_in_bounds(CompressionCodec codec)
    {
        byte[] batch = TestBatches.Small(30, codec);
        RecordReadLimits limits = new(1 << 16);
        for (int at = RecordBatchLayout.HeaderSize; at < batch.Length; at++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] damaged = [.. batch];
                damaged[at] ^= (byte)(1 << bit);
                using RecordBatchReader reader = RecordBatchReader.Open(damaged, limits, out Error? error);
                Assert.True(error is not null || reader.RecordBytes <= limits.MaxDecompressedBytes);
            }
        }
    }

    private static void AssertRefusedWithinBounds(byte[] batch, int cap, ErrorCode code, long maxAllocated)
    {
        Assert.Null(RecordBatchValidator.ValidateStored(batch));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Error? error = RecordBatchValidator.ValidateRecords(batch, new RecordReadLimits(cap));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(code, error?.Code);
        Assert.InRange(allocated, 0, maxAllocated);
    }

    /// <summary>The Around helper keeps the first record's base timestamp, so times agree as well.</summary>
    private static void AssertSameRecords(byte[] expected, byte[] actual) => TestBatches.AssertSame(TestBatches.Decode(expected), TestBatches.Decode(actual));

    private static byte[] WrapAsValue(byte[] value) => TestBatches.Encode([new PlainRecord(0, 1_700_000_000_000, null, value, [])])[RecordBatchLayout.HeaderSize..];

    private static byte[] Gzip(ReadOnlySpan<byte> source)
    {
        using MemoryStream sink = new();
        using (GZipStream gzip = new(sink, CompressionLevel.Optimal))
        {
            gzip.Write(source);
        }

        return sink.ToArray();
    }

    private static byte[] Text(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)('a' + (i * i % 17)))];

    private static byte[] Mixed(Random random, int length)
    {
        byte[] bytes = new byte[length];
        int at = 0;
        while (at < length)
        {
            int run = Math.Min(length - at, random.Next(1, 200));
            switch (random.Next(3))
            {
                case 0:
                    random.NextBytes(bytes.AsSpan(at, run));
                    break;
                case 1:
                    bytes.AsSpan(at, run).Fill((byte)random.Next(256));
                    break;
                default:
                    int from = random.Next(at + 1);
                    run = Math.Min(run, at - from);
                    bytes.AsSpan(from, run).CopyTo(bytes.AsSpan(at));
                    break;
            }

            at += run;
        }

        return bytes;
    }
}
