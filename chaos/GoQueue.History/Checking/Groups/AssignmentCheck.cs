using GoQueue.History.Events;

namespace GoQueue.History.Checking.Groups;

/// <summary>Who owns what. O2: no commit of an older generation. O3: one owner in a generation. O5: nobody starts below the commit. O6: no partition without owner for long.</summary>
internal sealed class AssignmentCheck(CheckContext context) : Check(context)
{
    private readonly Dictionary<string, (long Generation, long Event)> newest = new(StringComparer.Ordinal);
    private readonly Dictionary<int, (long Generation, long Event)> newestAtCall = [];
    private readonly Dictionary<(string Group, long Generation, int Partition), (string Member, long Event)> owners = [];
    private readonly Dictionary<(string Group, int Partition), (long Offset, long Event)> committed = [];
    private readonly Dictionary<(string Group, int Partition), Orphan> orphans = [];

    public override void Invoked(HistoryEvent invocation)
    {
        if (invocation is { Operation: Operation.Commit, Value: GroupOffsetsValue commit } && newest.TryGetValue(commit.Group, out (long Generation, long Event) known))
        {
            newestAtCall[invocation.Process] = known;
        }
        else if (invocation is { Operation: Operation.ResetOffsets, Value: GroupOffsetsValue reset })
        {
            foreach (PartitionPosition at in reset.Offsets)
            {
                committed.Remove((reset.Group, Number(at))); // it may have happened
            }
        }
    }

    public override void Completed(HistoryEvent invocation, HistoryEvent outcome)
    {
        if (outcome.Value is not GroupOffsetsValue value || outcome.Operation is not (Operation.Commit or Operation.ResetOffsets))
        {
            return;
        }

        bool hadNewer = newestAtCall.Remove(outcome.Process, out (long Generation, long Event) before);
        if (outcome.Type == EventType.Fail)
        {
            return;
        }

        foreach (PartitionPosition at in value.Offsets)
        {
            if (outcome.Type == EventType.Ok && at.Offset is { } offset)
            {
                committed[(value.Group, Number(at))] = (offset, outcome.Index);
            }
            else if (committed.TryGetValue((value.Group, Number(at)), out (long Offset, long Event) was) && at.Offset < was.Offset)
            {
                committed.Remove((value.Group, Number(at))); // a lower one may have happened
            }
        }

        if (outcome is { Type: EventType.Ok, Operation: Operation.Commit } && hadNewer && value.Generation < before.Generation)
        {
            Report("O2", $"a commit of generation {value.Generation} of {value.Group} was accepted after generation {before.Generation} had been handed out", [before.Event, outcome.Index]);
        }
    }

    public override void Observed(HistoryEvent seen)
    {
        switch (seen.Value)
        {
            case AssignmentValue assignment when seen.Type == EventType.Ok:
                Assigned(seen, assignment);
                break;
            case GroupStateValue state when seen.Type == EventType.Ok:
                CheckOrphans(seen, state);
                break;
            default:
                break;
        }
    }

    private int Number(PartitionPosition at) => Context.Partitions.Number(at.Topic, at.Partition);

    private void Assigned(HistoryEvent at, AssignmentValue assignment)
    {
        if (!newest.TryGetValue(assignment.Group, out (long Generation, long Event) known) || assignment.Generation > known.Generation)
        {
            newest[assignment.Group] = (assignment.Generation, at.Index);
        }

        foreach (PartitionPosition position in assignment.Partitions)
        {
            int partition = Number(position);
            if (!owners.TryAdd((assignment.Group, assignment.Generation, partition), (assignment.Member, at.Index))
                && owners[(assignment.Group, assignment.Generation, partition)] is var owner && owner.Member != assignment.Member)
            {
                Report("O3", $"in generation {assignment.Generation} of {assignment.Group} both {owner.Member} and {assignment.Member} own it", [owner.Event, at.Index], partition);
            }

            if (position.Offset is { } start && committed.TryGetValue((assignment.Group, partition), out (long Offset, long Event) commit) && start < commit.Offset)
            {
                Report("O5", $"{assignment.Member} of {assignment.Group} is to start at {start}, below the commit {commit.Offset}", [commit.Event, at.Index], partition, start);
            }
        }
    }

    private void CheckOrphans(HistoryEvent at, GroupStateValue state)
    {
        HashSet<int> owned = [.. state.Members.SelectMany(static member => member.Partitions).Select(Number)];
        foreach (PartitionPosition position in state.Partitions)
        {
            (string, int) key = (state.Group, Number(position));
            if (state.Members.Count == 0 || owned.Contains(key.Item2))
            {
                orphans.Remove(key);
                continue;
            }

            if (!orphans.TryGetValue(key, out Orphan since))
            {
                orphans.Add(key, new Orphan(at.Time, at.Index, IsTold: false));
                continue;
            }

            long bound = CheckContext.Nanos(Context.Configuration.RebalanceBoundMillis);
            if (!since.IsTold && at.Time - since.Time > bound && Context.Faults.WasQuietFor(bound, at.Time))
            {
                orphans[key] = since with { IsTold = true };
                Report("O6", $"nobody in {state.Group} owns it for {(at.Time - since.Time) / 1_000_000} ms", [since.Event, at.Index], key.Item2);
            }
        }
    }

    private readonly record struct Orphan(long Time, long Event, bool IsTold);
}
