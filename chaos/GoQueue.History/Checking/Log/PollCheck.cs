using GoQueue.History.Checking.Facts;
using GoQueue.History.Events;

namespace GoQueue.History.Checking.Log;

/// <summary>
/// Readers go through a partition without gaps and steps back, within one poll (L8) and from poll to poll (L9). An offset left out is a gap only when a reader of
/// the same isolation ever saw a message there: offsets also go to markers and aborted messages. So gaps are kept and judged at the end.
/// </summary>
internal sealed class PollCheck(CheckContext context) : Check(context)
{
    private readonly Dictionary<int, Dictionary<int, Position>> positions = [];
    private readonly Dictionary<int, List<Gap>> gaps = [];

    public override void Completed(HistoryEvent invocation, HistoryEvent outcome)
    {
        switch (outcome.Value)
        {
            case PollValue poll when outcome.Type == EventType.Ok:
                Polled(outcome, poll);
                break;
            case AssignValue assign when outcome.Type == EventType.Ok:
                Forget(outcome.Process, isRebalance: false);
                foreach (PartitionPosition at in assign.Partitions)
                {
                    if (at.Offset is { } offset)
                    {
                        Of(outcome.Process)[Context.Partitions.Number(at.Topic, at.Partition)] = new Position(offset, outcome.Index, IsRebalanced: false);
                    }
                }

                break;
            case SubscribeValue:
                Forget(outcome.Process, isRebalance: false);
                break;
            case TransactionValue transaction:
                InTransaction(outcome, transaction);
                break;
            default:
                break;
        }

        if (outcome.Type == EventType.Info)
        {
            Forget(outcome.Process, isRebalance: false); // its number is not used again
        }
    }

    public override void Observed(HistoryEvent seen)
    {
        if (seen.Operation == Operation.Assignment)
        {
            Forget(seen.Process, isRebalance: true);
        }
    }

    private void InTransaction(HistoryEvent outcome, TransactionValue transaction)
    {
        bool hasPolled = false;
        foreach (PollValue poll in transaction.Steps.Select(static step => step.Poll).OfType<PollValue>())
        {
            hasPolled = true;
            Polled(outcome, poll);
        }

        if (hasPolled && outcome.Type != EventType.Ok)
        {
            Forget(outcome.Process, isRebalance: false); // it goes back to where the aborted transaction began
        }
    }

    private void Polled(HistoryEvent at, PollValue poll)
    {
        Dictionary<int, Position> mine = Of(at.Process);
        foreach (PolledPartition polled in poll.Partitions)
        {
            int partition = Context.Partitions.Number(polled.Topic, polled.Partition);
            bool isKnown = mine.TryGetValue(partition, out Position before);
            if (polled.From is { } from && (!isKnown || before.Next != from))
            {
                (isKnown, before) = (true, new Position(from, at.Index, IsRebalanced: false)); // a seek
            }

            long last = CheckInside(at, partition, polled, poll.Isolation);
            long first = polled.Records.Count > 0 ? polled.Records[0].Offset ?? -1 : polled.Next ?? -1;
            if (isKnown && first >= 0)
            {
                CheckBetween(at, partition, before, first, poll.Isolation, hasRecords: polled.Records.Count > 0);
            }

            long next = polled.Next ?? last + 1;
            if (polled.Records.Count > 0 && polled.Next is { } told && told > last + 1)
            {
                Keep(partition, new Gap(last, told, at.Index, at.Index, "L9", poll.Isolation, AnomalyLevel.Error));
            }

            if (next > 0 || isKnown)
            {
                mine[partition] = new Position(Math.Max(next, isKnown && polled.Records.Count == 0 ? before.Next : 0), at.Index, IsRebalanced: false);
            }
        }
    }

    /// <returns>The last offset; -1 for none.</returns>
    private long CheckInside(HistoryEvent at, int partition, PolledPartition polled, ReadIsolation isolation)
    {
        long last = -1;
        foreach (HistoryRecord record in polled.Records)
        {
            long offset = record.Offset ?? -1;
            if (last >= 0 && offset <= last)
            {
                Report("L8", $"one poll gave {offset} behind {last}", at, partition, offset);
            }
            else if (last >= 0 && offset > last + 1)
            {
                Keep(partition, new Gap(last, offset, at.Index, at.Index, "L8", isolation, AnomalyLevel.Error));
            }

            last = Math.Max(last, offset);
        }

        return last;
    }

    private void CheckBetween(HistoryEvent at, int partition, Position before, long first, ReadIsolation isolation, bool hasRecords)
    {
        AnomalyLevel level = before.IsRebalanced ? AnomalyLevel.Information : AnomalyLevel.Error;
        if (first < before.Next)
        {
            Report("L9", $"a reader at {before.Next} was given {(hasRecords ? "" : "the position ")}{first}", [before.Event, at.Index], partition, first, level);
        }
        else if (first > before.Next)
        {
            Keep(partition, new Gap(before.Next - 1, first, before.Event, at.Index, "L9", isolation, level));
        }
    }

    private void Keep(int partition, Gap gap)
    {
        if (!gaps.TryGetValue(partition, out List<Gap>? kept))
        {
            gaps.Add(partition, kept = []);
        }

        kept.Add(gap);
    }

    private Dictionary<int, Position> Of(int process)
    {
        if (!positions.TryGetValue(process, out Dictionary<int, Position>? mine))
        {
            positions.Add(process, mine = []);
        }

        return mine;
    }

    private void Forget(int process, bool isRebalance)
    {
        if (!isRebalance)
        {
            positions.Remove(process);
            return;
        }

        Dictionary<int, Position> mine = Of(process);
        foreach (int partition in mine.Keys.ToList())
        {
            mine[partition] = mine[partition] with { IsRebalanced = true };
        }
    }

    public override void Finish()
    {
        foreach ((int partition, List<Gap> kept) in gaps)
        {
            JudgeGaps(partition, kept);
        }
    }

    private void JudgeGaps(int partition, List<Gap> kept)
    {
        PartitionFacts facts = Context.Partitions[partition];
        List<long> committed = [];
        List<long> all = [];
        foreach ((long offset, int slot) in facts.MessageAt.Entries())
        {
            ref readonly MessageFacts message = ref Context.Messages[slot - 1];
            bool isRemovable = Context.IsCompacted(partition) && message.Key >= 0;
            if (message.SeenOffset == offset && message.SeenPartition == partition && message.Has(MessageMarks.Seen) && !isRemovable)
            {
                all.Add(offset);
                if (message.Has(MessageMarks.SeenCommitted))
                {
                    committed.Add(offset);
                }
            }
        }

        foreach (Gap gap in kept)
        {
            List<long> seen = gap.Isolation == ReadIsolation.Committed ? committed : all;
            int at = seen.BinarySearch(gap.After + 1);
            at = at < 0 ? ~at : at;
            if (at < seen.Count && seen[at] < gap.Before && seen[at] >= StartOf(facts))
            {
                Report(
                    gap.Rule,
                    $"a reader went from {gap.After} to {gap.Before} and left out {Context.Messages[facts.MessageAt.Get(seen[at]) - 1].Id} at {seen[at]}",
                    gap.FirstEvent == gap.LastEvent ? [gap.LastEvent] : [gap.FirstEvent, gap.LastEvent],
                    partition,
                    seen[at],
                    gap.Level);
            }
        }
    }

    /// <summary>What retention took may be left out; whether it might is L13.</summary>
    private static long StartOf(PartitionFacts facts) => facts.FinalStart == long.MaxValue ? 0 : facts.FinalStart;

    private readonly record struct Position(long Next, long Event, bool IsRebalanced);

    private readonly record struct Gap(long After, long Before, long FirstEvent, long LastEvent, string Rule, ReadIsolation Isolation, AnomalyLevel Level);
}
