using GoQueue.History.Events;

namespace GoQueue.History.Checking.Cluster;

/// <summary>
/// Leaders as the metadata of the nodes tells them. M1: one in an epoch. M2: no epoch and no version of one start of a node goes back. M3: chosen from those who
/// hold everything committed, by the state one change before; else only by permission, with an entry in the audit trail.
/// </summary>
internal sealed class LeaderCheck(CheckContext context) : Check(context)
{
    private readonly Dictionary<(int Partition, long Epoch), (string Leader, long Event)> leaders = [];
    private readonly Dictionary<(string Node, string? Boot, int Partition), (long Epoch, long Event)> epochs = [];
    private readonly Dictionary<(string Node, string? Boot), (long Version, long Event)> versions = [];
    private readonly Dictionary<long, (string Leader, long Event)> terms = [];
    private readonly Dictionary<int, SortedDictionary<long, (LeaderValue Value, long Event)>> changes = [];
    private readonly HashSet<(int Partition, long Epoch)> audited = [];

    public override void Observed(HistoryEvent seen)
    {
        string node = seen.Node ?? "";
        switch (seen.Value)
        {
            case LeaderValue leader:
                Leads(seen, node, leader);
                break;
            case MetadataValue metadata:
                if (versions.TryGetValue((node, metadata.Boot), out (long Version, long Event) before) && metadata.Version < before.Version)
                {
                    Report("M2", $"the metadata of node {node} went from version {before.Version} back to {metadata.Version}", [before.Event, seen.Index]);
                }

                versions[(node, metadata.Boot)] = (Math.Max(metadata.Version, before.Version), seen.Index);
                break;
            case RaftValue { Fact: RaftFact.Leads } raft:
                if (!terms.TryAdd(raft.Term, (node, seen.Index)) && terms[raft.Term].Leader != node)
                {
                    Report("M1", $"nodes {terms[raft.Term].Leader} and {node} both lead term {raft.Term}", [terms[raft.Term].Event, seen.Index]);
                }

                break;
            case AuditValue { Kind: "unclean-election" } audit:
                audited.Add((Context.Partitions.Number(audit.Topic, audit.Partition), audit.LeaderEpoch));
                break;
            default:
                break;
        }
    }

    public override void Finish()
    {
        foreach ((int partition, SortedDictionary<long, (LeaderValue Value, long Event)> known) in changes)
        {
            (LeaderValue Value, long Event)? before = null;
            foreach ((long _, (LeaderValue Value, long Event) change) in known)
            {
                if (before is { } previous && previous.Value.PartitionEpoch + 1 == change.Value.PartitionEpoch)
                {
                    CheckChoice(partition, previous, change);
                }

                before = change;
            }
        }
    }

    private void Leads(HistoryEvent seen, string node, LeaderValue value)
    {
        int partition = Context.Partitions.Number(value.Topic, value.Partition);
        if (value.Leader is { } leader && !leaders.TryAdd((partition, value.LeaderEpoch), (leader, seen.Index)) && leaders[(partition, value.LeaderEpoch)] is var other && other.Leader != leader)
        {
            Report("M1", $"nodes {other.Leader} and {leader} both lead it in epoch {value.LeaderEpoch}", [other.Event, seen.Index], partition);
        }

        (string, string?, int) observer = (node, value.Boot, partition);
        if (epochs.TryGetValue(observer, out (long Epoch, long Event) before) && value.LeaderEpoch < before.Epoch)
        {
            Report("M2", $"on node {node} its epoch went from {before.Epoch} back to {value.LeaderEpoch}", [before.Event, seen.Index], partition);
        }

        epochs[observer] = (Math.Max(value.LeaderEpoch, before.Epoch), seen.Index);
        if (value.PartitionEpoch is { } change)
        {
            if (!changes.TryGetValue(partition, out SortedDictionary<long, (LeaderValue Value, long Event)>? known))
            {
                changes.Add(partition, known = []);
            }

            known.TryAdd(change, (value, seen.Index));
        }
    }

    private void CheckChoice(int partition, (LeaderValue Value, long Event) before, (LeaderValue Value, long Event) after)
    {
        if (after.Value.Leader is not { } leader || after.Value.LeaderEpoch == before.Value.LeaderEpoch || before.Value.InSync.Contains(leader) || before.Value.Eligible.Contains(leader))
        {
            return;
        }

        bool wasAudited = audited.Contains((partition, after.Value.LeaderEpoch));
        if (!before.Value.IsUncleanAllowed || !wasAudited)
        {
            Report(
                "M3",
                $"node {leader} leads epoch {after.Value.LeaderEpoch}, and was neither in sync [{string.Join(' ', before.Value.InSync)}] nor eligible [{string.Join(' ', before.Value.Eligible)}]"
                + (before.Value.IsUncleanAllowed ? ", with no entry in the audit trail" : ""),
                [before.Event, after.Event],
                partition);
        }
    }
}
