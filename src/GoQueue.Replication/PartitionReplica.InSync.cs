using GoQueue.Core;

namespace GoQueue.Replication;

/// <content>
/// Changes of the in-sync set (R5, R6, R9). At most one is under way; what it would add counts from the moment it is decided here (R3).
/// <code>
/// none ---a follower may join, or fell behind---> wanted ---taken by the host---> asked
/// asked ---refused, and no earlier attempt is in doubt---> none (next one after a pause)
/// asked ---outcome unknown---> in doubt: asked again after a pause; its base lets it happen at most once
/// in doubt ---refused---> in doubt: from now on the committed set itself is proposed, whose acceptance settles the doubt by moving the base
/// any ---a view with a higher partition epoch---> none
/// </code>
/// Why a refusal does not end a doubt: 1. the proposal is committed, its answer is lost; 2. asked again it is refused, because its base is gone by its
/// own effect; 3. the view is still on its way. Forgetting the member now would commit records that the elected set does not all have.
/// </content>
public sealed partial class PartitionReplica
{
    private InSyncProposal? pending; // what counts
    private InSyncProposal? asking; // what is proposed for it; the same, or the committed set to settle a doubt
    private NodeId? joining;
    private bool isAsked;
    private bool isInDoubt;
    private TimeSpan askNotBefore = TimeSpan.MinValue;

    /// <summary>A proposal waits for <see cref="TakeProposal"/>.</summary>
    public bool HasProposal => asking is not null && !isAsked;

    /// <summary>A change is wanted and not yet decided; what it would add counts already (R3).</summary>
    public InSyncProposal? PendingProposal => pending;

    /// <summary>
    /// The proposal to hand to the metadata quorum, which must come to an end in <see cref="ProposalEnded"/>, if only as unknown after a time. Null
    /// when there is none.
    /// </summary>
    public InSyncProposal? TakeProposal()
    {
        if (!HasProposal)
        {
            return null;
        }

        isAsked = true;
        return asking;
    }

    /// <summary>How a taken proposal ended. True when the high watermark or the start moved: a refused expansion no longer holds it back.</summary>
    public bool ProposalEnded(InSyncProposal proposal, ProposalOutcome outcome, TimeSpan now)
    {
        if (!ReferenceEquals(asking, proposal))
        {
            return false; // a newer view or leadership has settled it
        }

        askNotBefore = now + options.ProposalRetry;
        switch (outcome)
        {
            case ProposalOutcome.Accepted:
                isInDoubt = true; // the view that shows it is on its way
                return false;

            case ProposalOutcome.Unknown:
                isInDoubt = true;
                return false;

            default:
                if (isInDoubt)
                {
                    asking = Draft(with: null, without: null);
                    return false;
                }

                ForgetProposal();
                return AdvanceAsLeader(now);
        }
    }

    private void ForgetProposal()
    {
        pending = null;
        asking = null;
        joining = null;
        isAsked = false;
        isInDoubt = false;
    }

    private void RepeatProposal(TimeSpan now)
    {
        if (asking is not null && isAsked && isInDoubt && now >= askNotBefore)
        {
            isAsked = false;
        }
    }

    /// <summary>R5 and R6: only what the follower proved under its present registration lets it join.</summary>
    private void ProposeExpansion(FollowerProgress fetching, TimeSpan now)
    {
        if (pending is not null || now < askNotBefore)
        {
            return;
        }

        if (!options.Has(DeliberateBugs.CountStaleBrokerEpoch))
        {
            ProposeIfInSync(fetching);
            return;
        }

        foreach (FollowerProgress any in followers)
        {
            ProposeIfInSync(any);
        }
    }

    /// <summary>
    /// A follower that has everything says nothing new, so its chance must not hang on its next fetch: it may have been level while another proposal was
    /// under way, or before it was unfenced. What it proved stays true; that it is still there is what the window is for.
    /// </summary>
    private void ProposeLevel(TimeSpan now)
    {
        if (now < askNotBefore)
        {
            return;
        }

        foreach (FollowerProgress follower in followers)
        {
            if (IsCaughtUp(follower, now))
            {
                ProposeIfInSync(follower);
            }
        }
    }

    private void ProposeIfInSync(FollowerProgress follower)
    {
        if (pending is null && !follower.View.IsInSync && MayJoin(follower) && follower.DurableEnd >= HighWatermark && follower.DurableEnd >= EpochStart
            && follower.PromisedStart >= LeastPromise)
        {
            joining = follower.Node;
            Want(Draft(with: follower, without: null));
        }
    }

    private bool MayJoin(FollowerProgress follower) => follower.View.IsEligible && !follower.IsStuck && !follower.DurableEnd.IsNone
        && (follower.BrokerEpoch == follower.View.BrokerEpoch || options.Has(DeliberateBugs.CountStaleBrokerEpoch));

    private void ProposeShrink(TimeSpan now)
    {
        if (pending is not null || now < askNotBefore)
        {
            return;
        }

        foreach (FollowerProgress follower in followers)
        {
            if (follower.View.IsInSync && !IsCaughtUp(follower, now))
            {
                Want(Draft(with: null, without: now));
                return;
            }
        }
    }

    private void Want(InSyncProposal proposal)
    {
        pending = proposal;
        asking = proposal;
        isAsked = false;
        isInDoubt = false;
    }

    /// <param name="with">Joins.</param>
    /// <param name="without">Those that are not caught up at this time leave; null keeps all.</param>
    private InSyncProposal Draft(FollowerProgress? with, TimeSpan? without)
    {
        List<InSyncMember> members = new(View.Replicas.Count);
        for (int index = 0; index < View.Replicas.Count; index++)
        {
            ReplicaView replica = View.Replicas[index];
            FollowerProgress? follower = Find(replica.Node);
            bool stays = replica.IsInSync && (follower is null || without is not { } now || IsCaughtUp(follower, now));
            if (stays || (with is not null && replica.Node == with.Node))
            {
                bool hasFetched = follower is { BrokerEpoch.IsNone: false } && !options.Has(DeliberateBugs.CountStaleBrokerEpoch);
                members.Add(new InSyncMember(replica.Node, hasFetched ? follower!.BrokerEpoch : replica.BrokerEpoch));
            }
        }

        return new InSyncProposal(Epoch, View.PartitionEpoch, members, IsExpansion: with is not null);
    }
}
