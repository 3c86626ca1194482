using GoQueue.Consensus.Core;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus;

/// <content>What this node knows of the quorum, published at the end of every turn.</content>
public sealed partial class RaftMetadataLog
{
    private readonly Feed<StatusFacts> status;

    public QuorumStatus Status
    {
        get
        {
            StatusFacts facts = status.Newest;
            TimeSpan now = Now();
            return new QuorumStatus
            {
                Sequence = facts.Sequence,
                Leader = facts.Leader?.Node,
                IsLeader = facts.MayAct && now < facts.LeaseUntil,
                Term = facts.Term,
                CommitIndex = facts.Commit,
                AppliedIndex = facts.Applied,
                Members = [.. facts.Members.Select(member => new QuorumMemberStatus(
                    member.Member, member.Role, member.Match, member.HeardAt is { } at ? now > at ? now - at : TimeSpan.Zero : null, member.IsCaughtUp))],
            };
        }
    }

    /// <summary>Proposals of this node that are not decided or given up yet. What the simulator looks at; nothing of the product asks for it.</summary>
    internal int OpenProposals
    {
        get
        {
            lock (gate)
            {
                return openProposals;
            }
        }
    }

    public async ValueTask WaitForStatusChangeAsync(long seen, CancellationToken cancellationToken) => await status.WaitForNewerAsync(seen, cancellationToken);

    private void Publish() => status.Publish(MakeFacts(status.Newest.Sequence, turnTime));

    private StatusFacts MakeFacts(long sequence, TimeSpan at)
    {
        StatusFacts before = status?.Newest ?? StatusFacts.None;
        bool mayAct = !isFailed && core.HasDecidedInTerm && state.AppliedIndex >= Math.Min(core.Commit, core.Durable) && core.Configuration.IsMember(self);
        MemberId? leader = isFailed ? null : core.Leader; // after a failure this node hears of no change: its broker knows no controller, is fenced, and what it led goes to others
        bool isNews = before.Leader != leader || before.Term != core.Term || before.MayAct != mayAct || !ReferenceEquals(before.Configuration, core.Configuration);
        return new StatusFacts
        {
            Sequence = isNews ? sequence + 1 : sequence,
            Leader = leader,
            MayAct = mayAct,
            LeaseUntil = core.LeaseUntil,
            Term = core.Term,
            Commit = core.Commit,
            Applied = state.AppliedIndex,
            Configuration = core.Configuration,
            Members = [.. core.Configuration.Members.Select(member => FactsOf(member, at))],
        };
    }

    private MemberFacts FactsOf(QuorumMember member, TimeSpan at)
    {
        MemberId id = MemberId.Of(member);
        QuorumRole role = core.Configuration.IsVoter(id) ? QuorumRole.Voter : QuorumRole.Learner;
        if (id == self)
        {
            bool isLeader = core.Role == RaftRole.Leader;
            return new MemberFacts(member, role, core.Durable, isLeader ? at : null, isLeader);
        }

        return core.ProgressOf(id) is { } progress
            ? new MemberFacts(member, role, progress.Match, progress.LastContact, core.IsCaughtUp(progress))
            : new MemberFacts(member, role, null, null, false);
    }
}
