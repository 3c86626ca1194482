using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus.Core;

/// <content>Who leads: pre-votes, votes, evidence (paper section 5.2, thesis sections 3.10 and 9.6).</content>
internal sealed partial class RaftCore
{
    /// <summary>Pre-votes in quick succession after a broken connection; then elections wait for silence again.</summary>
    private const int MaxQuickTries = 10;

    private readonly Dictionary<MemberId, bool> votes = []; // only counted, never walked
    private TimeSpan electionDeadline;
    private TimeSpan lastLeaderContact = TimeSpan.MinValue;

    /// <summary>The leader to which the connection broke, in the term in which it led.</summary>
    private (MemberId Leader, long Term)? lostLeader;
    private int quickTries;

    /// <summary>
    /// True when this member may begin an election: it is a voter, or was one before a change that is not known to be decided. Without the second its
    /// log could be the only one that the others may vote for, and nobody would lead again (thesis section 4.2.2).
    /// </summary>
    private bool MayCampaign => mayVote && installing is null
        && (Configuration.IsVoter(Self) || (configurations[^1].Index > Commit && ConfigurationAt(Commit).IsVoter(Self)));

    private int VotesNeeded => Configuration.Majority - (Has(RaftFaults.LeadWithoutMajority) ? 1 : 0);

    private bool HasEvidence => lostLeader is { } lost && lost.Term == Term;

    private TimeSpan ElectionTimeout() => Draw(options.ElectionTimeoutMin, options.ElectionTimeoutMax);

    private TimeSpan Draw(TimeSpan from, TimeSpan to) => from + ((to - from) * random.NextDouble());

    private void OnElectionTimeout()
    {
        if (!MayCampaign)
        {
            electionDeadline = now + ElectionTimeout();
            if (Role != RaftRole.Follower || (Leader is not null && !HearsLeader))
            {
                BecomeFollower(Term, null);
            }

            return;
        }

        StartPreVote();
    }

    private void StartPreVote()
    {
        Role = RaftRole.PreCandidate;
        Leader = null;
        votes.Clear();
        votes[Self] = true;
        electionDeadline = now + (IsQuick() ? Draw(options.LinkLossDelay, options.LinkLossDelay * 3) : ElectionTimeout());
        if (Configuration.IsSoleVoter(Self))
        {
            StartElection(isTransfer: false);
            return;
        }

        AskVoters(new RaftMessage.PreVote(Term + 1, Log.LastIndex, Log.LastTerm));
    }

    /// <summary>With evidence that the leader is gone the next try comes soon, for a while.</summary>
    private bool IsQuick() => HasEvidence && quickTries++ < MaxQuickTries;

    private void StartElection(bool isTransfer)
    {
        bool isQuick = HasEvidence || isTransfer;
        Role = RaftRole.Candidate;
        Leader = null;
        hard = new HardState(Term + 1, Self);
        if (lostLeader is { } lost)
        {
            lostLeader = lost with { Term = Term }; // the evidence stays good while nobody leads
        }

        votes.Clear();
        votes[Self] = true;
        electionDeadline = now + (isQuick ? Draw(options.LinkLossDelay * 3, options.ElectionTimeoutMin) : ElectionTimeout());
        if (Configuration.IsSoleVoter(Self))
        {
            BecomeLeader();
            return;
        }

        AskVoters(new RaftMessage.Vote(Term, Log.LastIndex, Log.LastTerm, isTransfer));
    }

    private void AskVoters(RaftMessage question)
    {
        foreach (QuorumMember voter in Configuration.Voters)
        {
            if (MemberId.Of(voter) != Self)
            {
                Send(MemberId.Of(voter), question);
            }
        }
    }

    private void OnPreVote(MemberId from, RaftMessage.PreVote ask)
    {
        if (!mayVote)
        {
            return;
        }

        bool isNewer = ask.Term > Term || (ask.Term == Term && Leader is null && (hard.Vote is null || hard.Vote == from));
        bool isGranted = isNewer && IsUpToDate(ask.LastIndex, ask.LastTerm) && !HearsLeader;
        Send(from, new RaftMessage.PreVoteAnswer(isGranted ? ask.Term : Term, isGranted));
    }

    private void OnPreVoteAnswer(MemberId from, RaftMessage.PreVoteAnswer answer)
    {
        if (!answer.IsGranted && answer.Term > Term)
        {
            BecomeFollower(answer.Term, null);
            return;
        }

        if (Role == RaftRole.PreCandidate && (!answer.IsGranted || answer.Term == Term + 1))
        {
            votes[from] = answer.IsGranted;
            if (CountVotes(true) >= VotesNeeded)
            {
                StartElection(isTransfer: false);
            }
        }
    }

    private void OnVote(MemberId from, RaftMessage.Vote ask)
    {
        if (ask.Term < Term)
        {
            Send(from, new RaftMessage.VoteAnswer(Term, false));
            return;
        }

        if (!mayVote || (ask.Term > Term && !ask.IsTransfer && HearsLeader))
        {
            return; // a member that was removed, or cut off on one side, does not disturb (paper section 6)
        }

        if (ask.Term > Term)
        {
            BecomeFollower(ask.Term, null);
        }

        bool isFree = hard.Vote == from || (hard.Vote is null && Leader is null);
        bool isGranted = isFree && IsUpToDate(ask.LastIndex, ask.LastTerm);
        if (isGranted)
        {
            hard = hard with { Vote = from };
            electionDeadline = now + ElectionTimeout();
        }

        Send(from, new RaftMessage.VoteAnswer(Term, isGranted));
    }

    private void OnVoteAnswer(MemberId from, RaftMessage.VoteAnswer answer)
    {
        if (Role != RaftRole.Candidate || answer.Term != Term)
        {
            return;
        }

        votes[from] = answer.IsGranted;
        if (CountVotes(true) >= VotesNeeded)
        {
            BecomeLeader();
        }
        else if (CountVotes(false) >= Configuration.Majority)
        {
            Role = RaftRole.Follower; // lost; the deadline stands
        }
    }

    private int CountVotes(bool granted) =>
        Configuration.Voters.Count(voter => votes.TryGetValue(MemberId.Of(voter), out bool vote) && vote == granted);

    /// <summary>Paper section 5.4.1: the last term decides, then the length.</summary>
    private bool IsUpToDate(long lastIndex, long lastTerm) => lastTerm > Log.LastTerm || (lastTerm == Log.LastTerm && lastIndex >= Log.LastIndex);

    /// <summary>A leader is known, was heard within the shortest election timeout, and nothing says that it went away since.</summary>
    private bool HearsLeader =>
        Role == RaftRole.Leader || (Leader is not null && !HasEvidence && now - lastLeaderContact < options.ElectionTimeoutMin);

    private void OnLinkLost(MemberId peer)
    {
        if (options.LeaseReads || Role == RaftRole.Leader || Leader != peer)
        {
            return;
        }

        lostLeader = (peer, Term);
        quickTries = 0;
        TimeSpan soon = now + (options.LinkLossDelay * random.NextDouble());
        electionDeadline = soon < electionDeadline ? soon : electionDeadline;
    }

    private void OnTimeoutNow(MemberId from, RaftMessage.TimeoutNow handOver)
    {
        if (handOver.Term == Term && Leader == from && MayCampaign)
        {
            StartElection(isTransfer: true);
        }
    }

    /// <summary>Heard of the leader of this term: it is alive.</summary>
    private void HeardLeader(MemberId from)
    {
        if (Leader != from || Role != RaftRole.Follower)
        {
            BecomeFollower(Term, from);
        }

        lostLeader = null;
        lastLeaderContact = now;
        electionDeadline = now + ElectionTimeout();
    }

    private void BecomeFollower(long term, MemberId? leader)
    {
        if (term > Term)
        {
            hard = new HardState(term, null);
        }

        if (Role == RaftRole.Leader)
        {
            StopLeading();
            electionDeadline = now + ElectionTimeout();
        }

        if (leader is not null)
        {
            lostLeader = null;
            lastLeaderContact = now;
        }
        else if (lostLeader is { } lost)
        {
            lostLeader = lost with { Term = Term };
        }

        Role = RaftRole.Follower;
        Leader = leader;
        verified = 0;
        acknowledged = 0;
        votes.Clear();
        assembling = null;
    }
}
