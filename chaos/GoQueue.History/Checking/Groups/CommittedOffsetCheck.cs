using GoQueue.History.Events;
using GoQueue.History.Linearizability;

namespace GoQueue.History.Checking.Groups;

/// <summary>
/// O1: the committed offset of each group and partition is a linearizable register of its commits and resets. O4: it is never higher than all that was committed
/// or read by the group. Commits of transactions count when the transaction did.
/// </summary>
internal sealed class CommittedOffsetCheck(CheckContext context) : Check(context)
{
    private const long None = -1;

    private readonly RegisterHistory registers = new();
    private readonly Dictionary<int, HistoryEvent> open = [];
    private readonly Dictionary<string, long> highest = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<long>> written = new(StringComparer.Ordinal);

    public override void Invoked(HistoryEvent invocation)
    {
        foreach ((string key, long offset) in Writes(invocation))
        {
            open[invocation.Process] = invocation;
            Reach(key, offset);
            if (!written.TryGetValue(key, out HashSet<long>? values))
            {
                written.Add(key, values = [None]);
            }

            values.Add(offset);
        }
    }

    public override void Completed(HistoryEvent invocation, HistoryEvent outcome)
    {
        open.Remove(outcome.Process);
        foreach ((string key, long offset) in outcome.Type == EventType.Fail ? [] : Writes(outcome))
        {
            registers.Add(key, RegisterAction.Write, offset, 0, invocation.Index, outcome.Type == EventType.Ok ? outcome.Index : RegisterOperation.Never);
        }

        switch (outcome)
        {
            case { Type: EventType.Ok, Operation: Operation.Committed, Value: GroupOffsetsValue read }:
                Read(outcome, read, invocation.Index);
                break;
            case { Type: EventType.Ok, Value: PollValue { Group: { } group } poll }:
                foreach (PolledPartition polled in poll.Partitions)
                {
                    long next = polled.Next ?? (polled.Records.Count > 0 ? polled.Records[^1].Offset + 1 : null) ?? -1;
                    Reach(Key(group, polled.Topic, polled.Partition), next);
                }

                break;
            default:
                break;
        }
    }

    public override void Observed(HistoryEvent seen)
    {
        if (seen is { Operation: Operation.GroupOffsets, Type: EventType.Ok, Value: GroupOffsetsValue read })
        {
            Read(seen, read, seen.Index);
        }
    }

    public override void Finish()
    {
        foreach (HistoryEvent invocation in open.Values.OrderBy(static invocation => invocation.Index))
        {
            foreach ((string key, long offset) in Writes(invocation))
            {
                registers.Add(key, RegisterAction.Write, offset, 0, invocation.Index, RegisterOperation.Never);
            }
        }

        foreach (string key in registers.Keys)
        {
            Judge(key);
        }
    }

    private static string Key(string group, string topic, int partition) => $"{group} {topic}-{partition}";

    private static IEnumerable<(string Key, long Offset)> Writes(HistoryEvent at) => at.Value switch
    {
        GroupOffsetsValue commit when at.Operation is Operation.Commit or Operation.ResetOffsets => Writes(commit),
        TransactionValue transaction => transaction.Steps.Where(static step => step.Commit is not null).SelectMany(static step => Writes(step.Commit!)),
        _ => [],
    };

    private static IEnumerable<(string Key, long Offset)> Writes(GroupOffsetsValue commit) =>
        commit.Offsets.Select(at => (Key(commit.Group, at.Topic, at.Partition), at.Offset ?? None));

    private void Reach(string key, long offset) => highest[key] = Math.Max(highest.GetValueOrDefault(key, None), offset);

    private void Read(HistoryEvent at, GroupOffsetsValue read, long call)
    {
        foreach (PartitionPosition position in read.Offsets)
        {
            string key = Key(read.Group, position.Topic, position.Partition);
            long offset = position.Offset ?? None;
            if (offset > highest.GetValueOrDefault(key, None))
            {
                Report("O4", $"{key} is committed at {offset}, and nobody committed or read further than {highest.GetValueOrDefault(key, None)}", at, Context.Partitions.Number(position.Topic, position.Partition), offset);
            }
            else if (offset == None || (written.TryGetValue(key, out HashSet<long>? values) && values.Contains(offset)))
            {
                registers.Add(key, RegisterAction.Read, offset, 0, call, at.Index);
            }
            else
            {
                Report("O1", $"{key} is committed at {offset}, which nobody committed", at, Context.Partitions.Number(position.Topic, position.Partition), offset);
            }
        }
    }

    private void Judge(string key)
    {
        SearchResult result = registers.Search(key, None, Context.Options.MaxSearchSteps);
        if (result.Outcome == SearchOutcome.GaveUp)
        {
            Context.Doubts.Add($"the order of the commits of {key} was not found within the bound of the search");
        }
        else if (result.Outcome == SearchOutcome.NotLinearizable)
        {
            RegisterOperation at = registers.Of(key)[result.At];
            Report("O1", $"{key} was read as {at.Value} where only {string.Join(" or ", result.Before)} could be committed", [at.Call, at.Return]);
        }
    }
}
