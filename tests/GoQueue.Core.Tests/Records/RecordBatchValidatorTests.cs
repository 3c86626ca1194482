using System.Buffers.Binary;
using GoQueue.Core.Records;

namespace GoQueue.Core.Tests.Records;

public class RecordBatchValidatorTests
{
    /// <summary>Each change makes a sound batch unsound in one way; the CRC is made right again, so that only the named check can refuse it.</summary>
    public static TheoryData<string, ErrorCode, string> Refusals => new()
    {
        { "magic 1", ErrorCode.UnsupportedBatchVersion, "magic 1" },
        { "magic 0", ErrorCode.UnsupportedBatchVersion, "magic 0" },
        { "negative length", ErrorCode.CorruptBatch, "announces a batch of -" },
        { "length 0", ErrorCode.CorruptBatch, "announces a batch of 12 bytes" },
        { "length too short by 1", ErrorCode.CorruptBatch, "announces a batch of" },
        { "length too long by 1", ErrorCode.CorruptBatch, "announces a batch of" },
        { "length of 2^31-1", ErrorCode.CorruptBatch, "announces a batch of 2147483659 bytes" },
        { "count 0", ErrorCode.CorruptBatch, "counts 0 records" },
        { "count -1", ErrorCode.CorruptBatch, "counts -1 records" },
        { "count without delta", ErrorCode.CorruptBatch, "the last offset delta is 2, 4 records need 3" },
        { "delta without count", ErrorCode.CorruptBatch, "the last offset delta is 9, 3 records need 2" },
        { "negative delta", ErrorCode.CorruptBatch, "the last offset delta is -1" },
        { "count beyond the bytes", ErrorCode.CorruptBatch, "1000000 records do not fit" },
        { "codec 3", ErrorCode.UnsupportedCompression, "codec 3" },
        { "codec 4", ErrorCode.UnsupportedCompression, "codec 4" },
        { "codec 7", ErrorCode.UnsupportedCompression, "codec 7" },
        { "lane 5", ErrorCode.CorruptBatch, "lane 5" },
        { "lane 7", ErrorCode.CorruptBatch, "lane 7" },
        { "bit 6", ErrorCode.CorruptBatch, "must be zero" },
        { "bit 7", ErrorCode.CorruptBatch, "must be zero" },
        { "bit 11", ErrorCode.CorruptBatch, "must be zero" },
        { "bit 15", ErrorCode.CorruptBatch, "must be zero" },
        { "control", ErrorCode.InvalidArgument, "control batches" },
        { "transactional", ErrorCode.InvalidArgument, "transactional" },
        { "append time", ErrorCode.InvalidArgument, "append time" },
        { "base timestamp -1", ErrorCode.InvalidArgument, "base and max timestamp" },
        { "max timestamp -1", ErrorCode.InvalidArgument, "base and max timestamp" },
        { "producer id -2", ErrorCode.InvalidArgument, "producer id -2" },
        { "producer without epoch", ErrorCode.InvalidArgument, "producer 9 sent epoch -1" },
        { "producer without sequence", ErrorCode.InvalidArgument, "base sequence -1" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_fresh_batch_is_refused_with_a_precise_sentence(string change, ErrorCode code, string sentence)
    {
        byte[] batch = TestBatches.Changed(TestBatches.Small(3), b => Apply(change, b));

        Error? refusal = RecordBatchValidator.Validate(batch, TestBatches.Limit);

        Assert.Equal(code, refusal?.Code);
        Assert.Contains(sentence, refusal!.Value.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_CRC_names_both_values()
    {
        byte[] batch = TestBatches.Small();
        batch[^1] ^= 1;

        Error? refusal = RecordBatchValidator.Validate(batch, TestBatches.Limit);

        Assert.Equal(ErrorCode.CorruptBatch, refusal?.Code);
        Assert.Contains($"0x{new RecordBatchHeader(batch).Crc:x8}", refusal!.Value.Detail, StringComparison.Ordinal);
        Assert.Contains($"0x{Crc32C.Compute(RecordBatchHeader.CrcCovered(batch)):x8}", refusal.Value.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Trailing_bytes_are_refused()
    {
        byte[] batch = [.. TestBatches.Small(), 0];
        Assert.Equal(ErrorCode.CorruptBatch, RecordBatchValidator.Validate(batch, TestBatches.Limit)?.Code);
    }

    [Fact]
    public void Two_batches_are_not_one()
    {
        byte[] batch = [.. TestBatches.Small(), .. TestBatches.Small()];
        Assert.Equal(ErrorCode.CorruptBatch, RecordBatchValidator.Validate(batch, TestBatches.Limit)?.Code);
    }

    [Fact]
    public void The_size_limit_counts_the_whole_batch()
    {
        byte[] batch = TestBatches.Small();
        Assert.Null(RecordBatchValidator.Validate(batch, batch.Length));
        Assert.Equal(ErrorCode.MessageTooLarge, RecordBatchValidator.Validate(batch, batch.Length - 1)?.Code);
    }

    [Fact]
    public void Control_and_transactional_batches_pass_where_they_are_accepted()
    {
        byte[] control = TestBatches.Changed(TestBatches.Small(), b => Apply("control", b));
        byte[] transactional = TestBatches.Changed(TestBatches.Small(), b => Apply("transactional", b));

        Assert.Null(RecordBatchValidator.Validate(control, TestBatches.Limit, RecordBatchKinds.Control));
        Assert.NotNull(RecordBatchValidator.Validate(control, TestBatches.Limit, RecordBatchKinds.Transactional));
        Assert.Null(RecordBatchValidator.Validate(transactional, TestBatches.Limit, RecordBatchKinds.Transactional));
        Assert.NotNull(RecordBatchValidator.Validate(transactional, TestBatches.Limit, RecordBatchKinds.Control));
    }

    [Fact]
    public void Clients_without_a_producer_id_may_leave_zeros_in_epoch_and_sequence()
    {
        byte[] batch = TestBatches.Changed(TestBatches.Small(), b => b.AsSpan(RecordBatchLayout.ProducerEpoch, 6).Clear());
        Assert.Null(RecordBatchValidator.Validate(batch, TestBatches.Limit));
    }

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Snappy)]
    public void Truncation_at_every_byte_is_refused(CompressionCodec codec)
    {
        byte[] batch = TestBatches.Small(8, codec);
        Assert.Equal(codec, new RecordBatchHeader(batch).Compression);
        for (int length = 0; length < batch.Length; length++)
        {
            Assert.Equal(ErrorCode.CorruptBatch, RecordBatchValidator.Validate(batch.AsSpan(0, length), TestBatches.Limit)?.Code);
            Assert.Equal(ErrorCode.CorruptBatch, RecordBatchValidator.ValidateStored(batch.AsSpan(0, length))?.Code);
        }
    }

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Snappy)]
    public void Every_single_bit_flip_is_refused_or_stands_in_a_field_the_leader_overwrites(CompressionCodec codec)
    {
        byte[] batch = TestBatches.Small(8, codec);
        List<PlainRecord> before = TestBatches.Decode(batch);
        for (int bit = 0; bit < batch.Length * 8; bit++)
        {
            byte[] flipped = [.. batch];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            bool isLeaderField = bit / 8 is < RecordBatchLayout.BatchLength or >= RecordBatchLayout.PartitionLeaderEpoch and < RecordBatchLayout.Magic;

            Assert.Equal(isLeaderField, RecordBatchValidator.Validate(flipped, TestBatches.Limit) is null);
            Assert.Equal(isLeaderField, RecordBatchValidator.ValidateStored(flipped) is null);
            if (isLeaderField)
            {
                RecordBatchHeader.Stamp(flipped, Offset.Zero, LeaderEpoch.None);
                TestBatches.AssertSame(before, TestBatches.Decode(flipped));
            }
        }
    }

    [Fact]
    public void A_sound_batch_is_checked_without_allocating()
    {
        byte[] batch = TestBatches.Small(50);
        CheckAll(batch);

        long before = GC.GetAllocatedBytesForCurrentThread();
        CheckAll(batch);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_compacted_batch_is_sound_when_stored_and_refused_when_fresh()
    {
        byte[] gaps = TestBatches.Changed(TestBatches.Small(3), b => BinaryPrimitives.WriteInt32BigEndian(b.AsSpan(RecordBatchLayout.LastOffsetDelta), 10));
        byte[] empty = TestBatches.Changed(
            TestBatches.Around([], 0), b => BinaryPrimitives.WriteInt32BigEndian(b.AsSpan(RecordBatchLayout.LastOffsetDelta), 4));

        Assert.Null(RecordBatchValidator.ValidateStored(gaps));
        Assert.Null(RecordBatchValidator.ValidateStored(empty));
        Assert.NotNull(RecordBatchValidator.Validate(gaps, TestBatches.Limit));
        Assert.NotNull(RecordBatchValidator.Validate(empty, TestBatches.Limit));
    }

    [Fact]
    public void A_stored_batch_with_more_records_than_offsets_is_refused()
    {
        byte[] batch = TestBatches.Changed(TestBatches.Small(3), b => BinaryPrimitives.WriteInt32BigEndian(b.AsSpan(RecordBatchLayout.LastOffsetDelta), 1));
        Assert.Equal(ErrorCode.CorruptBatch, RecordBatchValidator.ValidateStored(batch)?.Code);
    }

    private static void CheckAll(byte[] batch)
    {
        bool isSound = RecordBatchValidator.Validate(batch, TestBatches.Limit) is null
            && RecordBatchValidator.ValidateStored(batch) is null
            && RecordBatchValidator.ValidateRecords(batch, RecordReadLimits.Default) is null;
        Invariant.Check(isSound, "the batch of this test is sound");
    }

    private static void Apply(string change, byte[] batch)
    {
        void Int16(int at, int value) => BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(at), (short)value);
        void Int32(int at, int value) => BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(at), value);
        void Int64(int at, long value) => BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(at), value);
        void Producer(long id, int epoch, int sequence)
        {
            Int64(RecordBatchLayout.ProducerId, id);
            Int16(RecordBatchLayout.ProducerEpoch, epoch);
            Int32(RecordBatchLayout.BaseSequence, sequence);
        }

        int length = batch.Length - RecordBatchLayout.LengthOverhead;
        Action apply = change switch
        {
            "magic 1" => () => batch[RecordBatchLayout.Magic] = 1,
            "magic 0" => () => batch[RecordBatchLayout.Magic] = 0,
            "negative length" => () => Int32(RecordBatchLayout.BatchLength, -length),
            "length 0" => () => Int32(RecordBatchLayout.BatchLength, 0),
            "length too short by 1" => () => Int32(RecordBatchLayout.BatchLength, length - 1),
            "length too long by 1" => () => Int32(RecordBatchLayout.BatchLength, length + 1),
            "length of 2^31-1" => () => Int32(RecordBatchLayout.BatchLength, int.MaxValue),
            "count 0" => () => Int32(RecordBatchLayout.RecordCount, 0),
            "count -1" => () => Int32(RecordBatchLayout.RecordCount, -1),
            "count without delta" => () => Int32(RecordBatchLayout.RecordCount, 4),
            "delta without count" => () => Int32(RecordBatchLayout.LastOffsetDelta, 9),
            "negative delta" => () => Int32(RecordBatchLayout.LastOffsetDelta, -1),
            "count beyond the bytes" => () =>
            {
                Int32(RecordBatchLayout.RecordCount, 1_000_000);
                Int32(RecordBatchLayout.LastOffsetDelta, 999_999);
            }
            ,
            "codec 3" => () => Int16(RecordBatchLayout.Attributes, 3),
            "codec 4" => () => Int16(RecordBatchLayout.Attributes, 4),
            "codec 7" => () => Int16(RecordBatchLayout.Attributes, 7),
            "lane 5" => () => Int16(RecordBatchLayout.Attributes, 5 << 8),
            "lane 7" => () => Int16(RecordBatchLayout.Attributes, 7 << 8),
            "bit 6" => () => Int16(RecordBatchLayout.Attributes, 1 << 6),
            "bit 7" => () => Int16(RecordBatchLayout.Attributes, 1 << 7),
            "bit 11" => () => Int16(RecordBatchLayout.Attributes, 1 << 11),
            "bit 15" => () => Int16(RecordBatchLayout.Attributes, unchecked((short)(1 << 15))),
            "control" => () => Int16(RecordBatchLayout.Attributes, RecordBatchLayout.ControlBit),
            "transactional" => () => Int16(RecordBatchLayout.Attributes, RecordBatchLayout.TransactionalBit),
            "append time" => () => Int16(RecordBatchLayout.Attributes, RecordBatchLayout.LogAppendTimeBit),
            "base timestamp -1" => () => Int64(RecordBatchLayout.BaseTimestamp, -1),
            "max timestamp -1" => () => Int64(RecordBatchLayout.MaxTimestamp, -1),
            "producer id -2" => () => Producer(-2, 0, 0),
            "producer without epoch" => () => Producer(9, -1, 0),
            "producer without sequence" => () => Producer(9, 0, -1),
            _ => throw new ArgumentException(change),
        };
        apply();
    }
}
