using System.Buffers;
using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Client.Producing;

/// <summary>
/// Messages that travel together. First a draft, filled under its partition's lock; once closed it belongs to the publish loop alone, which
/// builds, sends, repeats and settles it.
/// </summary>
internal sealed class ProducerBatch(PartitionQueue partition, PriorityLane lane, long createdAt, ProducerContext context)
{
    private RecordBatchBuilder? builder = context.Builders.Rent(lane, context.Options.Compression);
    private SharedBuffer? bytes;
    private long[] tags = [];
    private DeliverySource? sources;
    private long reservedBytes;
    private bool isClosed;

    public PartitionQueue Partition => partition;

    public PriorityLane Lane => lane;

    /// <summary>Ticks of the client's clock.</summary>
    public long CreatedAt => createdAt;

    public int Count { get; private set; }

    public int EstimatedSize => builder!.EstimatedSize;

    /// <summary>Of the first message, under the identity it was last stamped with; -1 before.</summary>
    public int Sequence { get; private set; } = -1;

    /// <summary>Takes no more messages. Set once, under the partition's lock, and read by the loop without it.</summary>
    public bool IsClosed
    {
        get => Volatile.Read(ref isClosed);
        set => Volatile.Write(ref isClosed, value);
    }

    /// <summary>How often it was handed to a connection.</summary>
    public int Attempts { get; set; }

    /// <summary>Tick of the last attempt.</summary>
    public long SentAt { get; set; }

    /// <summary>Handed to the present connection and not answered.</summary>
    public bool IsOutstanding { get; set; }

    /// <summary>An attempt ended without an answer that would rule out that it was stored.</summary>
    public bool MayBeStored { get; set; }

    /// <summary>Known not to be stored under its present identity, and not to become so: it may get another one.</summary>
    public bool IsRestampable { get; set; }

    /// <summary>A later batch of the same identity was stored while this one was not known to be; see <see cref="InFlightWindow"/>.</summary>
    public bool IsOvertaken { get; set; }

    /// <summary>Settled while outstanding; its answer is of no interest any more.</summary>
    public bool IsAbandoned { get; set; }

    /// <summary>Those who wait for everything accepted so far.</summary>
    public FlushWaiter? Flush { get; set; }

    /// <summary>The built batch.</summary>
    public ReadOnlySpan<byte> Bytes => bytes!.Span;

    public bool TryAppend(in ProducerMessage message, UnixMillis timestamp, int maxBatchBytes, long tag, DeliverySource? source, long reserved)
    {
        ReadOnlyMemory<byte>? key = message.Key;
        ReadOnlyMemory<byte>? value = message.Value;
        if (!builder!.TryAppend(
                timestamp,
                key.GetValueOrDefault().Span,
                !key.HasValue,
                value.GetValueOrDefault().Span,
                !value.HasValue,
                message.Headers.Span,
                maxBatchBytes))
        {
            return false;
        }

        if (context.Options.OnDelivery is not null)
        {
            KeepTag(tag);
        }

        if (source is not null)
        {
            source.Index = Count;
            source.Next = sources;
            sources = source;
        }

        reservedBytes += reserved;
        Count++;
        return true;
    }

    /// <summary>Gives the batch its identity and sequence; builds it the first time, later only the header and the checksum change.</summary>
    public void Stamp(ProducerIdentity identity, int sequence)
    {
        Sequence = sequence;
        IsRestampable = false;
        IsOvertaken = false;
        if (bytes is null)
        {
            bytes = builder!.Build(new ProducerId(identity.Id), identity.Epoch, sequence);
            context.Counters.BufferTaken();
            ReturnBuilder();
            return;
        }

        Span<byte> batch = bytes.Span;
        BinaryPrimitives.WriteInt64BigEndian(batch[RecordBatchLayout.ProducerId..], identity.Id);
        BinaryPrimitives.WriteInt16BigEndian(batch[RecordBatchLayout.ProducerEpoch..], identity.Epoch);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatchLayout.BaseSequence..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(batch[RecordBatchLayout.Crc..], Crc32C.Compute(RecordBatchHeader.CrcCovered(batch)));
    }

    /// <summary>Tells everybody, then gives everything back. Once.</summary>
    /// <param name="baseOffset">-1 when not known.</param>
    public void Settle(GoQueueException? error, long baseOffset, long timestampMillis, int replicas, bool flushed)
    {
        DateTimeOffset timestamp = timestampMillis > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(timestampMillis) : default;
        Tell(error, baseOffset, timestamp, replicas, flushed);
        for (DeliverySource? source = sources; source is not null;)
        {
            DeliverySource? next = source.Next; // once completed it may be in use again
            if (error is null)
            {
                source.Deliver(new DeliveryReport(partition.Topic, partition.Index, baseOffset < 0 ? -1 : baseOffset + source.Index, timestamp, replicas, flushed));
            }
            else
            {
                source.Fail(error.Copy());
            }

            source = next;
        }

        sources = null;
        context.Counters.Settled(Count, error is null);
        GiveBack();
        Flush?.OneLess();
    }

    /// <summary>Gives everything back without telling anybody, for a draft that could not take its first message.</summary>
    public void Discard() => GiveBack();

    private void Tell(GoQueueException? error, long baseOffset, DateTimeOffset timestamp, int replicas, bool flushed)
    {
        if (context.Options.OnDelivery is not { } callback)
        {
            return;
        }

        try
        {
            callback(new BatchDelivery
            {
                Topic = partition.Topic,
                Partition = partition.Index,
                Priority = lane,
                Count = Count,
                Bytes = bytes?.Length ?? 0,
                BaseOffset = baseOffset,
                Timestamp = timestamp,
                Replicas = replicas,
                Flushed = flushed,
                Tags = tags.AsSpan(0, Count),
                Error = error,
            });
        }
        catch (Exception)
        {
            // The contract says so: a callback that throws must not stop the loop that settles everybody else's messages.
        }
    }

    private void GiveBack()
    {
        ReturnBuilder();
        if (bytes is not null)
        {
            bytes.Release();
            bytes = null;
            context.Counters.BufferGivenBack();
        }

        if (tags.Length > 0)
        {
            ArrayPool<long>.Shared.Return(tags);
            tags = [];
        }

        context.Memory.Release(reservedBytes);
        reservedBytes = 0;
    }

    private void ReturnBuilder()
    {
        if (builder is not null)
        {
            context.Builders.Return(builder);
            builder = null;
        }
    }

    private void KeepTag(long tag)
    {
        if (Count == tags.Length)
        {
            long[] larger = ArrayPool<long>.Shared.Rent(Math.Max(128, Count * 2));
            tags.AsSpan().CopyTo(larger);
            if (tags.Length > 0)
            {
                ArrayPool<long>.Shared.Return(tags);
            }

            tags = larger;
        }

        tags[Count] = tag;
    }
}
