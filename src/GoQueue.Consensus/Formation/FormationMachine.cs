using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus.Formation;

/// <summary>
/// Agrees one genesis among nodes with empty disks. Pure: views of others and the time go in, the record of this node and its view come out. Whoever
/// drives it makes a changed <see cref="Record"/> durable before it shows the <see cref="View"/> to anybody.
/// </summary>
/// <remarks>
/// A two-phase commit with the lowest node as coordinator, told by views alone, so that lost, repeated and late messages do no harm:
/// <code>
/// nothing  -> Accepted  own proposal (lowest of a complete set), or a coordinator's proposal that names this disk
/// Accepted -> Formed    coordinator: every member's view shows the proposal; member: anybody's view shows it decided
/// Accepted -> Accepted  a later attempt of the same coordinator; the coordinator's disk was wiped and it asks all the same nodes again;
///                       or this node coordinated and gives way to a lower one
/// Accepted -> Released  its coordinator has moved on to something else, so it can never be decided
/// any undecided -> Joining  a cluster was decided without this disk
/// </code>
/// Why there is never a second cluster: a genesis is decided only by its coordinator, whose current record it is, after every member's disk held it.
/// A member lets go of an acceptance only when the decision can no longer fall: its coordinator (the same disk) shows another record in that
/// attempt or a later one; or a member of it is part of another decided cluster, and so never will accept, or never would have let go; or the
/// coordinator's disk is gone. In the last case the decision may have fallen and been told to somebody of the set: therefore the new
/// proposal must name all of the same nodes, and one that knows of the decision refuses it.
/// </remarks>
public sealed partial class FormationMachine
{
    private readonly FormationOptions options;
    private readonly Func<Guid> newId;
    private readonly SortedDictionary<NodeId, Seen> others = [];
    private readonly SortedDictionary<NodeId, PeerAddress> addresses = [];
    private string objection = string.Empty;
    private string waitingFor = string.Empty;

    /// <param name="record">From the disk; null on an empty one.</param>
    /// <param name="newId">Never gives the same id twice.</param>
    public FormationMachine(FormationOptions options, FormationRecord? record, Func<Guid> newId)
    {
        this.options = options;
        this.newId = newId;
        Record = record;
        foreach (PeerAddress member in options.Members)
        {
            Know(member);
        }
    }

    /// <summary>What must be on the disk before <see cref="View"/> is shown.</summary>
    public FormationRecord? Record { get; private set; }

    public FormationView View => new(options.Self, options.Incarnation, options.Host, options.Port, OwnAttempts, Record);

    /// <summary>In words, why it does not go on; empty when it does, or all is decided. For the log.</summary>
    public string Problem => Record is { IsDecided: true } ? objection : objection.Length > 0 ? objection : waitingFor;

    /// <summary>The node cannot become part of the cluster that it found; it must not go on.</summary>
    public string? Fatal { get; private set; }

    private long OwnAttempts => Record?.OwnAttempts ?? 0;

    private MemberOf Self => new(options.Self, options.Incarnation);

    /// <summary>Where a node is reached, as this node was told or found out.</summary>
    public void Know(PeerAddress address) => addresses[address.Node] = address;

    /// <summary>The disk under which a node was heard last; null when it was not heard yet.</summary>
    public Guid? DiskOf(NodeId node) => others.TryGetValue(node, out Seen seen) ? seen.View.Incarnation : null;

    /// <summary>
    /// Takes in what another node says of itself, and goes on from there. Views of one node may be late and repeated, but one of an older disk never
    /// comes after one of a newer disk: links of the older are gone before the newer is let in.
    /// </summary>
    /// <param name="now">Monotonic.</param>
    public void Observe(FormationView view, TimeSpan now)
    {
        if (view.Node == options.Self)
        {
            return; // this node found itself, or there are two of the name, which the transport says
        }

        others[view.Node] = new Seen(view, now);
        if (view.Record is { } theirs)
        {
            Consider(view, theirs);
        }

        Advance(now);
    }

    /// <summary>Goes on with what is known; call it now and then, because nodes stop being heard without a message.</summary>
    public void Advance(TimeSpan now)
    {
        if (Record is null or { IsDecided: false })
        {
            Coordinate(now);
        }
    }

    /// <summary>The cluster took this disk as a learner.</summary>
    public void Joined()
    {
        Invariant.Check(Record?.Stage == FormationStage.Joining, "only a node that is joining has joined");
        Record = Record! with { Stage = FormationStage.Joined };
    }

    private void Consider(FormationView view, FormationRecord theirs)
    {
        if (Record is { IsDecided: true })
        {
            if (theirs.IsDecided && theirs.Proposal.Id != Record.Proposal.Id)
            {
                objection = $"node {view.Node} belongs to another cluster ({theirs.Genesis.ClusterId}) than this node ({Record.Genesis.ClusterId})";
            }
        }
        else if (theirs.IsDecided)
        {
            FollowDecision(view, theirs);
        }
        else
        {
            ReleaseIfMovedOn(view, theirs);
            if (theirs.Stage == FormationStage.Accepted && IsBy(theirs.Proposal, view))
            {
                AcceptIfAllowed(theirs);
            }
        }
    }

    private void FollowDecision(FormationView view, FormationRecord theirs)
    {
        if (options.ClusterId is { } given && given != theirs.Genesis.ClusterId)
        {
            objection = $"node {view.Node} belongs to cluster {theirs.Genesis.ClusterId}, and this node was told {given}";
        }
        else if (IsMember(theirs.Genesis, Self))
        {
            // Every member held it on its disk before it was decided, so no record at all means that this disk lost it, and maybe its votes.
            if (Record is null)
            {
                Fatal = $"cluster {theirs.Genesis.ClusterId} has this very data directory as a member, but the directory has no record of it: files were removed. " +
                    "Start with an empty data directory instead; the node then joins anew";
                return;
            }

            if (Record.Proposal.Id == theirs.Proposal.Id || MayLeaveFor(view))
            {
                Record = new FormationRecord(FormationStage.Formed, theirs.Proposal, theirs.Genesis, OwnAttempts);
            }
        }
        else if (MayLeaveFor(view))
        {
            Record = new FormationRecord(FormationStage.Joining, theirs.Proposal, theirs.Genesis, OwnAttempts);
        }
        else
        {
            objection = $"cluster {theirs.Genesis.ClusterId} is formed; before this node can join it, node {Record!.Proposal.Coordinator} must say that it has given up its own proposal";
        }
    }

    /// <summary>Whether the acceptance held here, if any, can never be decided.</summary>
    private bool MayLeaveFor(FormationView decided) =>
        Record is null or { Stage: FormationStage.Released } || IsMine(Record.Proposal) || IsMember(Record.Genesis, new MemberOf(decided.Node, decided.Incarnation));

    private void ReleaseIfMovedOn(FormationView view, FormationRecord theirs)
    {
        if (Record is { Stage: FormationStage.Accepted } && IsBy(Record.Proposal, view) && view.OwnAttempts >= Record.Proposal.Attempt && theirs.Proposal.Id != Record.Proposal.Id)
        {
            Record = Record with { Stage = FormationStage.Released };
        }
    }

    private void AcceptIfAllowed(FormationRecord theirs)
    {
        Genesis genesis = theirs.Genesis;
        NodeId[] named = [.. Members(genesis).Select(member => member.Node).Order()];
        if (!IsMember(genesis, Self))
        {
            return; // an older disk of this node is meant, or this node came too late for the set; it will join
        }

        if (named[0] != theirs.Proposal.Coordinator)
        {
            return; // no honest program proposes that
        }

        if (options.ClusterId is { } given && given != genesis.ClusterId)
        {
            objection = $"node {theirs.Proposal.Coordinator} proposes cluster {genesis.ClusterId}, and this node was told {options.ClusterId}";
        }
        else if (options.IsStatic && !named.SequenceEqual(options.Members.Select(member => member.Node).Order()))
        {
            objection = $"node {theirs.Proposal.Coordinator} has another list of nodes ({string.Join(", ", named)}) than this one ({string.Join(", ", options.Members.Select(member => member.Node))}); make them equal";
        }
        else if (!options.IsStatic && named.Length < options.ExpectedNodes)
        {
            objection = $"node {theirs.Proposal.Coordinator} wants to begin with {named.Length} nodes, this one expects {options.ExpectedNodes}; make the settings equal";
        }
        else if (MayReplace(theirs))
        {
            objection = string.Empty;
            Record = new FormationRecord(FormationStage.Accepted, theirs.Proposal, genesis, OwnAttempts);
        }
    }

    private bool MayReplace(FormationRecord theirs)
    {
        if (Record is null)
        {
            return true;
        }

        FormationProposal mine = Record.Proposal;
        FormationProposal other = theirs.Proposal;
        if (mine.Coordinator == other.Coordinator && mine.Incarnation == other.Incarnation)
        {
            return other.Attempt > mine.Attempt; // it has moved on; an older attempt is a late message
        }

        if (Record.Stage == FormationStage.Released)
        {
            return true;
        }

        return mine.Coordinator == other.Coordinator
            ? Members(Record.Genesis).All(member => Members(theirs.Genesis).Any(again => again.Node == member.Node))
            : IsMine(mine) && other.Coordinator.CompareTo(options.Self) < 0;
    }

    private bool IsMine(FormationProposal proposal) => proposal.Coordinator == options.Self && proposal.Incarnation == options.Incarnation;

    private static bool IsBy(FormationProposal proposal, FormationView view) => proposal.Coordinator == view.Node && proposal.Incarnation == view.Incarnation;

    private static IEnumerable<QuorumMember> Members(Genesis genesis) => genesis.Voters.Concat(genesis.Learners);

    private static bool IsMember(Genesis genesis, MemberOf who) => Members(genesis).Any(member => member.Node == who.Node && member.Incarnation == who.Incarnation);

    private readonly record struct MemberOf(NodeId Node, Guid Incarnation);

    private readonly record struct Seen(FormationView View, TimeSpan At);
}
