using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Server.Grpc.Reading;

/// <summary>What readers say about batches that are in the log but cannot be decoded.</summary>
internal static class StoredBatch
{
    public static Error Unreadable(in RecordBatchHeader header, Error why) => new(
        ErrorCode.CorruptLog,
        $"the batch of offsets {header.BaseOffset} to {header.LastOffset} cannot be decoded ({why.Detail}); go on reading at {header.NextOffset}");
}
