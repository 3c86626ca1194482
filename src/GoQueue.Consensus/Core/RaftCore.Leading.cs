using System.Diagnostics.CodeAnalysis;
using GoQueue.Core;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus.Core;

/// <content>Leading: proposals, replication, the commit rule (paper sections 5.3, 5.4).</content>
internal sealed partial class RaftCore
{
    /// <summary>Of the members but this one, by node id. Kept over changes of membership.</summary>
    private readonly List<MemberProgress> peers = [];
    private TimeSpan heartbeatDue;
    private long termStart;

    /// <summary>Heartbeats without any acknowledgement after which what is on its way counts as lost.</summary>
    private TimeSpan ResendAfter => options.HeartbeatInterval * 4;

    /// <summary>The members by which entries are decided: the newest, from the moment that they are in the log (paper section 6).</summary>
    private RaftConfiguration Counting => Has(RaftFaults.CountByDecidedMembers) ? ConfigurationAt(Commit) : Configuration;

    private TimeSpan LeaderDeadline => transfer is { } handOver && handOver.Until < heartbeatDue ? handOver.Until : heartbeatDue;

    /// <summary>The leader decided something in its term: it knows all that was decided before (paper section 8).</summary>
    public bool HasDecidedInTerm => Role == RaftRole.Leader && (Commit >= termStart || Configuration.IsSoleVoter(Self));

    /// <summary>Why no proposal is taken now; null when they are.</summary>
    public Error? RefusesProposals => Role != RaftRole.Leader
        ? new Error(ErrorCode.NotController, $"node {Self} does not lead the metadata quorum")
        : transfer is not null ? new Error(ErrorCode.MetadataUnavailable, "the leadership of the metadata quorum is being handed over; repeat") : null;

    /// <summary>What the leader knows of a member; null on other members, for itself, and for strangers.</summary>
    public MemberProgress? ProgressOf(MemberId id) => Role == RaftRole.Leader ? peers.Find(peer => peer.Id == id) : null;

    /// <summary>Close enough behind to vote without holding anybody up, and alive.</summary>
    public bool IsCaughtUp(MemberProgress peer) =>
        peer.IsCounted && peer.Match + options.PromoteLagEntries >= Log.LastIndex && now - peer.LastContact < options.ElectionTimeoutMax;

    private void BecomeLeader()
    {
        Role = RaftRole.Leader;
        Leader = Self;
        lostLeader = null;
        votes.Clear();
        peers.Clear();
        AlignPeers();
        termStart = Log.LastIndex + 1;
        confirmedRound = round;
        leaseUntil = TimeSpan.MinValue;
        isLeaseVoid = false;
        AppendOwn([new RaftEntry(termStart, Term, RaftEntryKind.NoOp, default)]);
        Ask();
        AdvanceCommit();
    }

    private void StopLeading()
    {
        peers.Clear();
        transfer = null;
        RefuseReads();
    }

    /// <summary>One progress per member of the newest configuration, this one excepted.</summary>
    private void AlignPeers()
    {
        foreach (QuorumMember member in Counting.Members)
        {
            MemberId id = MemberId.Of(member);
            if (id == Self)
            {
                continue;
            }

            bool isVoter = Counting.IsVoter(id);
            if (peers.Find(peer => peer.Id == id) is { } known)
            {
                known.IsVoter = isVoter;
                continue;
            }

            MemberProgress added = new(member, isVoter) { LastContact = now, LastMovement = now, AnsweredRound = 0 };
            added.BecomeProbe(Log.LastIndex + 1);
            peers.Add(added);
        }

        peers.RemoveAll(peer => !Counting.IsMember(peer.Id));
        peers.Sort((one, other) => one.Id.CompareTo(other.Id));
    }

    private void OnLeaderTimer()
    {
        if (transfer is { } handOver && now >= handOver.Until)
        {
            transfer = null; // the target did not take over in time; this leader goes on
        }

        if (now < heartbeatDue)
        {
            return;
        }

        if (!HearsMajority())
        {
            BecomeFollower(Term, null); // thesis section 6.2: else clients would wait for a leader that decides nothing
            return;
        }

        Ask();
    }

    private bool HearsMajority()
    {
        int heard = Configuration.IsVoter(Self) ? 1 : 0;
        foreach (MemberProgress peer in peers)
        {
            heard += peer.IsVoter && now - peer.LastContact < options.ElectionTimeoutMax ? 1 : 0;
        }

        return heard >= Configuration.Majority;
    }

    private void OnPropose(IReadOnlyList<ReadOnlyMemory<byte>> commands)
    {
        Invariant.Check(RefusesProposals is null, "only a leader that accepts proposals gets them");
        List<RaftEntry> entries = new(commands.Count);
        long index = Log.LastIndex;
        foreach (ReadOnlyMemory<byte> command in commands)
        {
            entries.Add(new RaftEntry(++index, Term, RaftEntryKind.Command, command));
        }

        AppendOwn(entries);
    }

    private void AppendOwn(List<RaftEntry> entries)
    {
        foreach (RaftEntry entry in entries)
        {
            Log.Append(entry);
            NoteConfiguration(entry);
        }

        effects.Add(new RaftEffect.AppendEntries(entries));
        foreach (MemberProgress peer in peers)
        {
            SendEntries(peer);
        }

        if (Has(RaftFaults.CountBeforeFlush))
        {
            AdvanceCommit();
        }
    }

    /// <summary>As much as the bounds of the member allow.</summary>
    private void SendEntries(MemberProgress peer)
    {
        while (true)
        {
            bool isBlocked = peer.State switch
            {
                ProgressState.Probe => peer.IsProbeSent,
                ProgressState.Replicate => peer.InflightCount >= options.MaxInflightAppends || peer.InflightBytes >= options.MaxInflightBytes,
                _ => true,
            };
            if (isBlocked)
            {
                return;
            }

            if (peer.Next <= Log.BaseIndex)
            {
                StartSnapshot(peer);
                return;
            }

            RaftEntry[] entries = Log.Slice(peer.Next, options.MaxAppendBytes, out int bytes);
            bool hasNews = entries.Length > 0 || peer.State == ProgressState.Probe || peer.SentCommit < Commit;
            if (!hasNews)
            {
                return;
            }

            SendAppend(peer, entries, bytes);
        }
    }

    private void SendAppend(MemberProgress peer, RaftEntry[] entries, int bytes)
    {
        long previous = peer.Next - 1;
        Send(peer.Id, new RaftMessage.Append(Term, previous, Log.TermAt(previous), Commit, entries));
        peer.SentCommit = Commit;
        if (peer.State == ProgressState.Probe)
        {
            peer.IsProbeSent = true;
        }
        else if (entries.Length > 0)
        {
            if (peer.InflightCount == 0)
            {
                peer.LastMovement = now;
            }

            peer.Next += entries.Length;
            peer.Sent(peer.Next - 1, bytes);
        }
    }

    private void OnAppendAccepted(MemberId from, RaftMessage.AppendAccepted accepted)
    {
        if (!TryHear(from, accepted.Term, out MemberProgress? peer))
        {
            return;
        }

        peer.IsCounted = accepted.IsCounted;
        if (accepted.Match > Log.LastIndex)
        {
            return; // it claims what was never sent to it
        }

        NoteMatch(peer, accepted.Match);
        AdvanceCommit();
        if (Role == RaftRole.Leader)
        {
            SendEntries(peer);
            HandOverWhenReady(peer);
        }
    }

    private void NoteMatch(MemberProgress peer, long match)
    {
        bool isNews = match > peer.Match;
        if (isNews)
        {
            peer.Match = match;
            peer.LastMovement = now;
        }

        peer.Acknowledged(match);
        if (peer.State == ProgressState.Probe && (isNews || match >= peer.Next - 1))
        {
            peer.BecomeReplicate();
        }

        peer.Next = Math.Max(peer.Next, peer.Match + 1);
    }

    private void OnAppendRejected(MemberId from, RaftMessage.AppendRejected rejected)
    {
        if (!TryHear(from, rejected.Term, out MemberProgress? peer) || peer.State == ProgressState.Snapshot)
        {
            return;
        }

        bool isStale = peer.State == ProgressState.Replicate ? rejected.PreviousIndex <= peer.Match : rejected.PreviousIndex != peer.Next - 1;
        if (isStale)
        {
            return;
        }

        // Both sides skip whole terms: the member named the last entry that could agree with ours, and of ours only those count whose term is
        // not above that entry's (paper section 5.3, the optimization).
        long agree = Log.FindConflict(Math.Min(rejected.HintIndex, rejected.PreviousIndex - 1), rejected.HintTerm);
        peer.BecomeProbe(Math.Max(agree, peer.Match) + 1);
        SendEntries(peer);
    }

    /// <summary>False for a message of the past or of a stranger; else the member counts as heard.</summary>
    private bool TryHear(MemberId from, long term, [NotNullWhen(true)] out MemberProgress? peer)
    {
        peer = Role == RaftRole.Leader && term == Term ? peers.Find(known => known.Id == from) : null;
        if (peer is not null)
        {
            peer.LastContact = now;
        }

        return peer is not null;
    }

    /// <summary>What the member was sent may be lost: the messages between members are allowed to get lost.</summary>
    private void ResendLost(MemberProgress peer)
    {
        switch (peer.State)
        {
            case ProgressState.Probe:
                peer.IsProbeSent = false;
                break;
            case ProgressState.Replicate when peer.InflightCount > 0 && now - peer.LastMovement >= ResendAfter:
                peer.BecomeProbe(peer.Match + 1);
                peer.LastMovement = now;
                break;
            case ProgressState.Snapshot when now - peer.LastMovement >= ResendAfter * 4:
                SendChunk(peer);
                break;
        }

        SendEntries(peer);
    }

    /// <summary>
    /// The highest index that a majority of all voters has on its devices; decided when it is of this term, and with it all before (paper section
    /// 5.4.2). A sole voter needs no such care: nobody else can ever have decided otherwise.
    /// </summary>
    private void AdvanceCommit()
    {
        Span<long> matches = stackalloc long[Genesis.MaxVoters];
        int voters = 0;
        foreach (MemberProgress peer in peers)
        {
            if (peer.IsVoter)
            {
                matches[voters++] = peer.IsCounted ? peer.Match : 0;
            }
        }

        if (Counting.IsVoter(Self))
        {
            matches[voters++] = Has(RaftFaults.CountBeforeFlush) ? Log.LastIndex : Durable;
        }

        Invariant.Check(voters == Counting.Voters.Count, "every voter counts once", Counting.Voters.Count, voters);
        matches = matches[..voters];
        matches.Sort();
        long decided = matches[voters - Counting.Majority];
        bool isOfTerm = decided > Commit && (Log.TermAt(decided) == Term || Configuration.IsSoleVoter(Self) || Has(RaftFaults.CommitOlderTermByCounting));
        if (!isOfTerm)
        {
            return;
        }

        RaiseCommit(decided);
        OnCommitRaised();
    }

    private void OnCommitRaised()
    {
        ServeReads();
        if (Has(RaftFaults.CountByDecidedMembers))
        {
            AlignPeers();
        }

        foreach (MemberProgress peer in peers)
        {
            SendEntries(peer); // with the commit index, also when there is no entry: followers answer their callers by it
        }

        StepDownWhenRemoved();
    }

    /// <summary>
    /// Nothing of the failed entries was sent. A leader that cannot write leaves the lead to others; a sole voter stays, and takes proposals again
    /// when there is room.
    /// </summary>
    private void OnLeaderAppendFailed(long from)
    {
        termStart = Math.Min(termStart, Log.LastIndex + 1);
        if (Configuration.IsSoleVoter(Self))
        {
            foreach (MemberProgress learner in peers)
            {
                learner.BecomeProbe(Math.Min(learner.Next, from));
            }

            return;
        }

        BecomeFollower(Term, null);
        electionDeadline = now + (options.ElectionTimeoutMax * 2);
        Invariant.Check(from == Log.LastIndex + 1, "the failed entries are forgotten", Log.LastIndex + 1, from);
    }
}
