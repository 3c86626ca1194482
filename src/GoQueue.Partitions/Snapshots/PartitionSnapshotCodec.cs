using System.Buffers;
using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Partitions.Producers;

namespace GoQueue.Partitions.Snapshots;

/// <summary>
/// Bytes of a partition-state snapshot, version 1 (table in docs/internals/partition-state.md). Big-endian, producers by ascending id, so equal
/// states are equal bytes. Reading trusts nothing: every count is checked against the bytes that are there before it is used.
/// </summary>
internal static class PartitionSnapshotCodec
{
    public const ushort Magic = 0x4751; // "GQ"
    public const byte Kind = (byte)'P';
    public const byte Version = 1;

    private const int HeaderSize = 8;
    private const int CountSize = 4;
    private const int ProducerSize = 8 + 2 + 8 + 4 + 1;
    private const int BatchSize = 4 + 4 + 8 + 8;

    /// <param name="producers">The state.</param>
    /// <param name="destination">Where it goes.</param>
    /// <param name="isShared">Without the times of the last appends, which each replica takes from its own clock.</param>
    public static void Write(ProducerTable producers, IBufferWriter<byte> destination, bool isShared = false)
    {
        ProducerId[] ids = producers.SortedIds();
        int size = HeaderSize + CountSize;
        foreach (ProducerId id in ids)
        {
            size += ProducerSize + (producers.Find(id).BatchCount * BatchSize);
        }

        Span<byte> snapshot = destination.GetSpan(size)[..size];
        BinaryPrimitives.WriteUInt16BigEndian(snapshot, Magic);
        snapshot[2] = Kind;
        snapshot[3] = Version;
        BinaryPrimitives.WriteInt32BigEndian(snapshot[HeaderSize..], ids.Length);
        Span<byte> rest = snapshot[(HeaderSize + CountSize)..];
        foreach (ProducerId id in ids)
        {
            rest = rest[WriteProducer(producers.Find(id), rest, isShared)..];
        }

        Invariant.Check(rest.IsEmpty, "a snapshot has the size that was counted");
        BinaryPrimitives.WriteUInt32BigEndian(snapshot[4..], Crc32C.Compute(snapshot[HeaderSize..]));
        destination.Advance(size);
    }

    /// <summary>Fills an empty table. The refusal, or null when all is well; after a refusal the table is not to be used.</summary>
    public static Error? Read(ReadOnlySpan<byte> snapshot, ProducerTable into)
    {
        if (snapshot.Length < HeaderSize + CountSize)
        {
            return Corrupt($"{snapshot.Length} bytes are less than a header");
        }

        if (BinaryPrimitives.ReadUInt16BigEndian(snapshot) != Magic || snapshot[2] != Kind)
        {
            return Corrupt("it does not start with the magic of a partition snapshot");
        }

        if (snapshot[3] != Version)
        {
            return Corrupt($"it has format version {snapshot[3]}, this program knows {Version}");
        }

        if (BinaryPrimitives.ReadUInt32BigEndian(snapshot[4..]) != Crc32C.Compute(snapshot[HeaderSize..]))
        {
            return Corrupt("its checksum does not match");
        }

        int count = BinaryPrimitives.ReadInt32BigEndian(snapshot[HeaderSize..]);
        ReadOnlySpan<byte> rest = snapshot[(HeaderSize + CountSize)..];
        ProducerId previous = ProducerId.None;
        for (int i = 0; i < count; i++)
        {
            if (!TryReadProducer(ref rest, previous, out ProducerEntry entry))
            {
                return Corrupt($"producer entry {i} of {count} is cut short or breaks a rule");
            }

            previous = entry.Id;
            into.Add(entry);
        }

        return count < 0 || !rest.IsEmpty ? Corrupt($"{rest.Length} bytes follow the {count} producers") : null;
    }

    private static int WriteProducer(in ProducerEntry producer, Span<byte> to, bool isShared)
    {
        BinaryPrimitives.WriteInt64BigEndian(to, producer.Id.Value);
        BinaryPrimitives.WriteInt16BigEndian(to[8..], producer.Epoch);
        BinaryPrimitives.WriteInt64BigEndian(to[10..], isShared ? 0 : producer.LastAppend.Value);
        BinaryPrimitives.WriteInt32BigEndian(to[18..], producer.UnbrokenLength);
        to[22] = (byte)producer.BatchCount;
        int at = ProducerSize;
        for (int age = producer.BatchCount - 1; age >= 0; age--)
        {
            BatchTrace batch = producer.Batch(age);
            BinaryPrimitives.WriteInt32BigEndian(to[at..], batch.BaseSequence);
            BinaryPrimitives.WriteInt32BigEndian(to[(at + 4)..], batch.LastOffsetDelta);
            BinaryPrimitives.WriteInt64BigEndian(to[(at + 8)..], batch.BaseOffset.Value);
            BinaryPrimitives.WriteInt64BigEndian(to[(at + 16)..], batch.MaxTimestamp.Value);
            at += BatchSize;
        }

        return at;
    }

    private static bool TryReadProducer(ref ReadOnlySpan<byte> rest, ProducerId previous, out ProducerEntry entry)
    {
        entry = default;
        if (rest.Length < ProducerSize)
        {
            return false;
        }

        ProducerId id = new(BinaryPrimitives.ReadInt64BigEndian(rest));
        short epoch = BinaryPrimitives.ReadInt16BigEndian(rest[8..]);
        UnixMillis lastAppend = new(BinaryPrimitives.ReadInt64BigEndian(rest[10..]));
        int unbroken = BinaryPrimitives.ReadInt32BigEndian(rest[18..]);
        int batchCount = rest[22];
        bool isSane = id.Value > previous.Value && epoch >= 0 && batchCount is >= 1 and <= ProducerEntry.RememberedBatches;
        if (!isSane || rest.Length < ProducerSize + (batchCount * BatchSize))
        {
            return false;
        }

        Span<BatchTrace> batches = stackalloc BatchTrace[batchCount];
        if (!TryReadBatches(rest[ProducerSize..], batches, out long remembered) || !IsUnbrokenLength(unbroken, remembered))
        {
            return false;
        }

        entry = ProducerEntry.Restore(id, epoch, lastAppend, unbroken, batches);
        rest = rest[(ProducerSize + (batchCount * BatchSize))..];
        return true;
    }

    /// <summary>The batches follow each other in sequence. Offsets and times may be anything: apply took what the log said.</summary>
    private static bool TryReadBatches(ReadOnlySpan<byte> from, Span<BatchTrace> batches, out long remembered)
    {
        remembered = 0;
        for (int i = 0; i < batches.Length; i++)
        {
            ReadOnlySpan<byte> at = from[(i * BatchSize)..];
            batches[i] = new BatchTrace(
                BinaryPrimitives.ReadInt32BigEndian(at),
                BinaryPrimitives.ReadInt32BigEndian(at[4..]),
                new Offset(BinaryPrimitives.ReadInt64BigEndian(at[8..])),
                new UnixMillis(BinaryPrimitives.ReadInt64BigEndian(at[16..])));
            if (batches[i].BaseSequence < 0 || batches[i].LastOffsetDelta < 0 || (i > 0 && batches[i].BaseSequence != batches[i - 1].NextSequence))
            {
                return false;
            }

            remembered += (long)batches[i].LastOffsetDelta + 1;
        }

        return true;
    }

    private static bool IsUnbrokenLength(int unbroken, long remembered) =>
        unbroken <= SequenceNumbers.HalfSpace && unbroken >= Math.Min(remembered, SequenceNumbers.HalfSpace);

    private static Error Corrupt(string why) => new(ErrorCode.CorruptLog, "the partition snapshot cannot be used: " + why);
}
