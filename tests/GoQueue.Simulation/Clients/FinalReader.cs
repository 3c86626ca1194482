using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.History.Events;

namespace GoQueue.Simulation.Clients;

/// <summary>After healing: publishes once more to every partition, then reads each from the start and compares with all that was ever known (L1, L15).</summary>
internal sealed class FinalReader(ClientWorld world, int number) : SimulatedClient(world, number, "final")
{
    private string stuckOn = "nothing";

    public override string ToString() => stuckOn;

    protected override async Task WorkAsync()
    {
        World.Ledger.CheckDeleted(World.NewestImage());
        foreach (TopicPartition partition in World.Partitions.ToArray())
        {
            if (World.Ledger.CheckPresence(partition.Topic, World.NewestImage()) && await WriteAsync(partition) is { IsNone: false } end)
            {
                await ReadAsync(partition, end);
            }
        }
    }

    /// <summary>A partition that takes a message again has a leader, enough replicas and a moving high watermark. None when the topic is gone, as it may be.</summary>
    private async Task<Offset> WriteAsync(TopicPartition partition)
    {
        using Core.Records.RecordBatchBuilder builder = new();
        long counter = 0;
        while (!World.IsGone(partition))
        {
            int host = HostFor(partition);
            long value = MessageValue.Of(Number, (partition.Partition.Value * 1000L) + counter++);
            UnixMillis time = UnixMillis.From(Process.Time);
            ClientHistory.RecordedCall call = World.History.Send(Number, partition, value, 1, World.HistoryOf(partition).IsCompacted);
            ClientAnswer<PublishReceipt> answer = await World.Network.CallAsync(
                Process,
                host,
                node => node.Partitions.PublishAsync(new PublishRequest(partition, MessageValue.Batch(builder, time, value, 1, ProducerId.None, -1, -1), Acks.All)),
                TimeSpan.FromSeconds(1));
            if (answer is { IsKnown: true, Value.IsOk: true })
            {
                call.Stored(answer.Value.BaseOffset);
                World.HistoryOf(partition).Acknowledge(value, 1, answer.Value.BaseOffset);
                World.LeaderIs(partition, host);
                return answer.Value.BaseOffset.Next;
            }

            call.Unknown();
            stuckOn = $"writing to {partition} on host {host}: {(answer.IsKnown ? answer.Value.Error.ToString() : "no answer")}";
            TryAnotherHost(partition);
            await PauseAsync(100);
        }

        return Offset.None;
    }

    private async Task ReadAsync(TopicPartition partition, Offset end)
    {
        Offset position = Offset.Zero;
        Offset start = Offset.Zero;
        bool isCompacted = World.HistoryOf(partition).IsCompacted;
        List<HistoryRecord> records = [];
        while (position < end)
        {
            int host = HostFor(partition);
            Offset from = position;
            ClientAnswer<FetchResult> answer = await World.Network.CallAsync(
                Process, host, node => node.Partitions.FetchAsync(new FetchRequest(partition, from, 1 << 20, TimeSpan.Zero), CancellationToken.None), TimeSpan.FromSeconds(2));
            if (answer is not { IsKnown: true, Value: { IsOk: true } result })
            {
                if (World.IsGone(partition))
                {
                    return;
                }

                bool isRetired = answer is { IsKnown: true, Value.Error.Code: ErrorCode.OffsetOutOfRange } && position < World.StartOf(partition);
                if (isRetired && answer.Value!.LogStartOffset > position)
                {
                    start = position = answer.Value.LogStartOffset;
                    continue;
                }

                stuckOn = $"reading {partition} at {from} on host {host}: {(answer.IsKnown ? answer.Value!.Error.ToString() : "no answer")}";
                TryAnotherHost(partition);
                await PauseAsync(50);
                continue;
            }

            using FetchResult owned = result;
            World.LeaderIs(partition, host);
            records.AddRange(ClientHistory.Records(from, result, isCompacted));
            position = Offset.Max(result.NextOffset, World.HistoryOf(partition).Reads(from, result.Slices, "the final reader"));
        }

        World.History.FinalRead(partition, start, position, records);
        World.HistoryOf(partition).CheckComplete(start.Value, position.Value);
    }
}
