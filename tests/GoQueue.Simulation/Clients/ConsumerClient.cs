using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.History.Events;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Clients;

/// <summary>
/// Reads partitions from an offset on, at leaders and at followers, and asks where they end; what it saw once must be there for every later reader (L2, L3, L8, L9), no end
/// may be older than the question (L11), none goes back (L12).
/// </summary>
internal sealed class ConsumerClient(ClientWorld world, int number) : SimulatedClient(world, number, "consumer")
{
    private readonly Dictionary<TopicPartition, PartitionOffsets> seen = [];

    protected override async Task WorkAsync()
    {
        while (!World.IsStopping)
        {
            if (World.Partitions.Count == 0)
            {
                await PauseAsync(20);
                continue;
            }

            TopicPartition partition = Random.Pick(World.Partitions);
            Offset position = Offset.Zero;
            if (Random.Coin())
            {
                position = new Offset(World.HistoryOf(partition).KnownEnd);
            }

            int polls = 1 + Random.Below(30);
            LeaderEpoch? last = null;
            bool isFirst = true;
            for (int i = 0; i < polls && !World.IsStopping; i++)
            {
                (position, last) = await PollAsync(partition, position, last, isFirst);
                isFirst = false;
                if (Random.Below(5) == 0)
                {
                    await AskEndAsync(partition);
                }

                await PauseAsync(15);
            }
        }
    }

    /// <summary>Only the leader answers, when it knows and has proved that it still leads: so the answer is no older than the question, and neither end nor start goes back.</summary>
    private async Task AskEndAsync(TopicPartition partition)
    {
        long acknowledged = World.HistoryOf(partition).AcknowledgedEnd;
        PartitionOffsets before = seen.GetValueOrDefault(partition);
        int host = HostFor(partition);
        ClientHistory.RecordedCall call = World.History.EndOffset(Number, partition);
        ClientAnswer<Result<PartitionOffsets>> answer = await World.Network.CallAsync(
            Process, host, node => node.Partitions.OffsetsAsync(partition, CancellationToken.None), TimeSpan.FromSeconds(1));
        World.Operations++;
        if (answer is not { IsKnown: true, Value.IsOk: true })
        {
            call.Unknown();
            TryAnotherHost(partition);
            return;
        }

        PartitionOffsets now = answer.Value.Value;
        call.Ok(asked => (EndOffsetValue)asked with { Start = now.LogStart.Value, End = now.HighWatermark.Value });
        World.Unless(now.HighWatermark.Value >= acknowledged, "L11", $"{Process.Name} is told that {partition} ends at {now.HighWatermark}, and {acknowledged} was acknowledged before it asked");
        World.Unless(
            now.HighWatermark >= before.HighWatermark && now.LogStart >= before.LogStart,
            "L12",
            $"{Process.Name} is told that {partition} goes from {now.LogStart} to {now.HighWatermark}; before it was {before.LogStart} to {before.HighWatermark}");
        seen[partition] = now;
    }

    /// <param name="last">Epoch of the record before the position, as this reader was told (E7); null when it is not known.</param>
    private async Task<(Offset Position, LeaderEpoch? Last)> PollAsync(TopicPartition partition, Offset position, LeaderEpoch? last, bool isFirst)
    {
        PartitionHistory history = World.HistoryOf(partition);
        long acknowledged = history.AcknowledgedEnd;
        bool mayFollow = Random.Below(4) == 0;
        int host = mayFollow ? AnyHost() : HostFor(partition);
        TimeSpan wait = Random.Coin() ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Random.Below(100));
        int maxBytes = 200 + Random.Below(4000);
        ClientHistory.RecordedCall call = World.History.Poll(Number, partition, position, mayFollow);
        ClientAnswer<FetchResult> answer = await World.Network.CallAsync(
            Process, host, node => node.Partitions.FetchAsync(new FetchRequest(partition, position, maxBytes, wait) { MayReadFromFollower = mayFollow, LastEpoch = last }, CancellationToken.None), TimeSpan.FromSeconds(1));
        World.Operations++;
        if (answer is not { IsKnown: true, Value: { } result })
        {
            call.Unknown();
            TryAnotherHost(partition);
            return (position, last);
        }

        using FetchResult owned = result;
        if (!result.IsOk)
        {
            call.Refused(result.Error);
            CheckRefusal(result, partition, position, acknowledged); // also of one that was deposed: it has to find out before it says so (ADR 0013)
            TryAnotherHost(partition);
            return result.Error.Code == ErrorCode.OffsetOutOfRange && position < result.LogStartOffset ? (result.LogStartOffset, null) : (position, last);
        }

        call.Ok(_ => ClientHistory.Polled(partition, position, result, history.IsCompacted, mayFollow));
        if (!mayFollow)
        {
            World.LeaderIs(partition, host);
        }

        Offset behind = history.Reads(position, result.Slices, Process.Name, isNextPoll: !isFirst);
        World.Unless(result.NextOffset == behind || (history.IsCompacted && result.NextOffset > behind), "L8", $"{Process.Name} read {partition} from {position} up to {behind}, and is told to go on at {result.NextOffset}");
        World.Unless(result.HighWatermark >= behind, "R1", $"{Process.Name} read {partition} up to {behind}, above the high watermark {result.HighWatermark}");
        return (result.NextOffset, result.LastEpoch == LeaderEpoch.None ? null : result.LastEpoch);
    }

    /// <summary>An offset that was acknowledged before the question was asked cannot be out of range, unless the partition begins behind it.</summary>
    private void CheckRefusal(FetchResult result, TopicPartition partition, Offset position, long acknowledged)
    {
        World.Unless(
            result.Error.Code != ErrorCode.OffsetOutOfRange || position.Value > acknowledged || position < World.StartOf(partition),
            "L2",
            $"{Process.Name} asked for {position}, which was acknowledged or read before: {result.Error}");
        World.Unless(result.Error.Code != ErrorCode.LogTruncated, "E7", $"{Process.Name} is told that what it read before {position} was taken back: {result.Error}");
    }
}
