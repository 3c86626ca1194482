using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Clients;

/// <summary>Reads partitions from an offset on; what it saw once must be there for every later reader (L2, L3, L8, L9).</summary>
internal sealed class ConsumerClient(ClientWorld world, int number) : SimulatedClient(world, number, "consumer")
{
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
            for (int i = 0; i < polls && !World.IsStopping; i++)
            {
                position = await PollAsync(partition, position);
                await PauseAsync(15);
            }
        }
    }

    private async Task<Offset> PollAsync(TopicPartition partition, Offset position)
    {
        PartitionHistory history = World.HistoryOf(partition);
        long acknowledged = history.AcknowledgedEnd;
        int host = HostFor(partition);
        TimeSpan wait = Random.Coin() ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Random.Below(100));
        int maxBytes = 200 + Random.Below(4000);
        ClientAnswer<FetchResult> answer = await World.Network.CallAsync(
            Process, host, node => node.Partitions.FetchAsync(new FetchRequest(partition, position, maxBytes, wait), CancellationToken.None), TimeSpan.FromSeconds(1));
        World.Operations++;
        if (answer is not { IsKnown: true, Value: { } result })
        {
            TryAnotherHost(partition);
            return position;
        }

        using FetchResult owned = result;
        if (!result.IsOk)
        {
            if (World.TrueLeader(partition) == host)
            {
                CheckRefusal(result, position, acknowledged); // one that was deposed and does not know it may be behind
            }

            TryAnotherHost(partition);
            return position;
        }

        World.LeaderIs(partition, host);
        Offset behind = history.Reads(position, result.Slices, Process.Name);
        SimulationFailure.Unless(result.NextOffset == behind, "L8", $"{Process.Name} read {partition} from {position} up to {behind}, and is told to go on at {result.NextOffset}");
        SimulationFailure.Unless(result.HighWatermark >= behind, "R1", $"{Process.Name} read {partition} up to {behind}, above the high watermark {result.HighWatermark}");
        return behind;
    }

    /// <summary>An offset that was acknowledged before the question was asked cannot be out of range: nothing is deleted in these runs.</summary>
    private void CheckRefusal(FetchResult result, Offset position, long acknowledged) => SimulationFailure.Unless(
        result.Error.Code != ErrorCode.OffsetOutOfRange || position.Value > acknowledged,
        "L2",
        $"{Process.Name} asked for {position}, which was acknowledged or read before: {result.Error}");
}
