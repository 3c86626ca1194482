using GoQueue.Broker.PartitionLoops;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Replication;
using GoQueue.Replication.Wire;
using GoQueue.Storage;

namespace GoQueue.Broker.Replication.Serving;

/// <content>What goes into an answer: what is owed, data of the partitions that have some, news of high watermarks and starts.</content>
internal sealed partial class FollowerSession
{
    private async ValueTask<PeerReply> BuildAsync(ReplicaFetchRequest request)
    {
        List<PartitionFetched> entries = [];
        lock (gate)
        {
            entries.AddRange(owed);
            owed.Clear();
        }

        List<BufferSlice> body = [];
        int left = request.MaxBytes;
        while (left > 0 && NextReady(out FetchPosition position) is { } partition)
        {
            left -= await ReadAsync(partition, position, left, request.TakesOffers, entries, body);
        }

        AddNews(entries);
        SharedBuffer head = ReplicaFetchCodec.Encode(new ReplicaFetchResponse(ErrorCode.None, Id, request.Sequence, entries));
        return new PeerReply(head, body);
    }

    /// <param name="position">As it was when it was taken: the next one may come any time.</param>
    private SessionPartition? NextReady(out FetchPosition position)
    {
        lock (gate)
        {
            while (ready.TryDequeue(out SessionPartition? partition))
            {
                partition.IsReady = false;
                if (partition.IsArmed)
                {
                    partition.IsArmed = false; // its answer is this one
                    position = partition.Position;
                    return partition;
                }
            }

            position = default;
            return null;
        }
    }

    /// <summary>Adds the partition's data or the offer of a segment, or arms it again when there is none. Answers the bytes.</summary>
    private async ValueTask<int> ReadAsync(SessionPartition partition, FetchPosition position, int maxBytes, bool takesOffers, List<PartitionFetched> entries, List<BufferSlice> body)
    {
        if (MustHold(partition))
        {
            return 0;
        }

        if (takesOffers && !position.IsStuck && partition.Loop.OffersSegmentAt(position.FetchOffset) && partition.Loop.LeadingEpoch == position.LeaderEpoch)
        {
            entries.Add(new PartitionFetched(partition.Loop.Partition, Answer(position, partition.Loop.Marks()) with { OffersSegment = true }, 0));
            return 0;
        }

        bool isBounded = partition.Loop.IsAdding(follower);
        int most = Math.Min(maxBytes, isBounded ? throttle.PartBytes(options.FetchMaxPartitionBytes) : options.FetchMaxPartitionBytes);
        if (position.IsStuck)
        {
            most = Math.Min(most, StuckBytes);
        }

        LogRead read = await partition.Loop.ReadForFollowerAsync(position.FetchOffset, most);
        LeaderMarks marks = partition.Loop.Marks();
        ErrorCode error = partition.Loop.LeadingEpoch != position.LeaderEpoch ? ErrorCode.NotLeader : read.Error?.Code ?? ErrorCode.None; // read under one leadership, or not at all
        if (error != ErrorCode.None)
        {
            Release(read.Slices);
            entries.Add(new PartitionFetched(partition.Loop.Partition, Answer(position, marks) with { Error = error, HighWatermark = Offset.Zero }, 0));
            return 0;
        }

        int bytes = 0;
        for (int index = 0; index < read.Slices.Count; index++)
        {
            bytes += read.Slices[index].Length;
            body.Add(read.Slices[index]);
        }

        if (isBounded)
        {
            throttle.ChargeOut(bytes);
        }

        lock (gate)
        {
            if (bytes == 0)
            {
                partition.IsArmed = true;
                return 0;
            }

            partition.Sent = marks;
        }

        entries.Add(new PartitionFetched(partition.Loop.Partition, Answer(position, marks), bytes));
        return bytes;
    }

    /// <summary>New high watermarks and starts travel with whatever goes.</summary>
    private void AddNews(List<PartitionFetched> entries)
    {
        lock (gate)
        {
            foreach (SessionPartition partition in news)
            {
                partition.HasNews = false;
                LeaderMarks marks = partition.Loop.Marks();
                bool isTold = !marks.IsNewsAfter(partition.Sent) || partition.Loop.LeadingEpoch != partition.Position.LeaderEpoch;
                if (partition.IsArmed && !isTold)
                {
                    partition.Sent = marks;
                    entries.Add(new PartitionFetched(partition.Loop.Partition, Answer(partition.Position, marks), 0));
                }
            }

            news.Clear();
        }
    }

    private static void Release(IReadOnlyList<BufferSlice> slices)
    {
        foreach (BufferSlice slice in slices)
        {
            slice.Buffer.Release();
        }
    }
}
