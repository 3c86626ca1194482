using GoQueue.Broker.Requests;
using GoQueue.Core;

namespace GoQueue.Server.Grpc.Reading;

/// <summary>Where a reader begins: at an offset, at a time, or, when it says nothing, at the start of the log.</summary>
internal readonly record struct StartPosition(long? Offset, long? TimeMillis)
{
    private const long End = -1;

    /// <summary>What makes no sense about the position; null when nothing does.</summary>
    /// <param name="lastEpoch">Epoch of the record before the offset, if the reader named one.</param>
    public Error? Mistake(LeaderEpoch? lastEpoch) =>
        lastEpoch is { } epoch && (epoch.Value < 0 || Offset is null or End) ? new Error(ErrorCode.InvalidArgument, "last_epoch is 0 or more and goes with an offset of 0 or more")
            : null;

    /// <summary>An offset as it is, whether it is in the log or not; else what the leader says. Codes: those of the broker.</summary>
    public async ValueTask<Result<Offset>> ResolveAsync(IPartitionRequests partitions, TopicPartition partition, CancellationToken cancellationToken)
    {
        if (Offset is { } offset && offset > End)
        {
            return new Offset(offset); // the fetch says whether it is there, and whether it is the history that the reader knows
        }

        if (Offset is null && TimeMillis is null)
        {
            return await partitions.LogStartAsync(partition, cancellationToken);
        }

        if (!(await partitions.OffsetsAsync(partition, cancellationToken)).TryGet(out PartitionOffsets range, out Error error))
        {
            return error;
        }

        if (Offset is { } special)
        {
            return special == End
                ? range.HighWatermark
                : new Error(
                    ErrorCode.OffsetOutOfRange,
                    $"offset {special} is outside of [{range.LogStart}, {range.HighWatermark}], what partition {partition.Partition} holds now; -1 is the end");
        }

        Result<Offset> found = await partitions.OffsetForTimeAsync(partition, new UnixMillis(TimeMillis ?? 0), cancellationToken);
        return found.IsOk && found.Value.IsNone ? range.HighWatermark : found;
    }
}
