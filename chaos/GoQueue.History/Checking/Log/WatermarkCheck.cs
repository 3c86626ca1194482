using GoQueue.History.Checking.Facts;
using GoQueue.History.Events;

namespace GoQueue.History.Checking.Log;

/// <summary>
/// Ends of logs as clients are told. L11: an end asked for after an acknowledgement lies above it. L12: what one client is told never goes back.
/// T10: the last stable offset does not stand still below the end for longer than a transaction may live.
/// </summary>
internal sealed class WatermarkCheck(CheckContext context) : Check(context)
{
    private readonly Dictionary<int, List<(int Partition, long Acknowledged)>> asked = [];
    private readonly Dictionary<(int Process, int Partition), Told> told = [];
    private readonly Dictionary<int, Stuck> stuck = [];

    public override void Invoked(HistoryEvent invocation)
    {
        switch (invocation.Value)
        {
            case EndOffsetValue end:
                asked[invocation.Process] = [Acknowledged(end.Topic, end.Partition)];
                break;
            case AssignValue { IsFromEnd: true } assign:
                asked[invocation.Process] = [.. assign.Partitions.Select(at => Acknowledged(at.Topic, at.Partition))];
                break;
            default:
                break;
        }
    }

    public override void Completed(HistoryEvent invocation, HistoryEvent outcome)
    {
        bool isOk = outcome.Type == EventType.Ok;
        switch (outcome.Value)
        {
            case EndOffsetValue end:
                if (isOk)
                {
                    int partition = Context.Partitions.Number(end.Topic, end.Partition);
                    CheckEnd(invocation, outcome, partition, end.End);
                    CheckBack(outcome, partition, end.End, end.Start, end.LastStable);
                    CheckStable(outcome, partition, end.End, end.LastStable);
                }

                asked.Remove(outcome.Process);
                break;
            case AssignValue { IsFromEnd: true } assign:
                foreach (PartitionPosition at in isOk ? assign.Partitions : [])
                {
                    CheckEnd(invocation, outcome, Context.Partitions.Number(at.Topic, at.Partition), at.Offset);
                }

                asked.Remove(outcome.Process);
                break;
            case PollValue { IsFollower: false } poll when isOk:
                foreach (PolledPartition polled in poll.Partitions)
                {
                    int partition = Context.Partitions.Number(polled.Topic, polled.Partition);
                    CheckBack(outcome, partition, polled.HighWatermark, polled.Start, polled.LastStable);
                    CheckStable(outcome, partition, polled.HighWatermark, polled.LastStable);
                }

                break;
            default:
                break;
        }
    }

    private (int Partition, long Acknowledged) Acknowledged(string topic, int index)
    {
        int partition = Context.Partitions.Number(topic, index);
        return (partition, Context.Partitions[partition].MaxAcknowledged);
    }

    private void CheckEnd(HistoryEvent invocation, HistoryEvent outcome, int partition, long? end)
    {
        if (end is null || !asked.TryGetValue(outcome.Process, out List<(int Partition, long Acknowledged)>? before))
        {
            return;
        }

        long acknowledged = before.Find(entry => entry.Partition == partition).Acknowledged;
        if (end <= acknowledged && before.Exists(entry => entry.Partition == partition))
        {
            Report("L11", $"the end is {end}, and {acknowledged} had been acknowledged before it was asked for", [invocation.Index, outcome.Index], partition, end);
        }
    }

    private void CheckBack(HistoryEvent at, int partition, long? end, long? start, long? stable)
    {
        Told before = told.GetValueOrDefault((at.Process, partition), new Told(-1, -1, -1, -1));
        Went(at, partition, before, "end", before.End, end);
        Went(at, partition, before, "start", before.Start, start);
        Went(at, partition, before, "last stable offset", before.Stable, stable);
        told[(at.Process, partition)] = new Told(Math.Max(before.End, end ?? -1), Math.Max(before.Start, start ?? -1), Math.Max(before.Stable, stable ?? -1), at.Index);
    }

    private void Went(HistoryEvent at, int partition, Told before, string what, long from, long? to)
    {
        if (to < from)
        {
            Report("L12", $"process {at.Process} is told that the {what} went from {from} back to {to}", [before.Event, at.Index], partition, to);
        }
    }

    private void CheckStable(HistoryEvent at, int partition, long? end, long? stable)
    {
        if (end is null || stable is null)
        {
            return;
        }

        if (stable >= end)
        {
            stuck.Remove(partition);
            return;
        }

        if (!stuck.TryGetValue(partition, out Stuck since) || since.At != stable)
        {
            stuck[partition] = new Stuck(stable.Value, at.Time, at.Index, IsTold: false);
            return;
        }

        long bound = CheckContext.Nanos(Context.Configuration.TransactionTimeoutMillis + Context.Configuration.RecoveryBoundMillis);
        if (!since.IsTold && at.Time - since.Time > bound && Context.Faults.WasQuietFor(bound, at.Time))
        {
            stuck[partition] = since with { IsTold = true };
            Report("T10", $"the last stable offset stands at {stable} below the end {end} for {(at.Time - since.Time) / 1_000_000} ms", [since.Event, at.Index], partition, stable);
        }
    }

    private readonly record struct Told(long End, long Start, long Stable, long Event);

    private readonly record struct Stuck(long At, long Time, long Event, bool IsTold);
}
