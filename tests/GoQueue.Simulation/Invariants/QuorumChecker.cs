using GoQueue.Core;
using GoQueue.Metadata.Quorum;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Invariants;

/// <summary>M7 of whole brokers: a leader of the metadata quorum changes one voter at a time, and counts on no disk that it said it has forgotten.</summary>
internal sealed class QuorumChecker
{
    private readonly Dictionary<int, QuorumStatus> seen = [];
    private readonly HashSet<(NodeId Node, Guid Incarnation)> removed = [];

    public void Removed(NodeId node, Guid incarnation) => removed.Add((node, incarnation));

    public void Restarted(int host) => seen.Remove(host);

    public void Sees(int host, QuorumStatus status)
    {
        if (seen.TryGetValue(host, out QuorumStatus? before) && before.Sequence == status.Sequence)
        {
            return;
        }

        seen[host] = status;
        if (!status.IsLeader)
        {
            return;
        }

        foreach (QuorumMemberStatus member in status.Members)
        {
            SimulationFailure.Unless(
                !removed.Contains((member.Member.Node, member.Member.Incarnation)), "M7", $"host {host} leads the metadata quorum in term {status.Term} and still counts {member.Member}, which was removed");
        }

        if (before is { IsLeader: true } && before.Term == status.Term)
        {
            int added = Voters(status).Except(Voters(before)).Count();
            int gone = Voters(before).Except(Voters(status)).Count();
            SimulationFailure.Unless(added + gone <= 1, "M7", $"host {host} leads term {status.Term}: {gone} voters leave and {added} come at once");
        }
    }

    private static IEnumerable<(NodeId Node, Guid Incarnation)> Voters(QuorumStatus status) =>
        status.Members.Where(member => member.Role == QuorumRole.Voter).Select(member => (member.Member.Node, member.Member.Incarnation));
}
