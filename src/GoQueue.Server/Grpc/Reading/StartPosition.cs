using GoQueue.Broker.Requests;
using GoQueue.Core;

namespace GoQueue.Server.Grpc.Reading;

/// <summary>Where a reader begins: at an offset, at a time, or, when it says nothing, at the start of the log.</summary>
internal readonly record struct StartPosition(long? Offset, long? TimeMillis)
{
    private const long End = -1;

    /// <summary>Codes: OffsetOutOfRange, which names the range, and those of the broker.</summary>
    public async ValueTask<Result<Offset>> ResolveAsync(IPartitionRequests partitions, TopicPartition partition, CancellationToken cancellationToken)
    {
        if (!(await partitions.OffsetsAsync(partition, cancellationToken)).TryGet(out PartitionOffsets range, out Error error))
        {
            return error;
        }

        if (Offset is { } offset)
        {
            if (offset == End)
            {
                return range.HighWatermark;
            }

            return offset >= range.LogStart.Value && offset <= range.HighWatermark.Value
                ? new Offset(offset)
                : new Error(
                    ErrorCode.OffsetOutOfRange,
                    $"offset {offset} is outside of [{range.LogStart}, {range.HighWatermark}], what partition {partition.Partition} holds now; -1 is the end");
        }

        if (TimeMillis is { } time)
        {
            Result<Offset> found = await partitions.OffsetForTimeAsync(partition, new UnixMillis(time), cancellationToken);
            return found.IsOk && found.Value.IsNone ? range.HighWatermark : found;
        }

        return range.LogStart;
    }
}
