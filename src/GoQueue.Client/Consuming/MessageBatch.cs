using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Client;

/// <summary>
/// Messages of one partition as they came over the wire. <c>foreach (MessageView message in batch)</c> decodes them in place and allocates nothing;
/// it may be walked more than once. Broker records, expired messages and those outside the asked range are left out, so a batch may be empty.
/// Valid until the enumeration of the consumer takes its next step.
/// </summary>
public sealed class MessageBatch
{
    private readonly SharedBuffer buffer;
    private readonly int start;
    private readonly int length;
    private readonly RecordReadLimits limits;
    private readonly TimeProvider time;

    internal MessageBatch(Consuming.PartitionReader source, SharedBuffer buffer, Wire.SubscribeAnswer answer, long from, long nextOffset, Consuming.EpochTrail trail)
    {
        Source = source;
        this.buffer = buffer;
        start = answer.BatchesStart;
        length = answer.BatchesLength;
        limits = source.Limits;
        time = source.Time;
        Partition = source.Partition;
        Topic = source.Topic;
        From = from;
        NextOffset = nextOffset;
        Trail = trail;
        HighWatermark = answer.HighWatermark;
        LogStartOffset = answer.LogStartOffset;
    }

    /// <summary>The topic.</summary>
    public string Topic { get; }

    /// <summary>The partition.</summary>
    public int Partition { get; }

    /// <summary>Where reading goes on after this batch.</summary>
    public long NextOffset { get; }

    /// <summary>
    /// Leader epoch of the last record before <see cref="NextOffset"/>; -1 when it is not known. Kept along with that offset and given to
    /// <see cref="ConsumerOptions.StartEpochs"/> or <see cref="GoQueueConsumer.Seek"/>, it lets a log be noticed that lost what was read.
    /// </summary>
    public int LastEpoch => Trail.LastEpoch;

    /// <summary>End of the partition, as far as readers may see, when the batch was sent.</summary>
    public long HighWatermark { get; }

    /// <summary>Start of the partition when the batch was sent; -1 when a new leader did not know it yet.</summary>
    public long LogStartOffset { get; }

    /// <summary>Bytes of the record batches.</summary>
    public int Bytes => length;

    /// <summary>The first offset asked for; a record batch may begin before it.</summary>
    internal long From { get; }

    internal Consuming.EpochTrail Trail { get; }

    internal Consuming.PartitionReader Source { get; }

    /// <summary>What it counts for in the prefetch.</summary>
    internal int HeldBytes => buffer.Length;

    /// <summary>Walks the messages in offset order.</summary>
    /// <exception cref="GoQueueException">While walking: a compressed batch is damaged or inflates beyond the limit.</exception>
    public Enumerator GetEnumerator() => new(this);

    internal void Release() => buffer.Release();

    /// <summary>Walks the messages of a batch.</summary>
    public ref struct Enumerator
    {
        private readonly MessageBatch batch;
        private readonly UnixMillis now;
        private RecordBatchSequence batches;
        private RecordBatchReader.Enumerator records;
        private PriorityLane lane;
        private int epoch;
        private bool isInBatch;

        internal Enumerator(MessageBatch batch)
        {
            this.batch = batch;
            now = UnixMillis.From(batch.time);
            batches = new RecordBatchSequence(batch.buffer.Span.Slice(batch.start, batch.length));
        }

        /// <summary>The message.</summary>
        public MessageView Current { get; private set; }

        /// <summary>Goes to the next message; false at the end.</summary>
        public bool MoveNext()
        {
            while (true)
            {
                while (isInBatch && records.MoveNext())
                {
                    Record record = records.Current;
                    if (record.Offset.Value >= batch.From && record.Offset.Value < batch.NextOffset && !RecordTtl.IsExpired(record, now))
                    {
                        Current = new MessageView(record, lane, epoch);
                        return true;
                    }
                }

                Dispose();
                if (!OpenNext())
                {
                    return false;
                }
            }
        }

        /// <summary>Gives back what a compressed batch was inflated into.</summary>
        public void Dispose()
        {
            if (isInBatch)
            {
                records.Dispose();
                isInBatch = false;
            }
        }

        private bool OpenNext()
        {
            while (batches.MoveNext())
            {
                RecordBatchHeader header = new(batches.Current);
                if (header.IsControl || header.NextOffset.Value <= batch.From || header.BaseOffset.Value >= batch.NextOffset)
                {
                    continue;
                }

                RecordBatchReader reader = RecordBatchReader.Open(batches.Current, batch.limits, out Error? error);
                if (error is { } problem)
                {
                    throw new GoQueueException(
                        problem.Code, $"the batch at offset {header.BaseOffset} of partition {batch.Partition} of topic '{batch.Topic}' cannot be read: {problem.Detail}");
                }

                lane = header.Lane;
                epoch = header.LeaderEpoch.Value;
                records = reader.GetEnumerator();
                isInBatch = true;
                return true;
            }

            return false;
        }
    }
}
