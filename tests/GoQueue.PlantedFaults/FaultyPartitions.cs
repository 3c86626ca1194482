using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.PlantedFaults;

/// <summary>Partitions that answer wrongly now and then, as their source says. Owners of buffers and results are as the port has them.</summary>
internal sealed class FaultyPartitions(IPartitionRequests partitions, FaultSource source) : IPartitionRequests
{
    private const int AcknowledgedRecords = 30;
    private const int LoweredBy = 100;

    public async ValueTask<PublishReceipt> PublishAsync(PublishRequest request)
    {
        ProducerId producer = ProducerOf(request.Batch.Span); // the buffer is handed over with the call
        PublishReceipt receipt = await partitions.PublishAsync(request);
        return !receipt.IsOk || request.Acks == Acks.None ? receipt : source.Fault switch
        {
            // A producer with an identity would repeat it, and be told the truth.
            PlantedFault.RefuseStored when producer.Value < 0 && source.Shows() => PublishReceipt.Refused(ErrorCode.DiskFull, "a planted fault: it is stored"),
            PlantedFault.AckEarlier when producer.Value >= 0 && source.AcknowledgedBefore(request.Partition, producer, receipt.BaseOffset) is { } before && source.Shows() =>
                receipt with { BaseOffset = before },
            PlantedFault.NeverAcknowledge when request.Partition.Partition.Value == 0 && receipt.BaseOffset.Value >= AcknowledgedRecords =>
                PublishReceipt.Refused(ErrorCode.Timeout, "a planted fault: it is stored"),
            _ => receipt,
        };
    }

    public async ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        if (source.Fault == PlantedFault.ReadNeighbour && source.Shows())
        {
            FetchRequest neighbour = request with { Partition = request.Partition with { Partition = new PartitionIndex(request.Partition.Partition.Value ^ 1) }, KnownEpoch = null, LastEpoch = null };
            FetchResult other = await partitions.FetchAsync(neighbour with { MaxWait = TimeSpan.Zero }, cancellationToken);
            if (other.IsOk && other.Slices.Count > 0)
            {
                return other;
            }

            other.Dispose();
        }

        FetchResult result = await partitions.FetchAsync(request, cancellationToken);
        return !result.IsOk ? result : source.Fault == PlantedFault.ForgetOldRecords ? Forget(request, result) : FetchForgery.Change(result, source);
    }

    public async ValueTask<Result<PartitionOffsets>> OffsetsAsync(TopicPartition partition, CancellationToken cancellationToken)
    {
        Result<PartitionOffsets> told = await partitions.OffsetsAsync(partition, cancellationToken);
        return !told.TryGet(out PartitionOffsets offsets, out _) ? told : source.Fault switch
        {
            PlantedFault.StaleEnd => offsets with { HighWatermark = source.EndInstead(partition, offsets.HighWatermark) },
            PlantedFault.EndGoesBack when source.Shows() => offsets with { HighWatermark = new Offset(Math.Max(offsets.LogStart.Value, offsets.HighWatermark.Value - 1 - source.Below(LoweredBy))) },
            PlantedFault.ForgetOldRecords => offsets with { LogStart = Offset.Max(offsets.LogStart, source.StartFor(partition, offsets.HighWatermark)) },
            _ => told,
        };
    }

    public async ValueTask<Result<Offset>> LogStartAsync(TopicPartition partition, CancellationToken cancellationToken)
    {
        if (source.Fault != PlantedFault.ForgetOldRecords)
        {
            return await partitions.LogStartAsync(partition, cancellationToken);
        }

        Result<PartitionOffsets> told = await OffsetsAsync(partition, cancellationToken);
        return told.TryGet(out PartitionOffsets offsets, out Error error) ? offsets.LogStart : error;
    }

    public ValueTask<Result<Offset>> OffsetForTimeAsync(TopicPartition partition, UnixMillis time, CancellationToken cancellationToken) =>
        partitions.OffsetForTimeAsync(partition, time, cancellationToken);

    private static ProducerId ProducerOf(ReadOnlySpan<byte> batch) =>
        batch.Length >= RecordBatchLayout.HeaderSize ? new RecordBatchHeader(batch).ProducerId : ProducerId.None;

    private FetchResult Forget(FetchRequest request, FetchResult result)
    {
        Offset start = source.StartFor(request.Partition, result.HighWatermark);
        bool isForgotten = request.From < start;
        if (isForgotten)
        {
            result.Dispose();
        }

        return new FetchResult
        {
            Error = isForgotten ? new Error(ErrorCode.OffsetOutOfRange, $"a planted fault: the partition seems to begin at {start}") : result.Error,
            Slices = isForgotten ? [] : result.Slices,
            NextOffset = isForgotten ? request.From : result.NextOffset,
            LastEpoch = result.LastEpoch,
            HighWatermark = result.HighWatermark,
            LogStartOffset = result.LogStartOffset.IsNone ? result.LogStartOffset : Offset.Max(start, result.LogStartOffset),
        };
    }
}
