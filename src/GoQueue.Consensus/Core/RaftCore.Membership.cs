using GoQueue.Core;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus.Core;

/// <content>Changing who belongs, and handing over the lead (paper section 6, thesis sections 3.10, 4.1, 4.2).</content>
internal sealed partial class RaftCore
{
    private Transferring? transfer;

    /// <summary>The leader hands over to this member; null when it does not.</summary>
    public MemberId? TransferTarget => transfer?.Target;

    /// <summary>
    /// Null when the change can be made now. One at a time, and none before the leader decided something in its term: the change of a leader before
    /// could still be under way, and two changes together can make two majorities that do not meet (thesis section 4.1 and the erratum of July 2015).
    /// </summary>
    public Error? Check(MembershipChange change)
    {
        if (RefusesProposals is { } refused)
        {
            return refused;
        }

        if (!Configuration.With(change).TryGet(out RaftConfiguration? changed, out Error error))
        {
            return error;
        }

        if (changed == Configuration && configurations[^1].Index <= Commit)
        {
            return null;
        }

        if (configurations[^1].Index > Commit && !Has(RaftFaults.ChangeBeforeDecided))
        {
            return new Error(ErrorCode.PreconditionFailed, "another change of the quorum's members is under way; repeat when it is decided");
        }

        if (Commit < termStart && !Has(RaftFaults.ChangeBeforeDecided))
        {
            return new Error(ErrorCode.MetadataUnavailable, "the leader has not decided anything in its term yet; repeat");
        }

        if (change is MembershipChange.Promote promote && ProgressOf(new MemberId(promote.Node, promote.Incarnation)) is { } peer && !IsCaughtUp(peer))
        {
            return new Error(ErrorCode.PreconditionFailed, $"node {promote.Node} has the log up to {peer.Match} of {Log.LastIndex}; it votes when it has caught up");
        }

        return null;
    }

    private void OnChange(MembershipChange change)
    {
        if (Check(change) is not null)
        {
            return; // the host asked at an earlier time, and a peer that was caught up has been silent for too long since
        }

        RaftConfiguration changed = Configuration.With(change).Value;
        if (changed == Configuration)
        {
            return;
        }

        List<MemberProgress> removed = peers.FindAll(peer => !changed.IsMember(peer.Id));
        List<RaftEntry> entry = [new(Log.LastIndex + 1, Term, RaftEntryKind.Configuration, changed.ToBytes())];
        AppendOwn(entry);
        foreach (MemberProgress gone in removed)
        {
            SendEntries(gone); // its last message tells it that it was removed, if it arrives
        }

        AlignPeers();
        foreach (MemberProgress peer in peers)
        {
            SendEntries(peer);
        }
    }

    /// <summary>A leader that is no voter any more leads until that is decided, and then leaves the lead to the member that is farthest.</summary>
    private void StepDownWhenRemoved()
    {
        if (Role != RaftRole.Leader || Configuration.IsVoter(Self) || configurations[^1].Index > Commit)
        {
            return;
        }

        MemberProgress? heir = null;
        foreach (MemberProgress peer in peers)
        {
            heir = peer.IsVoter && peer.IsCounted && peer.Match > (heir?.Match ?? 0) ? peer : heir;
        }

        if (heir is not null)
        {
            Send(heir.Id, new RaftMessage.TimeoutNow(Term));
        }

        BecomeFollower(Term, null);
    }

    private void OnTransfer(MemberId target)
    {
        if (Role != RaftRole.Leader || peers.Find(peer => peer.Id == target) is not { IsVoter: true, IsCounted: true } heir || transfer?.Target == target)
        {
            return;
        }

        transfer = new Transferring(target, now + options.ElectionTimeoutMax);
        HandOverWhenReady(heir);
        SendEntries(heir);
    }

    /// <summary>The target has all there is: it may begin an election at once. From here on there is no lease, for it may win before one runs out.</summary>
    private void HandOverWhenReady(MemberProgress peer)
    {
        if (transfer is { IsSent: false } handOver && handOver.Target == peer.Id && peer.Match == Log.LastIndex)
        {
            transfer = handOver with { IsSent = true };
            leaseUntil = TimeSpan.MinValue;
            isLeaseVoid = true;
            Send(peer.Id, new RaftMessage.TimeoutNow(Term));
        }
    }

    private sealed record Transferring(MemberId Target, TimeSpan Until, bool IsSent = false);
}
