namespace GoQueue.Consensus.Core;

/// <content>Questions whether this member still leads: heartbeats, reads that cannot be stale, the lease (thesis sections 6.4 and 6.4.1).</content>
internal sealed partial class RaftCore
{
    /// <summary>Rounds that may be unanswered; older ones are forgotten, which only costs their lease.</summary>
    private const int MaxOpenRounds = 1024;

    private readonly Queue<(long Round, TimeSpan SentAt)> openRounds = new();
    private readonly List<(long Ticket, long Round)> reads = [];
    private long round;
    private long confirmedRound;
    private TimeSpan leaseUntil = TimeSpan.MinValue;

    /// <summary>Another member was told to begin an election, and may do so at any time later in this term.</summary>
    private bool isLeaseVoid;

    /// <summary>
    /// No other member leads before this time, unless a connection broke (<see cref="RaftOptions.LeaseReads"/>): a majority answered a question of that
    /// much earlier. For a sole voter it never ends.
    /// </summary>
    public TimeSpan LeaseUntil => Role != RaftRole.Leader ? TimeSpan.MinValue : Configuration.IsSoleVoter(Self) ? TimeSpan.MaxValue : leaseUntil;

    /// <summary>Sends a heartbeat to everybody and begins a round of answers.</summary>
    private void Ask()
    {
        round++;
        heartbeatDue = now + options.HeartbeatInterval;
        openRounds.Enqueue((round, now));
        if (openRounds.Count > MaxOpenRounds)
        {
            openRounds.Dequeue();
        }

        foreach (MemberProgress peer in peers)
        {
            Send(peer.Id, new RaftMessage.Heartbeat(Term, round, Math.Min(peer.Match, Commit)));
        }

        ConfirmRounds();
    }

    private void OnHeartbeatAnswer(MemberId from, RaftMessage.HeartbeatAnswer answer)
    {
        if (!TryHear(from, answer.Term, out MemberProgress? peer))
        {
            return;
        }

        peer.IsCounted = answer.IsCounted;
        if (answer.Round > round)
        {
            return; // never asked
        }

        peer.AnsweredRound = Math.Max(peer.AnsweredRound, answer.Round);
        ConfirmRounds();
        ResendLost(peer);
    }

    /// <summary>The newest round that a majority of all voters answered.</summary>
    private void ConfirmRounds()
    {
        Span<long> answered = stackalloc long[Genesis.MaxVoters];
        int voters = 0;
        foreach (MemberProgress peer in peers)
        {
            if (peer.IsVoter)
            {
                answered[voters++] = peer.IsCounted ? peer.AnsweredRound : 0;
            }
        }

        if (Configuration.IsVoter(Self))
        {
            answered[voters++] = round;
        }

        answered = answered[..voters];
        answered.Sort();
        long confirmed = answered[voters - Configuration.Majority];
        if (confirmed <= confirmedRound)
        {
            return;
        }

        confirmedRound = confirmed;
        while (openRounds.TryPeek(out (long Round, TimeSpan SentAt) oldest) && oldest.Round <= confirmed)
        {
            leaseUntil = isLeaseVoid ? TimeSpan.MinValue : oldest.SentAt + options.LeaseDuration;
            openRounds.Dequeue();
        }

        ServeReads();
    }

    private void OnRead(IReadOnlyList<long> tickets)
    {
        if (Role != RaftRole.Leader)
        {
            foreach (long ticket in tickets)
            {
                effects.Add(new RaftEffect.ReadRefused(ticket));
            }

            return;
        }

        // The time is this step's own: after a pause it shows that the lease ran out, whatever was believed before.
        bool isLeased = options.LeaseReads && now < LeaseUntil;
        bool isBelieved = Has(RaftFaults.SkipReadIndexCheckAfterPause) && confirmedRound > 0;
        long needed = isLeased || isBelieved ? 0 : round + 1;
        foreach (long ticket in tickets)
        {
            reads.Add((ticket, needed));
        }

        if (needed > 0)
        {
            Ask();
        }

        ServeReads();
    }

    /// <summary>
    /// A read goes at the commit index of now, once a majority answered a question asked after the read came, and once the leader decided
    /// something in its term, because before that its commit index may be behind.
    /// </summary>
    private void ServeReads()
    {
        if (reads.Count == 0 || !HasDecidedInTerm)
        {
            return;
        }

        int kept = 0;
        for (int i = 0; i < reads.Count; i++)
        {
            (long ticket, long needed) = reads[i];
            if (needed <= confirmedRound)
            {
                effects.Add(new RaftEffect.ReadReady(ticket, Commit));
            }
            else
            {
                reads[kept++] = (ticket, needed);
            }
        }

        reads.RemoveRange(kept, reads.Count - kept);
    }

    private void RefuseReads()
    {
        foreach ((long ticket, _) in reads)
        {
            effects.Add(new RaftEffect.ReadRefused(ticket));
        }

        reads.Clear();
        openRounds.Clear();
    }
}
