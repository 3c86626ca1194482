using GoQueue.History.Events;

namespace GoQueue.History.Checking.Cluster;

/// <summary>
/// The metadata's log as the nodes show it. M4: one entry at an index and term, one vote in a term, one state at a version. M7: successive memberships whose
/// majorities always meet, and only members counted.
/// </summary>
internal sealed class RaftCheck(CheckContext context) : Check(context)
{
    private readonly Dictionary<(long Index, long Term), (string Hash, long Event)> entries = [];
    private readonly Dictionary<(string Node, long Term), (string? Candidate, long Event)> votes = [];
    private readonly Dictionary<long, (string Hash, long Event)> states = [];
    private readonly SortedDictionary<long, (IReadOnlyList<string> Voters, long Event)> memberships = [];
    private readonly List<HistoryEvent> counted = [];

    public override void Observed(HistoryEvent seen)
    {
        string node = seen.Node ?? "";
        switch (seen.Value)
        {
            case MetadataValue { Hash: { } hash } metadata:
                if (!states.TryAdd(metadata.Version, (hash, seen.Index)) && states[metadata.Version].Hash != hash)
                {
                    Report("M4", $"version {metadata.Version} of the metadata is another state on node {node}", [states[metadata.Version].Event, seen.Index]);
                }

                break;
            case RaftValue { Fact: RaftFact.Entry, Hash: { } hash } entry:
                if (!entries.TryAdd((entry.Index, entry.Term), (hash, seen.Index)) && entries[(entry.Index, entry.Term)].Hash != hash)
                {
                    Report("M4", $"entry {entry.Index} of term {entry.Term} is another one on node {node}", [entries[(entry.Index, entry.Term)].Event, seen.Index]);
                }

                break;
            case RaftValue { Fact: RaftFact.Vote } vote:
                if (!votes.TryAdd((node, vote.Term), (vote.Candidate, seen.Index)) && votes[(node, vote.Term)].Candidate != vote.Candidate)
                {
                    Report("M4", $"node {node} voted for {votes[(node, vote.Term)].Candidate} and for {vote.Candidate} in term {vote.Term}", [votes[(node, vote.Term)].Event, seen.Index]);
                }

                break;
            case RaftValue { Fact: RaftFact.Config } membership:
                memberships.TryAdd(membership.Index, (membership.Nodes, seen.Index));
                break;
            case RaftValue { Fact: RaftFact.Counted }:
                counted.Add(seen);
                break;
            default:
                break;
        }
    }

    public override void Finish()
    {
        (IReadOnlyList<string> Voters, long Event)? before = null;
        foreach ((long index, (IReadOnlyList<string> Voters, long Event) membership) in memberships)
        {
            if (before is { } previous && CanMiss(previous.Voters, membership.Voters))
            {
                Report("M7", $"voters [{string.Join(' ', previous.Voters)}] became [{string.Join(' ', membership.Voters)}] at {index}: two majorities need not meet", [previous.Event, membership.Event]);
            }

            before = membership;
        }

        foreach (HistoryEvent seen in counted)
        {
            CheckCounted(seen, seen.As<RaftValue>());
        }
    }

    /// <summary>A majority of one can be chosen that shares no node with a majority of the other.</summary>
    private static bool CanMiss(IReadOnlyList<string> one, IReadOnlyList<string> other)
    {
        int shared = one.Intersect(other).Count();
        int fromShared = Math.Max(0, (one.Count / 2) + 1 - (one.Count - shared)) + Math.Max(0, (other.Count / 2) + 1 - (other.Count - shared));
        return fromShared <= shared;
    }

    /// <summary>An entry is decided by the membership that its log holds at or below it.</summary>
    private void CheckCounted(HistoryEvent seen, RaftValue value)
    {
        (IReadOnlyList<string> Voters, long Event)? valid = null;
        foreach ((long index, (IReadOnlyList<string> Voters, long Event) membership) in memberships)
        {
            if (index <= value.Index)
            {
                valid = membership;
            }
        }

        if (valid is { } known && value.Nodes.Except(known.Voters).FirstOrDefault() is { } stranger)
        {
            Report("M7", $"node {stranger} was counted for entry {value.Index}, and the voters are [{string.Join(' ', known.Voters)}]", [known.Event, seen.Index]);
        }
    }
}
